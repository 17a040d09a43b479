"""What a study's trials depend on, as a hash and in words.

Two runs with the same fingerprint (on the same type of machine) make the same trials. Not in it,
because they cannot change a trial: n_jobs, notification, export, storage, all paths (the data
fingerprint stands for the data files) and warm-start vectors.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from mech_exo.config import Settings
from mech_exo.config.settings import written_fields
from mech_exo.tuning.ranges import describe

_SECTIONS = ("data", "factors", "backtest", "hyperparameters", "holdout", "tuning")
_HASHES = ("objective file", "data")
_SHORT = 12  # digits of a hash in a line for people


def components_of(
    settings: Settings,
    *,
    objective_sha256: str,
    space: Mapping[str, str],
    thresholds: Mapping[str, float | None],
    objectives: Sequence[str],
    data_fingerprint: str,
    kernel_version: str,
) -> dict[str, str]:
    """The components of a fingerprint: dotted name → exact readable value.

    Parameters
    ----------
    settings
        The resolved settings; their sections data, factors, backtest, hyperparameters, holdout
        and tuning count, without paths and `tuning.warm_start`.
    objective_sha256
        Hash of the bytes of the objective file.
    space
        Ranges by parameter, in Optuna's JSON form.
    thresholds
        Constraint thresholds by name; None for one that is not set.
    objectives
        Names of what is optimised, with direction where it is not obvious.
    data_fingerprint
        Of the in-sample panel.
    kernel_version
        Of the backtest.
    """
    components = {"objective file": objective_sha256, "data": data_fingerprint}
    components["backtest kernel"] = kernel_version
    components["objectives"] = _word(list(objectives))
    components.update({f"space.{name}": describe(text) for name, text in space.items()})
    components.update({f"thresholds.{name}": _word(value) for name, value in thresholds.items()})
    for section in _SECTIONS:
        components.update(_flatten(section, getattr(settings, section)))
    components.pop("tuning.warm_start")
    components.pop("tuning.objectives")  # resolved above
    if settings.data.source != "demo":  # the demo's own settings do nothing then
        components = {k: v for k, v in components.items() if not k.startswith("data.demo.")}
    return components


def fingerprint_of(components: Mapping[str, str]) -> str:
    """SHA-256 of the components as canonical JSON, whatever their order."""
    text = json.dumps(dict(components), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What differs, one readable line a component: `tuning.seed: 42 → 43`."""
    names = [*old, *(name for name in new if name not in old)]
    return [
        f"{name}: {_shown(name, old)} → {_shown(name, new)}"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _shown(name: str, components: Mapping[str, str]) -> str:
    value = components.get(name)
    if value is None:
        return "(none)"
    return value[:_SHORT] if name in _HASHES else value


def _flatten(name: str, value: Any) -> dict[str, str]:
    if is_dataclass(value):
        parts = {
            f.name: getattr(value, f.name)
            for f in written_fields(value)
            if not f.metadata.get("path")
        }
    elif isinstance(value, Mapping):
        parts = {str(key): part for key, part in value.items()}
    elif isinstance(value, (list, tuple)) and any(is_dataclass(part) for part in value):
        parts = {str(i): part for i, part in enumerate(value)}
    else:
        return {} if isinstance(value, Path) else {name: _word(value)}
    flat: dict[str, str] = {}
    for key, part in parts.items():
        flat.update(_flatten(f"{name}.{key}", part))
    return flat


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value + 0.0)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
