"""Where output goes: results to stdout, notes and warnings to stderr."""

import os
import sys
from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from mech_exo.system.printable import printable
from mech_exo.system.streams import Terminal

FILE_WIDTH = 200


class QuietPipeConsole(Console):
    """A console whose reader may leave: the rest goes nowhere, and the run goes on.

    Names that were read from files cannot steer the terminal through it.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments of what is printed; all but the console's own codes is made printable."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)

    def render_str(self, text: str, **options: Any) -> Text:
        """As `render`, before the width of a table's column is measured."""
        return super().render_str(printable(text), **options)

    def on_broken_pipe(self) -> None:
        """Point the stream at nothing instead of ending the process."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def console(stream: IO[str]) -> Console:
    """A console on `stream` that prints text as it is, without wrapping where nobody looks."""
    width = None if stream.isatty() else FILE_WIDTH
    if isinstance(stream, Terminal):
        stream = stream.styled
    return QuietPipeConsole(file=stream, highlight=False, markup=False, emoji=False, width=width)


class ConsoleLog:
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
