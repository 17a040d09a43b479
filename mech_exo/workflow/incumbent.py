"""What a run starts from: the factors now in use, and equal weights."""

from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.config.packaged import nearest
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import read_factor_file

if TYPE_CHECKING:
    from mech_exo.tuning.plan import WarmStart
    from mech_exo.workflow.session import Session

INCUMBENT = "config/factors.yml"
EQUAL_WEIGHT = 0.5  # a composite score does not depend on it; it lies within usual ranges


def incumbent_file(cwd: Path) -> FactorFile | None:
    """The nearest config/factors.yml from `cwd` upward; None if there is none.

    Raises
    ------
    ExoError
        If it is no factor file.
    """
    path = nearest(INCUMBENT, cwd)
    return None if path is None else read_factor_file(path)


def warm_starts(session: "Session", incumbent: FactorFile | None) -> "tuple[WarmStart, ...]":
    """The vectors of trials 0 and 1; none with `tuning.warm_start: false`."""
    from mech_exo.tuning.plan import WarmStart

    if not session.settings.tuning.warm_start:
        return ()
    rules = session.settings.hyperparameters
    equal = {f"weight_{name}": EQUAL_WEIGHT for name in session.factor_names}
    equal |= {
        "cash_pct": rules.cash_pct,
        "stop_loss_pct": rules.stop_loss_pct,
        "position_size_pct": rules.position_size_pct,
    }
    starts = [] if incumbent is None else [WarmStart(INCUMBENT, incumbent.params)]
    return (*starts, WarmStart("equal weights", equal))
