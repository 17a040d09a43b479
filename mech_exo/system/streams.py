"""Output streams that may be closed, full, gone or of a narrow encoding."""

import io
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

from mech_exo.errors import ExoError
from mech_exo.system.printable import printable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDOUT, STDERR = 1, 2


class _Descriptor(io.FileIO):
    """Descriptor 1 or 2; what cannot be written to it goes nowhere.

    A result that is lost is an ExoError, once; lost notes on stderr must not stop a run.
    """

    _failed = False

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write; a reader of stdout that has left stays a BrokenPipeError."""
        if not self._failed:
            try:
                return super().write(data)
            except OSError as error:
                if self.fileno() == STDOUT and isinstance(error, BrokenPipeError):
                    raise
                self._failed = True
                if self.fileno() == STDOUT:
                    raise ExoError(
                        f"the output cannot be written ({error.strerror}).",
                        hint="Files that the command has made are in place.",
                    ) from error
        return memoryview(data).nbytes


def guard_streams() -> None:
    """Make stdout and stderr writable whatever the process was started with.

    A closed descriptor becomes /dev/null, so that no file of the run can take its number; a
    character that the encoding lacks is replaced.
    """
    for number in (0, STDOUT, STDERR):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdout = _guarded(sys.stdout, STDOUT)
    sys.stderr = _guarded(sys.stderr, STDERR)


class Terminal(io.TextIOWrapper):
    """A stream that somebody reads on a terminal: nothing printed to it can steer that.

    Attributes
    ----------
    styled
        The same stream for a console, which writes codes of its own.
    """

    @property
    def styled(self) -> TextIO:
        """The stream as it is."""
        return cast("TextIO", _Styled(self))

    def write(self, text: str, /) -> int:
        """Write the text, its control characters as escapes."""
        return super().write(printable(text))


class _Styled:
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        return io.TextIOWrapper.write(self._terminal, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._terminal, name)


def _guarded(stream: TextIO | None, number: int) -> TextIO:
    if stream is not None:
        stream.flush()
    kind = Terminal if os.isatty(number) else io.TextIOWrapper
    return kind(
        io.BufferedWriter(_Descriptor(number, "w", closefd=False)),
        encoding=stream.encoding if stream is not None else "utf-8",
        errors="replace",
        line_buffering=number == STDERR or os.isatty(number),
    )
