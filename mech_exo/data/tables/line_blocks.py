"""The text of a CSV file in blocks of whole lines, as long as every reader would agree on it."""

from typing import IO

import numpy as np

BLOCK = 4_000_000  # bytes
LONGEST_CELL = 1 << 16
"""In each so many bytes a cell ends; so none has twice as many, which `csv` would refuse."""

_QUOTE, _NEWLINE = ord('"'), ord("\n")


class UnclearError(Exception):
    """The file is not plain enough: only the line-accurate parser knows what it means."""


class LineBlocks:
    """A file to read from, for pyarrow, that gives whole lines and counts them.

    Raises `UnclearError` for whatever CSV parsers take differently: a NUL, a carriage return
    alone, a quote elsewhere than around a whole cell, a line break within quotes, an endless cell.

    Parameters
    ----------
    file
        The text; it stands behind the header.
    delimiter
        What stands between two cells, one byte.
    room
        Bytes that are read at most.
    """

    def __init__(self, file: IO[bytes], delimiter: bytes, room: int) -> None:
        self._file, self._delimiter, self._room = file, delimiter, room
        self._rest = b""  # the beginning of a line
        self._lines = memoryview(b"")
        self.closed = False
        self.lines = 0
        self.bytes = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> memoryview:
        """The next bytes; nothing at the end."""
        if not len(self._lines):
            self._lines = memoryview(self._next())
        size = len(self._lines) if size < 0 else size
        given, self._lines = self._lines[:size], self._lines[size:]
        return given

    def close(self) -> None:
        """Read no more."""
        self.closed = True

    def _next(self) -> bytes:
        while True:
            new = self._file.read(BLOCK - len(self._rest) if len(self._rest) < BLOCK else BLOCK)
            self.bytes += len(new)
            if self.bytes > self._room:
                raise UnclearError
            end = new.rfind(b"\n") + 1
            if end or not new:
                break
            self._rest += new
            if len(self._rest) > BLOCK:
                raise UnclearError
        block, self._rest = (self._rest + new[:end], new[end:]) if new else (self._rest, b"")
        self._check(block)
        self.lines += block.count(b"\n") + (not block.endswith(b"\n") and bool(block))
        return block

    def _check(self, block: bytes) -> None:
        if b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
            raise UnclearError
        for start in range(0, len(block) - LONGEST_CELL, LONGEST_CELL):
            stop = start + LONGEST_CELL
            if block.find(b"\n", start, stop) < 0 and block.find(self._delimiter, start, stop) < 0:
                raise UnclearError
        if b'"' in block:
            self._check_quotes(np.frombuffer(block, dtype=np.uint8))

    def _check_quotes(self, block: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> None:
        """Every second quote begins a cell, the others end one, and no line ends in between."""
        quotes = np.flatnonzero(block == _QUOTE)
        opening, closing = quotes[::2], quotes[1::2]
        if len(opening) != len(closing):
            raise UnclearError
        before = np.where(opening > 0, block[opening - 1], _NEWLINE)
        after = np.where(closing + 1 < len(block), block[(closing + 1) % len(block)], _NEWLINE)
        starts = (before == _NEWLINE) | (before == self._delimiter[0])
        ends = (after == _NEWLINE) | (after == self._delimiter[0]) | (after == ord("\r"))
        breaks = np.flatnonzero(block == _NEWLINE)
        within = np.searchsorted(breaks, opening) != np.searchsorted(breaks, closing)
        if not (starts.all() and ends.all()) or within.any():
            raise UnclearError
