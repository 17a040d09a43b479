"""One log file a run, beside what goes to the terminal; old ones are removed."""

import contextlib
import traceback
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from mech_exo.errors import ExoError
from mech_exo.notify.moments import Moment
from mech_exo.notify.progress_messages import ProgressMessages
from mech_exo.notify.run_messages import digest
from mech_exo.report.live_line import LINES
from mech_exo.report.search_progress import PARTS
from mech_exo.system.whole_files import free_path
from mech_exo.tuning.events import EndedEarly
from mech_exo.workflow.log import Log
from mech_exo.workflow.run_events import (
    ReplicateFinished,
    ResultFound,
    RunEvent,
    SettingsResolved,
)

LOGS = Path("logs")
NAME = "reoptimize_"


class Journal:
    """A log that also writes to a file, each line with its time.

    A disk that fills up in mid-run costs the rest of the file, not the run: it is said once.
    """

    def __init__(self, log: Log, path: Path, file: IO[str]) -> None:
        self._log = log
        self.path = path
        self._file: IO[str] | None = file

    def note(self, text: str) -> None:
        """What the user may want to know."""
        self._log.note(text)
        self._write(text)

    def warn(self, text: str) -> None:
        """What the user must see."""
        self._log.warn(text)
        self._write(f"warning: {text}")

    def failed(self, error: BaseException) -> None:
        """How the run ended; the traceback of a bug goes to the file too."""
        if isinstance(error, ExoError):
            self._write(f"error: {error}")
        elif isinstance(error, KeyboardInterrupt):
            self._write("interrupted")
        else:
            self._write("".join(traceback.format_exception(error)).rstrip())

    def close(self) -> None:
        """End the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # every line has been flushed already
                self._file.close()

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        try:
            self._file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}\n")
            self._file.flush()
        except OSError as error:
            self._file = None
            self._log.warn(f"{self.path}: the log ends here ({error.strerror}).")


class JournalLines:
    """A listener of a run's events that writes them into its journal.

    Progress every `interval` trials, the verdict's searches by tenths, the digest in the end.

    Parameters
    ----------
    root
        Project folder, in whose logs/ old journals are removed.
    """

    def __init__(self, journal: Journal, root: Path, interval: int) -> None:
        self._journal, self._root = journal, root
        self._progress = ProgressMessages(self, interval)
        self._told: dict[str, int] = {}

    def send(self, text: str, moment: Moment = Moment.PROGRESS) -> None:  # noqa: ARG002 (all)
        """Write a line."""
        self._journal.note(text)

    def __call__(self, event: RunEvent) -> None:
        """Write what is worth a line."""
        if isinstance(event, SettingsResolved):
            rotate(self._root, event.settings.reoptimize.keep_logs)
        elif isinstance(event, ReplicateFinished):
            self._searched(event)
        elif isinstance(event, ResultFound):
            for line in digest(event).splitlines():
                self.send(line)
        else:
            for line in getattr(event, "notes", ()):
                self.send(line)
            if isinstance(event, EndedEarly):
                self.send(event.words)
            self._progress(event)

    def _searched(self, event: ReplicateFinished) -> None:
        """At the beginning of a part, at each tenth of it, and at its end."""
        tenth = LINES * event.done // max(event.total, 1)
        if self._told.get(event.part) != tenth:
            self._told[event.part] = tenth
            part = PARTS.get(event.part, event.part)
            self.send(f"verdict    {part} {event.done}/{event.total}")


@contextlib.contextmanager
def journaled(log: Log, root: Path, moment: datetime) -> Iterator[Journal]:
    """The journal of a run that begins; how it ended stands in it.

    Raises
    ------
    ExoError
        As `open_journal`.
    """
    journal = open_journal(log, root, moment)
    try:
        yield journal
    except BaseException as error:
        journal.failed(error)
        raise
    finally:
        journal.close()


def open_journal(log: Log, root: Path, moment: datetime) -> Journal:
    """A new file in logs/ below `root`.

    Raises
    ------
    ExoError
        If it cannot be made.
    """
    folder = root / LOGS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = free_path(folder / f"{NAME}{moment:%Y%m%d_%H%M%S}.log")
        file = path.open("x", encoding="utf-8")
    except OSError as error:
        raise ExoError(f"{folder}: no log can be written there ({error.strerror}).") from error
    return Journal(log, path, file)


def rotate(root: Path, keep: int) -> None:
    """Remove all but the newest `keep` logs of runs."""
    paths = list((root / LOGS).glob(f"{NAME}*.log"))
    paths.sort(key=lambda path: (path.stat().st_mtime, path.name))
    for path in paths[:-keep]:
        path.unlink(missing_ok=True)
