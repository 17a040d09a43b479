"""The sealed holdout: what the candidate did on dates that no trial saw, and who looked before.

Each look at another portfolio is a chance to keep the luckiest. Looks are counted in the study's
database, for ever, with what they showed, and the p-value is corrected for them (`shared_luck.py`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.config.settings import Settings
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.data.return_sketch import ReturnSketch
from mech_exo.tuning.seen_periods import SeenPeriods
from mech_exo.verdict.evidence import Evidence, SkillTest, skill_test
from mech_exo.verdict.hedge import Hedge
from mech_exo.verdict.ranking import holding_periods
from mech_exo.verdict.seen_skill import BlockSkill, seen_periods
from mech_exo.verdict.shared_luck import SharedLuck
from mech_exo.verdict.stretch import Outcomes, Stretch

if TYPE_CHECKING:
    from mech_exo.backtest.candidate import Candidate
    from mech_exo.backtest.kernel import Kernel
    from mech_exo.backtest.result import BacktestResult
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
    looks_worth
        How many independent looks they amount to, from 1 to `looks`.
    history
        When each was first looked at, and by what.
    p_alone
        The test's p-value, as if this were the only look.
    p
        The chance that one of all looks shows as much by luck.
    """

    first_date: str
    last_date: str
    looks: int
    looks_worth: float
    history: tuple[dict[str, str], ...]
    test: SkillTest
    p_alone: float
    p: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def portfolio_hash(space: "Space", params: Mapping[str, Any]) -> str:
    """SHA-256 over what is held: factor weights, hyperparameters, arguments, rules.

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
    rules = space.mandates.block(params)
    if rules:
        content["portfolio"] = rules
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

    def enter(
        self,
        evaluator: "Evaluator",
        params: Mapping[str, Any],
        result: "BacktestResult",
        origin: str,
    ) -> "tuple[Look, ...]":
        """As `look`, at these parameters, with what they show.

        Parameters
        ----------
        evaluator
            On all dates, or on those from some position on.
        result
            What it ran of the parameters.
        """
        shown = self.shown(evaluator.kernel(params), evaluator.candidate(params), result)
        return self.look(portfolio_hash(evaluator.space, params), origin, shown)

    def look(
        self, content: str, origin: str, shown: SeenPeriods | None = None
    ) -> "tuple[Look, ...]":
        """Enter a look, unless it is there; all that it counts with, oldest first.

        Parameters
        ----------
        content
            `portfolio_hash` of what is looked at.
        origin
            What looked, in words ("optuna-run: trial 42 of study factor_opt").
        shown
            What the look shows (`shown`); None: not known, so that the look counts in full.
        """
        from mech_exo.tuning.looks import Look, record_look

        entry = Look(
            content=content,
            source=self.panel.source,
            first_date=str(self.panel.dates[self.first]),
            last_date=str(self.panel.dates[-1]),
            origin=origin,
            periods=shown,
        )
        return record_look(self.study_file, entry, self._returns)

    def shown(
        self, kernel: "Kernel", candidate: "Candidate", result: "BacktestResult"
    ) -> SeenPeriods:
        """What a backtest shows on the dates seen; it may have begun before them.

        Parameters
        ----------
        kernel
            Of all dates, or of those from some position on.
        """
        dates = len(self.panel.dates)
        begun = dates - len(kernel.schedule.dates)
        start = max(begun, self.first)
        outcomes = self._outcomes.between(start - self.first, dates - self.first)
        return seen_periods(kernel, candidate, result, outcomes, start - begun)

    @cached_property
    def _outcomes(self) -> Outcomes:
        """From the first date seen on."""
        return Outcomes.since(self.panel, self.first)

    @cached_property
    def _returns(self) -> ReturnSketch:
        panel = self.panel
        return ReturnSketch.of(panel.dates, panel.symbols, panel.returns)


def holdout_evidence(
    evaluator: "Evaluator",
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
        On the dates from `split` on.
    benchmark
        [T] for all dates of `panel`; None: the equal-weighted universe.
    hedge
        Premia that are not counted as skill, on all dates of `panel`.
    """
    held = panel.between(split, len(panel.dates))
    stretch = Stretch(
        evaluator,
        held,
        settings.backtest.execution_lag,
        Outcomes.of(panel, hedge).between(split, len(panel.dates)),
        None if benchmark is None else benchmark[split:],
    )
    return stretch.evidence(params, stretch.backtest(params))


def holdout_luck(
    evidence: Evidence,
    content: str,
    looks: "tuple[Look, ...]",
    panel: Panel,
    split: int,
    execution_lag: int,
) -> SharedLuck:
    """What the judged portfolio and all others in the ledger showed on the holdout.

    Parameters
    ----------
    content
        `portfolio_hash` of what is judged.
    """
    held = panel.between(split, len(panel.dates))
    own = BlockSkill.of(evidence, holding_periods(held, execution_lag), held.dates)
    return SharedLuck.of(own, content, looks)


def judge_holdout(
    evidence: Evidence, luck: SharedLuck, looks: "tuple[Look, ...]", panel: Panel, split: int
) -> Holdout:
    """The test, corrected for the looks."""
    from mech_exo.tuning.looks import distinct, first_looks

    test = skill_test(evidence)
    p, worth = luck.corrected(test.p)
    return Holdout(
        first_date=str(panel.dates[split]),
        last_date=str(panel.dates[-1]),
        looks=distinct(looks),
        looks_worth=worth,
        history=tuple({"looked": e.looked, "by": e.origin} for e in first_looks(looks)),
        test=test,
        p_alone=test.p,
        p=p,
    )
