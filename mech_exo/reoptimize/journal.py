"""One log file a run, beside what goes to the terminal; old ones are removed."""

import contextlib
import traceback
from datetime import datetime
from pathlib import Path
from typing import IO

from mech_exo.errors import ExoError
from mech_exo.system.whole_files import free_path
from mech_exo.workflow.session import Log

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
