"""Every version of config/factors.yml, with who put it there, when and why.

A version is a pair config/history/NNNN.yml (the file, to the byte) and NNNN.json (the entry). The
entry is written last, then config/factors.yml is replaced: whatever moment a run is killed at, the
file in production is whole, and the next command finds out which version it is.
"""

import getpass
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.system.strict_json import parse_json
from mech_exo.system.user_file import is_there, read_bytes
from mech_exo.system.whole_files import check_within, remove_leftovers, write_atomically
from mech_exo.workflow.incumbent import INCUMBENT

HISTORY = Path("config/history")


@dataclass(frozen=True)
class HistoryEntry:
    """One version.

    Attributes
    ----------
    action
        `promote`, `rollback`, or `found` for a file that was put there by other means.
    overridden
        Objections that --force set aside.
    """

    version: int
    action: str
    at: str
    who: str
    reason: str
    source: str
    sha256: str
    overridden: tuple[str, ...] = ()


class VersionHistory:
    """The versions below a project's root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / HISTORY
        self.production = root / INCUMBENT

    def entries(self) -> tuple[HistoryEntry, ...]:
        """All versions, oldest first."""
        paths = sorted(self.folder.glob("[0-9]*.json"), key=lambda p: int(p.stem))
        return tuple(_read_entry(path) for path in paths)

    def current(self) -> HistoryEntry | None:
        """The version in production; None if it is none of the history's, or there is none."""
        text = self.present()
        if text is None:
            return None
        return next((e for e in reversed(self.entries()) if e.sha256 == digest(text)), None)

    def present(self) -> str | None:
        """The text in production; None if there is no file."""
        return _kept_text(self.production) if self.production.exists() else None

    def text(self, version: int) -> str:
        """The file of a version.

        Raises
        ------
        ExoError
            If there is no such version, or its file has been changed.
        """
        entry = next((e for e in self.entries() if e.version == version), None)
        if entry is None:
            raise ExoError(f"{self.folder} has no version {version}.", hint="exo factors history")
        path = self.path(version)
        text = _kept_text(path)
        if digest(text) != entry.sha256:
            raise ExoError(
                f"{path}: is not what was promoted as version {version}.",
                hint="Restore it from git, or promote another file.",
            )
        return text

    def named(self, name: str) -> FactorFile:
        """The factor file that a path or a version number names."""
        if name.isdigit() and not is_there(Path(name)):
            version = int(name)
            return parse_factor_file(self.text(version), str(self.path(version)))
        return parse_factor_file(read_text(Path(name)), name)

    def path(self, version: int) -> Path:
        """Where the file of a version lies."""
        return self.folder / f"{version:04d}.yml"

    def install(self, text: str, new: HistoryEntry) -> HistoryEntry:
        """Put `text` into production as a new version; `new` says who and why.

        A file that is there and not the last version is kept as a version of its own first.
        Repeated after a crash, it completes what was begun.
        """
        self.check_place()
        with self._lock():
            remove_leftovers(self.folder)
            present, entries = self.present(), self.entries()
            entry = _begun(entries, present, digest(text), new)
            if entry is None:
                if present is not None and (not entries or entries[-1].sha256 != digest(present)):
                    self._append(present, _found(new))
                entry = self._append(text, new)
            if present != text:
                write_atomically(self.production, text, overwrite=True)
            return entry

    def record(self) -> HistoryEntry | None:
        """Keep the file in production as a version, if it is none yet; None: it is, or is absent.

        Nothing is written, and nothing locked, where the history has it already: it may then also
        be the version before a promotion that was killed, which the same command completes.

        Raises
        ------
        ExoError
            If the history cannot be written.
        """
        if self.present() is None or self.current() is not None:
            return None
        with self._lock(wait=True):
            present = self.present()
            if present is None or self.current() is not None:  # another process was quicker
                return None
            return self._append(present, _found(new_entry("found", "", "")))

    def check_place(self) -> None:
        """Raise an ExoError if a symbolic link leads out of the project."""
        for path in (self.production, self.folder):
            check_within(path, self.root)

    def _append(self, text: str, new: HistoryEntry) -> HistoryEntry:
        entries = self.entries()
        version = entries[-1].version + 1 if entries else 1
        entry = HistoryEntry(**{**asdict(new), "version": version, "sha256": digest(text)})
        check_within(self.path(version), self.root)
        write_atomically(self.path(version), text, overwrite=True)
        content = json.dumps(asdict(entry), indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path(version).with_suffix(".json"), content)
        return entry

    @contextmanager
    def _lock(self, *, wait: bool = False) -> Iterator[None]:
        from mech_exo.system.locks import exclusive_lock

        with exclusive_lock(
            self.folder / ".lock",
            f"{self.production} is being replaced",
            "Wait for it to end.",
            wait=wait,
        ):
            yield


def _found(new: HistoryEntry) -> HistoryEntry:
    """The entry of a file that was put into production by other means, seen by `new`."""
    return HistoryEntry(0, "found", new.at, new.who, "was there already", str(INCUMBENT), "")


def _begun(
    entries: tuple[HistoryEntry, ...], present: str | None, sha256: str, new: HistoryEntry
) -> HistoryEntry | None:
    """The last entry, if it is that of `new` and a crash kept its file out of production.

    What stands there then is still the version before; any other file was put there since.
    """
    if not entries or entries[-1].sha256 != sha256:
        return None
    last = entries[-1]
    if (last.action, last.reason, last.source) != (new.action, new.reason, new.source):
        return None
    before = entries[-2].sha256 if len(entries) > 1 else None
    untouched = present is None or digest(present) in (before, sha256)
    return last if untouched else None


def new_entry(
    action: str, reason: str, source: str, overridden: tuple[str, ...] = ()
) -> HistoryEntry:
    """An entry of now, by the user who runs this; its version comes when it is installed."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return HistoryEntry(0, action, now, who(), reason, source, "", overridden)


def who() -> str:
    """User and host, as far as the machine knows them."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def digest(text: str) -> str:
    """SHA-256 of the file's bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def read_text(path: Path) -> str:
    """The file's text, newlines as they are.

    Raises
    ------
    ExoError
        If it cannot be read.
    """
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ExoError(f"{path}: is not UTF-8 text (byte {error.start}).") from error


def _kept_text(path: Path) -> str:
    """As `read_text`; bytes that are no UTF-8 are kept (as surrogates), to be written again."""
    return read_bytes(path).decode("utf-8", "surrogateescape")


def _read_entry(path: Path) -> HistoryEntry:
    try:
        values = parse_json(read_text(path))
        values = {f.name: values[f.name] for f in fields(HistoryEntry)}
        return HistoryEntry(**values | {"overridden": tuple(values["overridden"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ExoError(
            f"{path}: is not an entry of the history.", hint="Restore it from git."
        ) from error
