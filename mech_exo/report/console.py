"""Where output goes: results to stdout, notes and warnings to stderr."""

import os
import sys
from typing import IO

from rich.console import Console

FILE_WIDTH = 200


class QuietPipeConsole(Console):
    """A console whose reader may leave: the rest goes nowhere, and the run goes on."""

    def on_broken_pipe(self) -> None:
        """Point the stream at nothing instead of ending the process."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def console(stream: IO[str]) -> Console:
    """A console on `stream` that prints text as it is, without wrapping where nobody looks."""
    width = None if stream.isatty() else FILE_WIDTH
    return QuietPipeConsole(file=stream, highlight=False, markup=False, emoji=False, width=width)


class Log:
    """Notes and warnings of a run, on stderr.

    Parameters
    ----------
    quiet
        Leave out the notes.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.console = console(sys.stderr)

    def note(self, text: str) -> None:
        """Print a line, unless quiet."""
        if not self.quiet:
            self.console.print(text, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Print a warning."""
        self.console.print(f"warning: {text}", style="yellow", soft_wrap=True)
