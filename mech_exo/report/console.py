"""Where output goes: results to stdout, notes and warnings to stderr."""

import os
import re
import sys
from collections.abc import Iterable
from typing import IO, Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from mech_exo.system.printable import printable
from mech_exo.system.streams import Terminal

FILE_WIDTH = 200
ENDLESS = 1_000_000


_LABELLED = re.compile(r"( *\S+(?: \S+){0,2} {2,})(\S.*)")


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

    def print(self, *objects: Any, soft_wrap: bool | None = None, **options: Any) -> None:
        """Print; where somebody looks, nothing is cut, and lines that are too long are wrapped.

        A line with a label is wrapped beside it. Elsewhere a line stays one line.
        """
        for shown in objects:
            if isinstance(shown, Table):
                self._keep_whole(shown)
        if soft_wrap and self.is_interactive:
            soft_wrap = False
            objects = tuple(self._beside_label(shown) for shown in objects)
        super().print(*objects, soft_wrap=soft_wrap, **options)

    def _keep_whole(self, table: Table) -> None:
        """Let what has no room in a table go on in the next line instead of being cut."""
        unbounded = self.options.update(width=ENDLESS)
        too_wide = Measurement.get(self, unbounded, table).maximum > self.width
        for column in table.columns:
            if column.overflow == "ellipsis":
                column.overflow = "fold"
            if too_wide:
                column.no_wrap = False

    def _beside_label(self, shown: Any) -> Any:
        """A text `label      words` that is too long, as a label and a column of words."""
        labelled = _LABELLED.fullmatch(shown) if isinstance(shown, str) else None
        if labelled is None or cell_len(shown) <= self.width or labelled.end(1) > self.width // 2:
            return shown
        beside = Table.grid()
        beside.add_column(no_wrap=True)
        beside.add_column(overflow="fold")
        beside.add_row(Text(labelled[1]), Text(labelled[2]))
        return beside

    def on_broken_pipe(self) -> None:
        """Point the stream at nothing instead of ending the process."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def console(stream: IO[str]) -> Console:
    """A console on `stream` that prints text as it is, without wrapping where nobody looks."""
    seen = stream.isatty()
    width = None if seen else FILE_WIDTH
    if isinstance(stream, Terminal):
        stream = stream.styled
    return QuietPipeConsole(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        width=width,
        # FORCE_COLOR colours a pipe, too, but nothing that is taken back may go there
        force_interactive=None if seen else False,
    )


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
