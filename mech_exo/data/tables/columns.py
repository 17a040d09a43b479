"""Columns of a large file, kept small: each text once, or the numbers and a way to their texts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import BoolArray, FloatArray, IntArray

Codes = NDArray[np.int32]
Rows = IntArray | BoolArray | slice
"""Some of the rows: their positions, a mask, or a slice."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of texts, each of which is kept once.

    It can be used like a list of texts; `column[rows]` is the column of some rows.

    Attributes
    ----------
    codes
        [R] position in `texts` of each row's text.
    texts
        The texts without surrounding blanks, sorted, each once; a column of some rows may hold
        texts that none of its rows has.
    """

    codes: Codes
    texts: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Coded":
        """The column of these texts, which have no surrounding blanks."""
        places: dict[str, int] = {}
        first = np.fromiter((places.setdefault(t, len(places)) for t in texts), dtype=np.int32)
        return cls.sorted(first, list(places))

    @classmethod
    def sorted(cls, codes: Codes, texts: list[str]) -> "Coded":
        """The column of codes of texts in any order, in which a text may stand twice."""
        ordered = sorted(set(texts))
        place = {text: i for i, text in enumerate(ordered)}
        new = np.array([place[text] for text in texts], dtype=np.int32)
        return cls(new[codes] if len(new) else codes, tuple(ordered))

    @cached_property
    def used(self) -> "Coded":
        """The same column without texts that no row has."""
        present = np.zeros(len(self.texts), dtype=np.bool_)
        present[self.codes] = True
        if present.all():
            return self
        places = (np.cumsum(present) - 1).astype(np.int32)
        kept = tuple(text for text, there in zip(self.texts, present, strict=True) if there)
        return Coded(places[self.codes], kept)

    def whole(self) -> NDArray[np.str_]:
        """[R] the text of each row."""
        return np.array(self.texts, dtype=np.str_)[self.codes]

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str]:
        return (self.texts[code] for code in self.codes.tolist())

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: Rows) -> "Coded": ...
    def __getitem__(self, at: int | Rows) -> "str | Coded":
        if isinstance(at, int | np.integer):
            return self.texts[int(self.codes[at])]
        return Coded(self.codes[at], self.texts)


@dataclass(frozen=True, eq=False)
class Figures:
    """A column of numbers of a text file, read as numbers.

    It can be used like a list of texts, which are then read from the file once more;
    `column[rows]` is the column of some rows.

    Attributes
    ----------
    values
        [R]; NaN where the cell is empty, infinite where it is no finite number.
    reread
        The texts of the same rows.
    """

    values: FloatArray
    reread: Callable[[], Coded]

    @cached_property
    def coded(self) -> Coded:
        """The texts."""
        return self.reread()

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[str]:
        return iter(self.coded)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: Rows) -> "Figures": ...
    def __getitem__(self, at: int | Rows) -> "str | Figures":
        if isinstance(at, int | np.integer):
            return self.coded[int(at)]
        return Figures(self.values[at], lambda: self.coded[at])


Column = list[str] | NDArray[Any] | Coded | Figures
"""Cells of one column: stripped texts, or an array of the file's own type."""
