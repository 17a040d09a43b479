"""What a store holds, import by import: `manifest.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from mech_exo.errors import ExoError
from mech_exo.system.strict_json import parse_json
from mech_exo.system.user_file import read_bytes
from mech_exo.system.whole_files import write_atomically

MANIFEST = "manifest.json"
FORMAT = 1
DAMAGED = "Restore a copy of the store, or import its files into a new one."
PartKind = Literal["prices", "dated", "standing"]


@dataclass(frozen=True)
class SourceFile:
    """A file that was imported."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Part:
    """One Parquet file of the store.

    Attributes
    ----------
    file
        Its path in the store.
    kind
        `prices`: date, symbol, price. `dated`: symbol, period_end, available_date and fields.
        `standing`: the same of a wide table, whose values stand until the next row.
    sha256
        Of its bytes.
    rows
        Number of them.
    fields
        Names of the columns that are fields; () of prices.
    """

    file: str
    kind: PartKind
    sha256: str
    rows: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportRecord:
    """One import.

    Attributes
    ----------
    number
        From 1.
    known_on
        The day on which this was known, ISO; what `data.as_of` is compared with.
    made_at
        When it was written, UTC.
    source
        What was imported, in words.
    files
        Where it came from.
    parts
        What it added to the store.
    names
        Number of names of the prices that were read.
    first, last
        First and last session that was read; "" if no prices were.
    counts
        What was added and changed, by kind: `new_prices`, `restated_prices`, …
    readjusted
        Name -> ratio by which all its earlier closes were multiplied; its returns are the same.
    categories
        Field -> category, of fields that are factors.
    findings
        Names of what the data check found in the market after the import.
    """

    number: int
    known_on: str
    made_at: str
    source: str
    files: tuple[SourceFile, ...]
    parts: tuple[Part, ...]
    names: int
    first: str
    last: str
    counts: dict[str, int] = field(default_factory=dict)
    readjusted: dict[str, float] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> Self:
        """What `as_dict` of the dataclass gave.

        Raises
        ------
        TypeError, KeyError
            If it is of another form.
        """
        files = tuple(SourceFile(**file) for file in stated["files"])
        parts = tuple(Part(**{**p, "fields": tuple(p["fields"])}) for p in stated["parts"])
        findings = tuple(stated["findings"])
        return cls(**{**stated, "files": files, "parts": parts, "findings": findings})


@dataclass(frozen=True)
class Manifest:
    """The imports of a store, in their order."""

    imports: tuple[ImportRecord, ...] = ()

    @property
    def last(self) -> ImportRecord | None:
        """The newest import; None in a new store."""
        return self.imports[-1] if self.imports else None

    def until(self, day: str | None) -> "Manifest":
        """The imports that were known on a day (ISO); all for None."""
        return Manifest(tuple(i for i in self.imports if day is None or i.known_on <= day))

    def parts(self) -> list[Part]:
        """All parts, in the order in which they are replayed."""
        return [part for one in self.imports for part in one.parts]


def read_manifest(store: Path) -> Manifest:
    """The manifest of a store; without imports if there is none yet.

    Raises
    ------
    ExoError
        If it cannot be read, is damaged, or was written by a later version.
    """
    path = store / MANIFEST
    if not path.exists():
        if (store / "prices").exists() or (store / "facts").exists():
            _check_unfinished(store)
        return Manifest()
    try:
        stated = parse_json(read_bytes(path, limit=None))
        version = stated["format"]
        if version == FORMAT:
            imports = tuple(ImportRecord.from_dict(one) for one in stated["imports"])
            if [one.number for one in imports] != list(range(1, len(imports) + 1)):
                raise ValueError("its imports are not numbered from 1")
            return Manifest(imports)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ExoError(f"{path}: is damaged ({error}).", hint=DAMAGED) from error
    raise ExoError(
        f"{path}: has the format {version!r}; this version of exo reads {FORMAT}.",
        hint="Use the version of exo that wrote it.",
    )


def _check_unfinished(store: Path) -> None:
    """A store whose first import was killed has parts of number 1 only; more is a lost manifest."""
    later = [p for kind in ("prices", "facts") for p in (store / kind).glob("*.parquet")]
    if any(not path.name.startswith("0001") for path in later):
        raise ExoError(f"{store / MANIFEST}: is not there, but the parts are.", hint=DAMAGED)


def write_manifest(store: Path, manifest: Manifest) -> None:
    """Replace the manifest, whole or not at all."""
    stated = {"format": FORMAT, "imports": [asdict(one) for one in manifest.imports]}
    text = json.dumps(stated, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(store / MANIFEST, text + "\n", overwrite=True)
