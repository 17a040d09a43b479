"""Where the figures come from: versions, hashes, seed, settings, and the commands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.config.settings import Settings
from mech_exo.system.installed import package_versions
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.typed_commands import CommandLine, reproducing
from mech_exo.tuning.fingerprint import not_the_default

ELSEWHERE = ("notify", "storage")
"""Sections of the settings that change no figure."""

STORED = {
    "objective file": "objective file (SHA-256)",
    "tuning.seed": "seed",
    "tuning.sampler": "sampler",
    "backtest kernel": "version of the backtest",
}
"""Component of a study's fingerprint -> what the page calls it."""


@dataclass(frozen=True)
class Origin:
    """What it takes to make the page again.

    Attributes
    ----------
    facts
        What -> value: study, trials, seed, hashes, backtest.
    versions
        Program or package -> version.
    settings
        Dotted name -> value and default, of those that are not the default; None where neither
        study nor file states them.
    commands
        In the order in which they are run.
    """

    facts: Mapping[str, str]
    versions: Mapping[str, str]
    settings: Mapping[str, tuple[str, str]] | None
    commands: tuple[CommandLine, ...]


def origin(reported: Reported) -> Origin:
    """What is known of it; versions are those of the file, or else of the machine."""
    stated = (reported.file.provenance if reported.file else None) or {}
    versions = stated.get("packages") if reported.session is None else None
    return Origin(
        facts=dict(_facts(reported, stated)),
        versions=dict(versions or package_versions()),
        settings=_settings(reported, stated),
        commands=tuple(reproducing(reported)),
    )


def _facts(reported: Reported, stated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    study, session = reported.study, reported.session
    if reported.file is not None:
        yield "factor file", reported.name
        yield "content of the factor file (SHA-256)", reported.file.content_hash
    if study is not None:
        yield "study", study.name
        yield "trials", str(len(study.current))
        if study.epoch is not None:
            yield "fingerprint of the study (SHA-256)", study.epoch.fingerprint
    elif stated.get("study_fingerprint"):
        yield "study (not here)", str(reported.file and reported.file.metadata.get("study_name"))
        yield "fingerprint of the study (SHA-256)", str(stated["study_fingerprint"])
    if session is not None:
        yield "objective file (SHA-256)", session.objective.sha256
        yield "data (SHA-256)", session.data_fingerprint
        yield "seed", str(session.settings.tuning.seed)
        yield "sampler", session.settings.tuning.sampler
        yield "version of the backtest", KERNEL_VERSION
        return
    if study is not None and study.epoch is not None and reported.file is None:
        stored = study.epoch.components
        yield from ((words, stored[name]) for name, words in STORED.items() if name in stored)
        return
    names = {
        "objective_sha256": "objective file (SHA-256)",
        "data_fingerprint": "data (SHA-256)",
        "seed": "seed",
        "kernel_version": "version of the backtest",
    }
    yield from ((words, str(stated[name])) for name, words in names.items() if name in stated)


def _settings(
    reported: Reported, stated: Mapping[str, Any]
) -> Mapping[str, tuple[str, str]] | None:
    """Settings that are not the default: those it was made with."""
    session = reported.session
    epoch = None if reported.study is None else reported.study.epoch
    if session is None and reported.file is None and epoch is not None:
        found = not_the_default(epoch.components)
        return {name: (_word(value), _word(usual)) for name, (value, usual) in found.items()}
    now = session.settings.as_dict() if session is not None else stated.get("settings")
    return dict(_differing(now)) if isinstance(now, Mapping) else None


def _differing(now: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    usual = dict(_flat("", Settings().as_dict()))
    for name, value in _flat("", now):
        if name.partition(".")[0] not in ELSEWHERE and usual.get(name) != value:
            yield name, (_word(value), _word(usual.get(name)))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    else:
        yield name, value


def _word(value: Any) -> str:
    return "none" if value is None or value in ([], {}) else str(value)
