"""A kind of damage, and what must become of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from tests.damage.good_files import Files, Grid

Change = Callable[[Files], Files]
Expected = Literal["same", "refused", "warned", "any", "unseen"]


@dataclass(frozen=True)
class Damage:
    """One way to damage a good project.

    Attributes
    ----------
    name
        What somebody did, in words.
    spoil
        The files, damaged.
    expected
        same: every figure stays; refused: exit 2 with file and remedy; warned: a finding says so;
        any: one of these, whichever; unseen: what no check can tell from honest data.
    says
        What the refusal or a finding's name must hold.
    """

    name: str
    spoil: Change
    expected: Expected
    says: str = ""


@dataclass(frozen=True)
class CellOf:
    """Another text in one cell of the wide prices."""

    symbol: str
    row: int

    def __call__(self, text: str | Callable[[str], str]) -> Change:
        def change(files: Files) -> Files:
            old = files.prices.rows[self.row][files.prices.column(self.symbol)]
            new = text if isinstance(text, str) else text(old)
            return with_prices(files, files.prices.with_cell(self.row, self.symbol, new))

        return change


def with_prices(files: Files, prices: Grid) -> Files:
    return replace(files, prices=prices)


def prices_text(files: Files) -> str:
    return files.prices.text()


def raw_prices(files: Files, content: bytes) -> Files:
    """The price file as bytes that are no table any more."""
    return replace(files, raw={**files.raw, files.prices_file: content})
