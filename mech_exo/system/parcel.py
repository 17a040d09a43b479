"""Giving a large object to another process once, through a file that both map into memory.

The arrays are written to a file without a name and used there in place by the receiver, read-only;
only the small rest is pickled.
"""

import mmap
import os
import pickle
import struct
import tempfile
from typing import Any

_ALIGN = 64  # bytes; a cache line


class Parcel:
    """An object packed for other processes; `fileno` is to be inherited by them."""

    def __init__(self, content: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(content, protocol=5, buffer_callback=buffers.append)
        blocks = [memoryview(body), *(b.raw() for b in buffers)]
        self._file = _anonymous_file()
        sizes = [len(block) for block in blocks]
        self._file.write(struct.pack(f"<{len(sizes) + 1}q", len(sizes), *sizes))
        for block in blocks:
            self._file.write(b"\0" * (-self._file.tell() % _ALIGN))
            self._file.write(block)
        self._file.flush()

    def fileno(self) -> int:
        """The descriptor to open with `unpack`."""
        return int(self._file.fileno())

    def close(self) -> None:
        """Give the memory back; processes that have it mapped keep it."""
        self._file.close()


def unpack(descriptor: int) -> Any:
    """The object of a Parcel; its arrays are the mapped file, read-only."""
    size = os.fstat(descriptor).st_size
    view = memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ))
    (count,) = struct.unpack_from("<q", view)
    sizes = struct.unpack_from(f"<{count}q", view, 8)
    position = 8 * (count + 1)
    blocks = []
    for length in sizes:
        position += -position % _ALIGN
        blocks.append(view[position : position + length])
        position += length
    return pickle.loads(blocks[0], buffers=blocks[1:])  # noqa: S301 (written by our own parent)


def _anonymous_file() -> Any:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("exo-parcel"), "w+b")
    return tempfile.TemporaryFile()
