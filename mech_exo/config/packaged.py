"""The files that the package carries: objectives, settings and limits that a project starts from.

In a wheel they lie under mech_exo/templates; in a checkout they are the repository's own.
"""

from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.user_file import is_there

OBJECTIVE = "research/obj_utils.py"
SETTINGS = "config/settings.yml"
RISK_LIMITS = "config/risk_limits.yml"
EXAMPLES = tuple(
    f"research/examples/{name}.py"
    for name in (
        "own_factor",
        "conditional_space",
        "drawdown_aware",
        "dollar_neutral",
        "low_turnover",
        "inverse_volatility",
    )
)


def packaged_file(relative: str) -> Path:
    """Path of a packaged file, named as it is in a project ("config/settings.yml")."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "templates", package.parent):
        if (folder / relative).is_file():
            return folder / relative
    raise ExoError(f"{package}: the installation lacks {relative}.", hint="Install mech-exo again.")


def nearest(relative: str, start: Path) -> Path | None:
    """`relative` in `start` or the nearest folder above it; None if no folder has it.

    What has that name counts, whether it can be read or not: reading it says what is wrong.
    """
    start = start.resolve()
    folders = (start, *start.parents)
    return next((f / relative for f in folders if is_there(f / relative, below=f)), None)
