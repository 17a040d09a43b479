"""A reader that leaves early (`exo study trials … | head`) is no error."""

import contextlib
import os
import sys
from collections.abc import Iterator


def discard_output() -> None:
    """Point stdout at nothing, so that the interpreter's own flush at exit stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def reader_may_leave() -> Iterator[None]:
    """End the block without an error when nobody reads stdout any more."""
    try:
        yield
    except BrokenPipeError:
        discard_output()
