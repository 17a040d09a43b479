"""Memory that this process need not hold: of arrays mapped from files, and what was freed."""

import ctypes
import mmap
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE = 2**23  # bytes
KEPT = 2**24  # bytes
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's names for them in `mallopt`


def release(array: Any) -> None:
    """Give back the memory that an array takes of this process, if it is mapped from a file.

    The array stays what it is: what is looked at again is mapped again, from the system's cache of
    the disk as a rule. Nothing happens to an array that is not mapped, or could be written to.
    """
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    if array is None or array.mode != "r":
        return
    mapping = getattr(array, "_mmap", None)
    if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def give_back_freed() -> None:
    """Give the system what the C library keeps of freed memory, where that can be asked for."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


@cache
def keep_freed() -> None:
    """Let the C library keep some freed memory, up to `KEPT`, instead of asking the system anew.

    An array of half a megabyte is otherwise given back when it is freed, and each page of the next
    one costs an interruption: a third of a trial whose temporaries are that large.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if option is not None:
        option(_TRIM_THRESHOLD, KEPT)
        option(_MMAP_THRESHOLD, KEPT)


def row_slices(array: NDArray[Any]) -> Iterator[slice]:
    """Some rows after the other of an array, which is released when the next are asked for."""
    row = max(1, array[:1].nbytes, abs(array.strides[0]))  # a column's rows are as far apart
    step = max(1, PIECE // row)
    for start in range(0, len(array), step):
        yield slice(start, min(start + step, len(array)))
        release(array)


def in_pieces(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The rows of `row_slices`."""
    return (array[rows] for rows in row_slices(array))
