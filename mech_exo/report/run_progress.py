"""A whole run on the terminal: its trials, then the verdict's searches."""

from types import TracebackType
from typing import Self

from rich.console import Console

from mech_exo.report.live_progress import LiveProgress
from mech_exo.report.search_progress import SearchProgress
from mech_exo.workflow.run_events import (
    ReplicateFinished,
    ResultFound,
    RunEvent,
    SettingsResolved,
)


class RunProgress:
    """A listener of a run's events that shows them; a context manager.

    Parameters
    ----------
    console
        Where to show it; a live line if it is a terminal.
    quiet
        Show only what went wrong.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._trials = LiveProgress(console, quiet=quiet)
        self._searches = SearchProgress(console, quiet=quiet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._trials.stop()
        self._searches.stop()

    def __call__(self, event: RunEvent) -> None:
        """Show one event."""
        if isinstance(event, ReplicateFinished):
            self._trials.stop()
            self._searches(event.part, event.done, event.total)
        elif not isinstance(event, SettingsResolved | ResultFound):
            self._trials(event)
