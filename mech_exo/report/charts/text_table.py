"""A table of texts: what stands behind a figure, and what a page shows as a table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextTable:
    """Rows of formatted cells.

    Attributes
    ----------
    caption
        What the table shows; its title on the page.
    columns, rows
        Heads, and cells in the same order. The first cell of a row is its head.
    words
        Indices of the columns that hold words; the others hold figures and stand right.
    marked
        Indices of rows that are set off (the best, the total).
    note
        What else there is to know, below the table.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    marked: tuple[int, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if odd := [i for i, row in enumerate(self.rows) if len(row) != len(self.columns)]:
            raise ValueError(f"{self.caption}: row {odd[0]} has not {len(self.columns)} cells")
