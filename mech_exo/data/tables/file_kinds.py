"""What a file seems to be by its first bytes, whatever its name says."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.user_file import read_bytes

BEGINNING = 4096
"""Bytes that are looked at."""

LEAST = 16
"""Bytes from which on something is called a text."""

TEXTS = (".csv", ".tsv", ".txt", ".json")
"""Endings of files that are text."""


@dataclass(frozen=True)
class FileKind:
    """A kind of file.

    Attributes
    ----------
    words
        What it is called in a message.
    recognise
        Whether the first bytes of a file are of the kind.
    endings
        The endings of names that say so.
    remedy
        What to do with one that has another ending; "": name it after the first of `endings`.
    """

    words: str
    recognise: Callable[[bytes], bool]
    endings: tuple[str, ...] = ()
    remedy: str = ""


def seems_utf16(start: bytes) -> bool:
    """Whether text is in two bytes a character: by its mark, or as every second byte is NUL."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    half = len(start) // 2
    return half >= 4 and max(start[::2].count(0), start[1::2].count(0)) > 0.6 * half


def _begins(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda start: start.startswith(magic)


def _is_text(start: bytes) -> bool:
    try:
        start[:-4].decode("utf-8")  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return b"\0" not in start and len(start.strip()) >= LEAST


_PAGES = (b"<!doctype", b"<html>", b"<html lan")
UTF8 = "Save it as UTF-8: in Excel that is 'CSV UTF-8'."
KINDS = (
    FileKind("a Parquet file", _begins(b"PAR1"), (".parquet", ".pq")),
    FileKind("a Feather file", _begins(b"ARROW1", b"FEA1"), (".feather", ".arrow")),
    FileKind("a gzip file", _begins(b"\x1f\x8b"), (".csv.gz", ".tsv.gz", ".txt.gz")),
    FileKind("a Zstandard file", _begins(b"\x28\xb5\x2f\xfd"), (".csv.zst", ".tsv.zst")),
    FileKind(
        "an Excel workbook or another zip file",
        _begins(b"PK\x03\x04"),
        (".xlsx",),
        "Name a workbook .xlsx; take other files out of the zip file.",
    ),
    FileKind(
        "a workbook of an old Excel",
        _begins(b"\xd0\xcf\x11\xe0"),
        (),
        "Save it as .xlsx or as CSV.",
    ),
    FileKind("an SQLite database", _begins(b"SQLite format 3\0"), (".sqlite", ".sqlite3", ".db")),
    FileKind("a DuckDB database", lambda start: start[8:12] == b"DUCK", (".duckdb", ".db")),
    FileKind("a PDF document", _begins(b"%PDF"), (), "Save the table itself as CSV."),
    FileKind("a web page", lambda s: s.lstrip()[:9].lower() in _PAGES, (), "Download the file."),
    FileKind("text in UTF-16", seems_utf16, (), UTF8),
    FileKind("text", _is_text, TEXTS),
)


def check_kind(path: Path, ending: str) -> None:
    """Raise an ExoError if a file seems to be of another kind than the ending of its name says.

    For files that could not be read: it says more than what the reader stumbled over.
    """
    start = read_bytes(path, first=BEGINNING)
    kind = next((kind for kind in KINDS if kind.recognise(start)), None)
    if kind is None or ending in kind.endings:
        return
    raise ExoError(
        f"{path}: its name says {ending}, and it seems to be {kind.words}.",
        hint=kind.remedy or f"Name it so: {path.name[: -len(ending)]}{kind.endings[0]}.",
    )
