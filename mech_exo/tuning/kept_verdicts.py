"""Verdicts, kept in a study file with the study and the trial that they are on."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.own_tables import reading, writing
from mech_exo.tuning.records import find_study

_STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS exo_verdicts (
        verdict INTEGER PRIMARY KEY,
        study_id INTEGER,
        epoch INTEGER,
        trial INTEGER,
        chosen TEXT NOT NULL,
        content TEXT NOT NULL,
        fingerprint TEXT,
        data TEXT NOT NULL,
        trials INTEGER NOT NULL,
        rules TEXT NOT NULL,
        overall TEXT NOT NULL,
        block TEXT NOT NULL,
        judged TEXT NOT NULL)""",
    # Optuna's own delete-study knows nothing of this table, and its ids are given again
    """CREATE TRIGGER IF NOT EXISTS exo_verdicts_of_study AFTER DELETE ON studies BEGIN
        DELETE FROM exo_verdicts WHERE study_id = OLD.study_id; END""",
)


@dataclass(frozen=True)
class KeptVerdict:
    """One verdict and what it is on.

    Attributes
    ----------
    content
        SHA-256 over factors and hyperparameters, as in a factor file.
    study, epoch, trial
        None for a factor file whose study was not at hand, or whose weights are no trial's.
    chosen
        "best", or "plateau" for the centre of the best robust region around the trial.
    fingerprint
        Of the study; None where it is not known.
    data
        Fingerprint of all data, the holdout included.
    trials
        N: trials of the study in any state when it was judged.
    rules
        Settings and versions by which it was judged.
    block
        The verdict as it stands in a factor file.
    judged
        UTC, ISO 8601.
    """

    content: str
    fingerprint: str | None
    data: str
    trials: int
    rules: Mapping[str, Any]
    block: Mapping[str, Any]
    study: str | None = None
    epoch: int | None = None
    trial: int | None = None
    chosen: str = "best"
    judged: str = ""

    @property
    def overall(self) -> str:
        """PASS, INCONCLUSIVE or FAIL."""
        return str(self.block["overall"])

    def repeats(self, other: "KeptVerdict") -> bool:
        """Whether both say the same of the same; running times do not count."""
        return _timeless(self) == _timeless(other)


def keep_verdict(study_file: Path, verdict: KeptVerdict) -> KeptVerdict:
    """Add a verdict, unless the last one on the same says the same; the one that stands there."""
    with writing(study_file, _STATEMENTS) as connection:
        known = [k for k in _read(connection) if k.content == verdict.content]
        if known and known[-1].repeats(verdict):
            return known[-1]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        kept = replace(verdict, judged=verdict.judged or now)
        study_id = None if kept.study is None else find_study(connection, kept.study)
        connection.execute(
            "INSERT INTO exo_verdicts (study_id, epoch, trial, chosen, content, fingerprint, data, "
            "trials, rules, overall, block, judged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                study_id,
                kept.epoch,
                kept.trial,
                kept.chosen,
                kept.content,
                kept.fingerprint,
                kept.data,
                kept.trials,
                json.dumps(kept.rules),
                kept.overall,
                json.dumps(kept.block),
                kept.judged,
            ),
        )
    return kept


def kept_verdicts(
    study_file: Path, *, content: str | None = None, study: str | None = None
) -> tuple[KeptVerdict, ...]:
    """Verdicts on a content or on a study, oldest first; () where there is no file.

    Raises
    ------
    ExoError
        It is no study file, or the table has been damaged.
    """
    nothing: list[KeptVerdict] = []
    return tuple(
        kept
        for kept in reading(study_file, "exo_verdicts", _read, nothing)
        if content in (None, kept.content) and study in (None, kept.study)
    )


def _read(connection: sqlite3.Connection) -> list[KeptVerdict]:
    rows = connection.execute(
        "SELECT v.content, v.fingerprint, v.data, v.trials, v.rules, v.block, s.study_name, "
        "v.epoch, v.trial, v.chosen, v.judged "
        "FROM exo_verdicts v LEFT JOIN studies s ON s.study_id = v.study_id ORDER BY v.verdict"
    )
    return [_from_row(row) for row in rows]


def _from_row(row: tuple[Any, ...]) -> KeptVerdict:
    try:
        rules, block = parse_json(row[4]), parse_json(row[5])
        if not isinstance(rules, dict) or not isinstance(block, dict):
            raise TypeError
        str(block["overall"])
    except (TypeError, ValueError, LookupError) as error:
        raise ExoError(
            "The kept verdicts (table exo_verdicts) have been damaged or edited.",
            hint="Restore a copy of the study file.",
        ) from error
    content, fingerprint, data, trials, _, _, study, epoch, trial, chosen, judged = row
    return KeptVerdict(
        content, fingerprint, data, trials, rules, block, study, epoch, trial, chosen, judged
    )


def _timeless(verdict: KeptVerdict) -> KeptVerdict:
    block = {name: value for name, value in verdict.block.items() if name != "seconds"}
    return replace(verdict, block=block, judged="")
