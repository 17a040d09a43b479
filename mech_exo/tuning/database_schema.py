"""The tables of a study file: Optuna's own, and what exo adds beside them.

Optuna keeps values in `trial_values`; the column `trials.value` makes
`SELECT trial_id, value, state, datetime_complete FROM trials` work as the guide has it. Triggers
keep it, so that trials written by plain Optuna have it too. The table `exo_records` holds exo's
own record of each trial; a trigger removes a record with its trial, whoever deletes that.
"""

import re
import sqlite3
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.sqlite import patiently, transaction

OPTUNA_SCHEMA = "v3.2.0.a"  # of Optuna 3.2 to 5.0

_RECORDS = "CREATE TABLE exo_records (trial_id INTEGER PRIMARY KEY, record TEXT NOT NULL)"
_TRIGGERS = {
    "exo_value_insert": """AFTER INSERT ON trial_values WHEN NEW.objective = 0 BEGIN
 UPDATE trials SET value = CASE NEW.value_type
  WHEN 'INF_POS' THEN 9e999 WHEN 'INF_NEG' THEN -9e999 ELSE NEW.value END
 WHERE trial_id = NEW.trial_id; END""",
    "exo_value_update": """AFTER UPDATE ON trial_values WHEN NEW.objective = 0 BEGIN
 UPDATE trials SET value = CASE NEW.value_type
  WHEN 'INF_POS' THEN 9e999 WHEN 'INF_NEG' THEN -9e999 ELSE NEW.value END
 WHERE trial_id = NEW.trial_id; END""",
    "exo_value_delete": """AFTER DELETE ON trial_values WHEN OLD.objective = 0 BEGIN
 UPDATE trials SET value = NULL WHERE trial_id = OLD.trial_id; END""",
    "exo_record_delete": """AFTER DELETE ON trials BEGIN
 DELETE FROM exo_records WHERE trial_id = OLD.trial_id; END""",
}
# of trials that were deleted while the trigger was not there
_ORPHANS = "DELETE FROM exo_records WHERE trial_id NOT IN (SELECT trial_id FROM trials)"
_BACKFILL = """UPDATE trials SET value = (SELECT CASE v.value_type
  WHEN 'INF_POS' THEN 9e999 WHEN 'INF_NEG' THEN -9e999 ELSE v.value END
 FROM trial_values v WHERE v.trial_id = trials.trial_id AND v.objective = 0)"""

# what exo's own SQL uses; a file that lacks one of them has another schema
_COLUMNS = {
    "studies": {"study_id", "study_name"},
    "study_directions": {"study_id", "direction", "objective"},
    "study_user_attributes": {"study_id", "key", "value_json"},
    "study_system_attributes": {"study_id", "key", "value_json"},
    "trials": {"trial_id", "number", "study_id", "state", "datetime_start", "datetime_complete"},
    "trial_values": {"trial_id", "objective", "value", "value_type"},
    "trial_params": {"trial_id", "param_name", "param_value", "distribution_json"},
    "trial_user_attributes": {"trial_id", "key", "value_json"},
    "trial_system_attributes": {"trial_id", "key", "value_json"},
    "trial_intermediate_values": {
        "trial_id",
        "step",
        "intermediate_value",
        "intermediate_value_type",
    },
}


def check_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Raise an ExoError unless the file has the tables of a known schema of Optuna."""
    tables = set(_tables(connection))
    if "studies" not in tables:
        raise ExoError(
            f"{path} is an SQLite database, but not one of Optuna or exo.",
            hint="Name the file of a study with --study-file.",
        )
    for table, needed in _COLUMNS.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if needed <= present:
            continue
        if _version(connection) == OPTUNA_SCHEMA:  # no other version: somebody's hand
            lacks = ", ".join(sorted(needed - present)) if present else ""
            what = f"table {table} has no {lacks}" if lacks else f"there is no table {table}"
            raise ExoError(
                f"{path} has been damaged or edited: {what}.", hint="Restore a copy of the file."
            )
        raise _other_schema(connection, path)


def check_writable_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise an ExoError unless exo may write into this schema."""
    check_tables(connection, path)
    if _version(connection) != OPTUNA_SCHEMA:
        raise _other_schema(connection, path)


def complete_schema(connection: sqlite3.Connection, patience_s: float) -> None:
    """Add what exo keeps beside Optuna's tables where it is missing, and fill the column."""

    def wanting() -> tuple[bool, bool, list[str]]:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(trials)")}
        have = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        missing = [name for name in _TRIGGERS if name not in have]
        return "value" not in columns, "exo_records" not in have, missing

    if patiently(wanting, patience_s) == (False, False, []):
        return
    with transaction(connection, patience_s):
        column, table, triggers = wanting()
        if column:
            connection.execute("ALTER TABLE trials ADD COLUMN value FLOAT")
        if table:
            connection.execute(_RECORDS)
        for name in triggers:
            connection.execute(f"CREATE TRIGGER {name} {_TRIGGERS[name]}")
        connection.execute(_BACKFILL)
        connection.execute(_ORPHANS)


def has_records(connection: sqlite3.Connection) -> bool:
    """Whether the file has exo's own table of trials."""
    return "exo_records" in _tables(connection)


def url_of(path: Path) -> str:
    """The address of a study file for Optuna's own programs."""
    return f"sqlite:///{path}"


def path_of(url: str) -> Path:
    """The study file that such an address names.

    Raises
    ------
    ExoError
        It is the address of another kind of storage, or none.
    """
    scheme, slashes, path = url.partition(":///")
    if not slashes or scheme != "sqlite" or not path or "?" in path:
        raise ExoError(
            f"--storage {url}: is no study file.",
            hint="Write sqlite:///PATH (four slashes before an absolute one), or name the file "
            "with --study-file.",
        )
    return Path(path)


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in rows]


def _version(connection: sqlite3.Connection) -> str:
    if "alembic_version" not in _tables(connection):
        return "before v0.9"
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else "unknown"


def _numbers(version: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", version)] if version[:1] == "v" else []


def _other_schema(connection: sqlite3.Connection, path: Path) -> ExoError:
    version = _version(connection)
    newer = _numbers(version) > _numbers(OPTUNA_SCHEMA)
    return ExoError(
        f"{path} has the schema {version} of {'a newer' if newer else 'an older'} Optuna; "
        f"exo writes {OPTUNA_SCHEMA}.",
        hint="Use the version of exo that made it, or another --study-file."
        if newer
        else f"Copy the file, then run `optuna storage upgrade --storage {url_of(path)}`.",
    )
