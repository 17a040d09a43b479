"""What a run starts from: the factors now in use, and equal weights."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.config.packaged import nearest
from mech_exo.factor_file.document import WEIGHT, FactorFile
from mech_exo.factor_file.read import read_factor_file

if TYPE_CHECKING:
    import numpy as np

    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.plan import WarmStart
    from mech_exo.workflow.log import Log
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


def fitted_until(file: FactorFile) -> "np.datetime64 | None":
    """The last date that may have had a part in the fit; None if the file does not say.

    The end of the in-sample data, else the day on which the file was made.
    """
    import numpy as np

    stated = (file.provenance or {}).get("in_sample_end") or file.metadata.get("created_at")
    try:
        return np.datetime64(datetime.fromisoformat(str(stated)).date(), "D")
    except ValueError:
        return None


@dataclass(frozen=True)
class Fit:
    """Until when a factor file was fitted, against the holdout of a run.

    Attributes
    ----------
    until
        YYYY-MM-DD; None if the file does not say.
    knows
        Whether it was fitted on dates of the holdout; None if that is not known. False without a
        holdout.
    """

    until: str | None
    knows: bool | None

    @property
    def words(self) -> str:
        """What to think of its figures on the holdout; "" if it has not seen it."""
        if self.knows is None:
            return "may have seen these dates: it does not say until when it was fitted"
        return f"has seen these dates: fitted until {self.until}" if self.knows else ""


def fit_of(file: FactorFile, session: "Session") -> Fit:
    """Whether a factor file knows the session's holdout."""
    last = fitted_until(file)
    until = None if last is None else str(last)
    if session.holdout is None:
        return Fit(until, knows=False)
    return Fit(until, None if last is None else bool(last >= session.holdout.dates[0]))


def known_factors(session: "Session") -> tuple[str, ...]:
    """Factors that a factor file can name here: those with data, and those without."""
    missing = (n for n in session.panel.missing_factors if n not in session.factor_names)
    return (*session.factor_names, *missing)


def _other_mandate(incumbent: FactorFile, session: "Session") -> str:
    """Why the run has not the incumbent's rules of the portfolio; "" if it has them."""
    from mech_exo.workflow.stated_mandate import other_mandate  # which only a run needs

    return other_mandate(incumbent, INCUMBENT, session)


def comparable(session: "Session", incumbent: FactorFile) -> bool:
    """Whether its figures under the rules of this run would be its own.

    Without any of its factors it would be shown as cash; by another mandate or another `construct`
    it would be another portfolio.
    """
    return _has_factors(session, incumbent) and not _other_mandate(incumbent, session)


def _has_factors(session: "Session", incumbent: FactorFile) -> bool:
    return any(name in session.factor_names for name in incumbent.weights)


def warn_of_incumbent(session: "Session", log: "Log") -> None:
    """Name the factors of config/factors.yml that do not exist here, and say what it has seen.

    Raises
    ------
    ExoError
        If it is no factor file.
    """
    incumbent = incumbent_file(session.cwd)
    if incumbent is None:
        return
    known = known_factors(session)
    unknown = [name for name in incumbent.weights if name not in known]
    if unknown:
        said = "; ".join(_no_factor(name, known) for name in unknown)
        log.warn(f"{INCUMBENT}: {said}. It is compared without.")
    if not _has_factors(session, incumbent):
        log.warn(f"{INCUMBENT}: the data have none of its factors. It is not compared.")
        return
    why = _other_mandate(incumbent, session)
    if why:
        log.warn(f"{INCUMBENT} {why}. It is not compared, and no new study starts from it.")
        return
    fit = fit_of(incumbent, session)
    if fit.words:
        log.warn(f"{INCUMBENT} {fit.words}. It is compared, and no new study starts from it.")


def _no_factor(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"no factor {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def warm_starts(session: "Session", incumbent: FactorFile | None) -> "tuple[WarmStart, ...]":
    """The vectors of trials 0 and 1; none with `tuning.warm_start: false`.

    An incumbent that knows the holdout, or may know it, is none: the best trial could be it. Nor is
    one whose mandate no trial can have.
    """
    from mech_exo.tuning.plan import WarmStart

    if not session.settings.tuning.warm_start:
        return ()
    from mech_exo.objective.space import Space

    rules = session.settings.hyperparameters
    space = Space.of(session.spec, session.panel, session.settings)
    windows = {**space.windows, **space.mandates.standing}
    equal: dict[str, Parameter] = {WEIGHT + name: EQUAL_WEIGHT for name in session.factor_names}
    equal |= windows | {
        "cash_pct": rules.cash_pct,
        "stop_loss_pct": rules.stop_loss_pct,
        "position_size_pct": rules.position_size_pct,
    }
    starts = [WarmStart("equal weights", equal)]
    if (
        incumbent is not None
        and fit_of(incumbent, session).knows is False
        and not _other_mandate(incumbent, session)
    ):
        starts.insert(0, WarmStart(INCUMBENT, {**windows, **incumbent.params}))
    return tuple(starts)
