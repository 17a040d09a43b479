"""The sealed holdout: what the candidate did on dates that no trial saw, and who looked before.

Each look at another portfolio is a chance to keep the luckiest. Looks are counted in the study's
database, for ever, and the p-value is corrected for them.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.config.settings import Settings
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.data.return_sketch import ReturnSketch
from mech_exo.verdict.decision import corrected_for_looks
from mech_exo.verdict.evidence import Evidence, SkillTest, skill_test
from mech_exo.verdict.hedge import Hedge
from mech_exo.verdict.stretch import Outcomes, Stretch

if TYPE_CHECKING:
    from mech_exo.objective.evaluate import Evaluator
    from mech_exo.objective.space import Space
    from mech_exo.tuning.looks import Look


@dataclass(frozen=True)
class Holdout:
    """The candidate on the holdout.

    Attributes
    ----------
    first_date, last_date
        Of the holdout.
    looks
        Distinct portfolios seen on overlapping dates of these data so far, this one included.
    history
        When each was first looked at, and by what.
    p
        The test's p-value times the number of looks.
    """

    first_date: str
    last_date: str
    looks: int
    history: tuple[dict[str, str], ...]
    test: SkillTest
    p: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def portfolio_hash(space: "Space", params: Mapping[str, Any]) -> str:
    """SHA-256 over what is held: factor weights, hyperparameters, arguments of own factors.

    The same for a trial and the file that was exported from it; factors of weight 0 leave no
    trace.
    """
    candidate = space.candidate(params)
    weights = zip(space.factor_names, candidate.weights.tolist(), strict=True)
    content = {
        "weights": {name: weight for name, weight in weights if weight},
        "cash_pct": candidate.cash_pct,
        "stop_loss_pct": candidate.stop_loss_pct,
        "position_size_pct": candidate.position_size_pct,
        "arguments": space.arguments(params),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class HoldoutLedger:
    """The one door to figures of dates that no trial saw: who goes through is entered.

    Attributes
    ----------
    study_file
        The study's database, where the ledger is; made where absent.
    panel, first
        All dates, and the position of the first of those seen.
    """

    study_file: Path
    panel: Panel
    first: int

    def look(self, content: str, origin: str) -> "tuple[Look, ...]":
        """Enter a look, unless it is there; all that it counts with, oldest first.

        Parameters
        ----------
        content
            `portfolio_hash` of what is looked at.
        origin
            What looked, in words ("optuna-run: trial 42 of study factor_opt").
        """
        from mech_exo.tuning.looks import Look, record_look

        entry = Look(
            content=content,
            source=self.panel.source,
            first_date=str(self.panel.dates[self.first]),
            last_date=str(self.panel.dates[-1]),
            origin=origin,
        )
        return record_look(self.study_file, entry, self._returns)

    @cached_property
    def _returns(self) -> ReturnSketch:
        panel = self.panel
        return ReturnSketch.of(panel.dates, panel.symbols, panel.returns)


def holdout_evidence(
    evaluator: "Callable[[Panel], Evaluator]",
    panel: Panel,
    split: int,
    settings: Settings,
    params: Mapping[str, Any],
    benchmark: FloatArray | None = None,
    hedge: Hedge | None = None,
) -> Evidence:
    """What the candidate showed on the holdout; its path begins there, with no position.

    Parameters
    ----------
    evaluator
        Makes an evaluator of a panel.
    benchmark
        [T] for all dates of `panel`; None: the equal-weighted universe.
    hedge
        Premia that are not counted as skill, on all dates of `panel`.
    """
    held = panel.between(split, len(panel.dates))
    stretch = Stretch(
        evaluator(held),
        held,
        settings.backtest.execution_lag,
        Outcomes.of(panel, hedge).between(split, len(panel.dates)),
        None if benchmark is None else benchmark[split:],
    )
    return stretch.evidence(params, stretch.backtest(params))


def judge_holdout(
    evidence: Evidence, looks: "tuple[Look, ...]", panel: Panel, split: int
) -> Holdout:
    """The test, corrected for the looks."""
    test = skill_test(evidence)
    from mech_exo.tuning.looks import distinct

    seen = distinct(looks)
    return Holdout(
        first_date=str(panel.dates[split]),
        last_date=str(panel.dates[-1]),
        looks=seen,
        history=tuple({"looked": e.looked, "by": e.origin} for e in looks),
        test=test,
        p=corrected_for_looks(test.p, seen),
    )
