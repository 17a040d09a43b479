"""Whether the trials that a study holds would be asked again, here and now.

A study made with another version of Optuna or NumPy, on another type of processor, or by an
objective file that draws random numbers of its own, would go on differently than it began.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from optuna.distributions import FloatDistribution

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.cube import from_json
from mech_exo.tuning.study_record import StudyRecord

ROUNDING = 1e-9  # of a range
_PACKAGES = ("optuna", "cmaes", "numpy", "scipy")


def made_with() -> dict[str, str]:
    """Versions of the packages on which a suggestion depends."""
    return {name: version(name) for name in _PACKAGES}


def check_reproduced(asker: Asker, study: StudyRecord, made: Any) -> None:
    """Ask the last trials again, those that a window holds, and compare them with the stored.

    Studies of a version whose TPE rounded differently are gone on with.

    Raises
    ------
    ExoError
        One differs.
    """
    trials = study.current
    for index in range(max(0, len(trials) - asker.sampler.window), len(trials)):
        stored, again = trials[index], asker.ask(index)
        for name in {**stored.params, **again.params}:
            old, new = stored.params.get(name), again.params.get(name)
            if not _same(old, new, stored.distributions.get(name, again.distributions.get(name))):
                raise ExoError(
                    f"Study '{study.name}' cannot be continued as it began: trial {stored.number} "
                    f"has {name} = {old!r}, asked again it would be {new!r}{_versions(made)}.",
                    hint="Use the packages and the type of machine that made it; check that the "
                    "objective file draws no random numbers of its own; or go on with "
                    "--accept-changes, which begins a new epoch.",
                    exit_code=ExitCode.NOT_THE_FILES,
                )


def _same(old: Parameter, new: Parameter, distribution: str | None) -> bool:
    """Equal but for rounding: another version may sum in another order."""
    if old == new:
        return True
    if not (isinstance(old, float) and isinstance(new, float) and distribution):
        return False
    known = from_json(distribution)
    if not isinstance(known, FloatDistribution):
        return False
    return abs(old - new) <= ROUNDING * (known.high - known.low)


def _versions(made: Any) -> str:
    now = made_with()
    changed = [
        f"{name} {old} → {now[name]}"
        for name, old in (made or {}).items()
        if name in now and now[name] != old
    ]
    return f" ({', '.join(changed)})" if changed else ""
