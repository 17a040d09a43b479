"""Keeping what the data check found with the study that is searched on these data."""

from collections.abc import Mapping
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.tuning.study_record import StudyRecord

DATA_FINDINGS = "data_findings"  # study attribute: by epoch, the findings of its last run


def with_findings(study: StudyRecord, found: Mapping[str, Any]) -> dict[str, Any]:
    """The attribute of a study whose current epoch is searched on data with these findings.

    {} if nothing changes: a study on data in which nothing is found has no such attribute.
    """
    kept = dict(_kept(study))
    key = str(study.epoch.number) if study.epoch is not None else ""
    if dict(kept.get(key) or {}) == dict(found):
        return {}
    kept[key] = dict(found)
    return {DATA_FINDINGS: kept}


def findings_of(study: StudyRecord) -> list[dict[str, Any]]:
    """What was found in the data of a study's current epoch: name, severity, accepted, message.

    Raises
    ------
    ExoError
        The study's note of them has been edited.
    """
    key = str(study.epoch.number) if study.epoch is not None else ""
    block = _kept(study).get(key) or {}
    found = block.get("found", []) if isinstance(block, Mapping) else None
    if isinstance(found, list) and all(isinstance(f, Mapping) and "name" in f for f in found):
        return [dict(f) for f in found]
    raise _damaged(study)


def _kept(study: StudyRecord) -> Mapping[str, Any]:
    kept = study.attributes.get(DATA_FINDINGS, {})
    if not isinstance(kept, Mapping):
        raise _damaged(study)
    return kept


def _damaged(study: StudyRecord) -> ExoError:
    return ExoError(
        f"Study '{study.name}' has been damaged or edited: its attribute {DATA_FINDINGS!r} holds "
        "no findings.",
        hint="Restore a copy of the study file.",
    )
