"""A text file as a stream of bytes, decompressed if its name says so."""

import contextlib
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mech_exo.system.user_file import CHECK_PATH, open_regular


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file; reading raises whatever its decompressor does."""
    name = path.name.lower()
    with contextlib.ExitStack() as stack:
        file: BinaryIO = stack.enter_context(open_regular(path, hint=CHECK_PATH))
        if name.endswith(".gz"):
            unzipped = stack.enter_context(gzip.GzipFile(fileobj=file))
            file = stack.enter_context(io.BufferedReader(unzipped))
        elif name.endswith(".zst"):
            import pyarrow as pa

            stream = pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
            file = stack.enter_context(io.BufferedReader(stream))
        yield file
