"""Every field of a factor file: computed again and compared, or named here with the reason why not.

A field that is new in the file is compared in `recomputed`, or gets its line in `REASONS`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from mech_exo.config.settings import DataSettings

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile

_THEN = "it tells of the run, which is over"
_WITHOUT_STUDY = "the study is not here"
_NO_PART = "it has no part in the figures"
_MAKER = "it tells what computed the figures, and they are compared"
_LIES = "it says where the data lay, not what they are"
UNKNOWN = "this version of exo does not know the field"
NOT_COMPUTED = "data or objective file are not those of the file"

REASONS: dict[str, str] = {
    "metadata.created_at": _THEN,
    "metadata.run_id": _THEN,
    "metadata.elapsed_time_seconds": _THEN,
    "metadata.study_name": _WITHOUT_STUDY,
    "metadata.best_trial_number": _WITHOUT_STUDY,
    "metadata.total_trials": _WITHOUT_STUDY,
    "metadata.chosen": "choosing takes the study's trials",
    "provenance.data_source": "it is a description in words; the fingerprints are compared",
    "provenance.study_fingerprint": "the file states none",
    "provenance.data_findings": "another version of the data check made them",
    "provenance.packages": _MAKER,
    "provenance.git_commit": _MAKER,
    "provenance.settings": "the file states no study_fingerprint that would cover it",
    **{
        f"provenance.settings.data.{f.name}": _LIES
        for f in fields(DataSettings)
        if f.metadata.get("path") or f.metadata.get("locates")
    },
    "provenance.settings.data.factors": _LIES,
    "provenance.settings.data.demo": _NO_PART,
    "provenance.settings.data.periods_per_year": "the hash of the data has what it comes to",
    "provenance.settings.tuning.patience": "it says how many trials there are, not which",
    "provenance.settings.tuning.warm_start": _NO_PART,
    "provenance.settings.storage": _NO_PART,
    "provenance.settings.verdict": _NO_PART,
    "provenance.settings.promote": _NO_PART,
    "provenance.settings.reoptimize": _NO_PART,
    "provenance.settings.notify": _NO_PART,
    "out_of_sample.looks": "the dates may have been looked at again since",
    "verdict": "it takes minutes: `exo validate --factors FILE` computes it",
}
"""Field or section -> why it is not compared; the longest name that fits a field counts."""

COVERED = {
    "factors": "content_hash",
    "hyperparameters": "content_hash",
    "portfolio": "content_hash",
    "provenance.content_hash": "content_hash",
    "provenance.document_hash": "document_hash",
    "provenance.market": "provenance.market",
    "provenance.data_findings": "provenance.data_findings",
}
"""Section -> the comparison that covers all of it."""


@dataclass(frozen=True)
class Unchecked:
    """A field or section that was not compared, and why."""

    name: str
    because: str


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of everything in `value` that holds nothing itself."""
    inner: Iterator[tuple[Any, Any]] | None = None
    if isinstance(value, Mapping) and value:
        inner = iter(value.items())
    elif isinstance(value, list) and value:
        inner = iter(enumerate(value))
    if inner is None:
        yield name, value
        return
    for key, part in inner:
        yield from leaves(part, f"{name}.{key}" if name else str(key))


def unchecked(
    file: "FactorFile",
    compared: Collection[str],
    settings: Collection[str] = (),
    *,
    found: Mapping[str, str] | None = None,
    otherwise: str = UNKNOWN,
) -> tuple[Unchecked, ...]:
    """What of the file was not compared, each field or its section once, in the file's order.

    Parameters
    ----------
    compared
        Names of the comparisons that were made.
    settings
        Names of the settings that the comparison of the study's fingerprint covers.
    found
        Reasons that only this file's case knows; they come before those of `REASONS`.
    otherwise
        The reason for what has none.
    """
    reasons = REASONS | dict(found or {})
    listed: dict[str, str] = {}
    for name, value in leaves(file.as_dict()):
        if name in compared or _covered(name, value, compared, settings):
            continue
        section = next((s for s in _sections(name) if s in reasons), None)
        listed.setdefault(section or name, reasons[section] if section else otherwise)
    return tuple(Unchecked(name, because) for name, because in listed.items())


def _covered(name: str, value: Any, compared: Collection[str], settings: Collection[str]) -> bool:
    if any(COVERED.get(section) in compared for section in _sections(name)):
        return True
    if "provenance.study_fingerprint" not in compared:
        return False
    setting = name.removeprefix("provenance.settings.")
    if setting == name:
        return False
    if any(section in settings for section in _sections(setting)):
        return True
    beside = f"{setting.rpartition('.')[0]}."  # what is empty has no component, until it is filled
    return value in ({}, []) and any(s.startswith(beside) for s in settings)


def _sections(name: str) -> Iterator[str]:
    """`name` and the sections around it, the innermost first."""
    while name:
        yield name
        name = name.rpartition(".")[0]
