"""Giving a large object to other processes once, through a file that all map into memory.

The arrays are written to a file without a name and used there in place by the receivers, read-only;
only the small rest is pickled. The file is memory: what is in it is not to be held beside it.
"""

import mmap
import os
import pickle
import struct
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.system.memory import release

_SMALL = 2**16  # bytes below which an array is not worth a mapping of its own
_PART = 2**24  # bytes that are read at a time
_NUMBER = struct.Struct("<q")


class Parcel:
    """An object packed for other processes; `fileno` is to be inherited by them.

    Large arrays can be moved into it one by one, before what holds them is packed. So the object
    is never in memory twice.
    """

    def __init__(self) -> None:
        self._file = anonymous_file()
        self._held: dict[tuple[int, int], tuple[int, mmap.mmap]] = {}  # by address and size
        self._closing = weakref.finalize(self, self._file.close)

    @classmethod
    def of(cls, content: Any) -> Self:
        """A parcel with this content."""
        parcel = cls()
        parcel.pack(content)
        return parcel

    def hold(self, array: NDArray[Any]) -> NDArray[Any]:
        """The array as it lies in the parcel, read-only; the caller lets go of the one given.

        One that is small or not contiguous is given back as it is.
        """
        if array.nbytes < _SMALL or not array.flags.c_contiguous or array.dtype.hasobject:
            return array
        place = self._append(array.reshape(-1).view(np.uint8).data)
        mapped = mmap.mmap(self.fileno(), array.nbytes, access=mmap.ACCESS_READ, offset=place)
        held: NDArray[Any] = np.frombuffer(mapped, array.dtype).reshape(array.shape)
        self._held[_address(memoryview(mapped))] = place, mapped  # so that none else is there
        return held

    def pack(self, content: Any) -> None:
        """Put the object itself in; of its arrays, those that the parcel does not hold yet."""
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(content, protocol=5, buffer_callback=buffers.append)
        blocks = [memoryview(body), *(buffer.raw() for buffer in buffers)]
        table = [(self._place(block), len(block)) for block in blocks]
        numbers = [number for entry in table for number in entry]
        self._append(struct.pack(f"<{len(numbers) + 1}q", *numbers, len(table)))
        self._held.clear()

    def fileno(self) -> int:
        """The descriptor to open with `unpack`."""
        return int(self._file.fileno())

    def parts(self) -> Iterator[bytes]:
        """Its bytes, some at a time."""
        place = 0
        while part := os.pread(self.fileno(), _PART, place):
            yield part
            place += len(part)

    def unpacked(self) -> Any:
        """The object, as other processes have it."""
        return unpack(self.fileno())

    def close(self) -> None:
        """Give the memory back; processes that have it mapped keep it."""
        self._closing()

    def _place(self, block: memoryview) -> int:
        held = self._held.get(_address(block)) if len(block) else None
        if held is not None:
            return held[0]
        place = self._append(block)
        release(block.obj)  # an array from the cache of panels has been read for this alone
        return place

    def _append(self, block: Any) -> int:
        """Write a block at the end; where it begins, on a boundary from which it can be mapped."""
        place = self._file.seek(0, os.SEEK_END)
        place += -place % mmap.ALLOCATIONGRANULARITY
        self._file.truncate(place)
        self._file.seek(place)
        self._file.write(block)
        self._file.flush()
        return int(place)


def unpack(descriptor: int) -> Any:
    """The object of a Parcel; its arrays are the mapped file, read-only."""
    size = os.fstat(descriptor).st_size
    view = memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ))
    (count,) = _NUMBER.unpack_from(view, size - _NUMBER.size)
    table = size - (2 * count + 1) * _NUMBER.size
    numbers = struct.unpack_from(f"<{2 * count}q", view, table)
    blocks = [
        view[place : place + length]
        for place, length in zip(numbers[::2], numbers[1::2], strict=True)
    ]
    return pickle.loads(blocks[0], buffers=blocks[1:])  # noqa: S301 (written by our own parent)


def _address(block: memoryview) -> tuple[int, int]:
    """Where a block lies in memory, and its size."""
    return np.frombuffer(block, np.uint8).ctypes.data, len(block)


def anonymous_file() -> Any:
    """A file without a name, in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("exo-parcel"), "w+b")
    return tempfile.TemporaryFile()
