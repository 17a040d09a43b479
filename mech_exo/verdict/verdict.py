"""The whole verdict on one candidate."""

import math
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.system.plain_values import plain
from mech_exo.verdict.decay import Decay, decay_of
from mech_exo.verdict.decision import Decision, decide
from mech_exo.verdict.detection import Detection, detection_of
from mech_exo.verdict.evidence import Evidence, SkillTest, join
from mech_exo.verdict.factor_skill import FactorSkill
from mech_exo.verdict.hedged_verdict import HedgedVerdict, hedged_verdict
from mech_exo.verdict.holdout import (
    Holdout,
    HoldoutLedger,
    holdout_evidence,
    holdout_luck,
    judge_holdout,
    portfolio_hash,
)
from mech_exo.verdict.neighbourhood import Neighbourhood
from mech_exo.verdict.payloads import PLACEBO, WINDOW, check_payload
from mech_exo.verdict.placebo import PlaceboSearch, compare
from mech_exo.verdict.plateau import Plateau
from mech_exo.verdict.repeated_searches import RepeatedSearches, searches_key, searches_of
from mech_exo.verdict.reservations import Circumstances, reservations
from mech_exo.verdict.shared_luck import SharedLuck
from mech_exo.verdict.subject import Against, Subject
from mech_exo.verdict.summing_up import parts_of
from mech_exo.verdict.supplementary import Supplementary
from mech_exo.verdict.walkforward import WalkForward, walk
from mech_exo.workforce.workforce import HERE, Workforce

if TYPE_CHECKING:
    from mech_exo.tuning.replicate_store import ReplicateStore
    from mech_exo.tuning.replicates import Payload, Progress


@dataclass(frozen=True)
class VerdictRecord:
    """Skill or luck.

    Attributes
    ----------
    origin
        What was judged.
    decision
        The overall verdict.
    placebo
        None for a quick verdict, for which `factors` stand in.
    detection
        What `exo calibrate` found of these conditions; None where it was not asked.
    trials_repeated, patience
        Trials of each repeated search at the most, and how many without a better one ended it.
    against
        What returns are measured against.
    seconds
        Part -> seconds of work (in all processes), and `wall`.
    """

    origin: str
    decision: Decision
    holdout: Holdout | None
    placebo: PlaceboSearch | None
    walk_forward: WalkForward
    factors: FactorSkill
    decay: Decay
    hedged: HedgedVerdict | None
    detection: Detection | None
    reported: Supplementary
    plateau: Plateau
    level: float
    trials_repeated: int | None
    seconds: dict[str, float]
    patience: int | None = None
    against: Against = "universe"

    @property
    def overall(self) -> str:
        """PASS, INCONCLUSIVE or FAIL."""
        return self.decision.overall

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML; what is undefined or infinite is None."""
        whole = {
            "overall": self.overall,
            "origin": self.origin,
            "level": self.level,
            "decision": self.decision.as_dict(),
            "holdout": None if self.holdout is None else self.holdout.as_dict(),
            "placebo": None if self.placebo is None else self.placebo.as_dict(),
            "walk_forward": self.walk_forward.as_dict(),
            "factors": self.factors.as_dict(),
            "decay": self.decay.as_dict(),
            **({} if self.hedged is None else {"hedged": self.hedged.as_dict()}),
            **({} if self.detection is None else {"detection": self.detection.as_dict()}),
            "reported": self.reported.as_dict(),
            "plateau": self.plateau.as_dict(),
            "trials_repeated": self.trials_repeated,
            **({} if self.patience is None else {"patience": self.patience}),
            "seconds": self.seconds,
        }
        found = plain(whole)
        assert isinstance(found, dict)
        return found


def validate(
    subject: Subject,
    study_file: Path,
    *,
    workforce: Workforce = HERE,
    progress: "Progress | None" = None,
) -> VerdictRecord:
    """Judge a candidate.

    Parameters
    ----------
    study_file
        Database for the ledger of looks and the finished replicates; made where absent.
    workforce
        Who repeats the searches. The result does not depend on it.
    progress
        Told of every finished replicate.

    Raises
    ------
    ExoError
        Too little data for the walk-forward; exit code 130 on Ctrl-C, after which the same call
        goes on from what was finished; a database that was removed, moved or replaced meanwhile,
        after a copy of it has been made.
    """
    from mech_exo.tuning.replicate_store import ReplicateStore

    searches = searches_of(subject)
    with closing(ReplicateStore(study_file, searches_key(searches))) as store:
        verdict = _judged(subject, searches, study_file, store, workforce, progress)
        store.check()
    return verdict


def _judged(
    subject: Subject,
    searches: RepeatedSearches,
    study_file: Path,
    store: "ReplicateStore",
    workforce: Workforce,
    progress: "Progress | None",
) -> VerdictRecord:
    begun, settings = time.perf_counter(), subject.settings.verdict
    payloads = _replicated(searches, subject, store, workforce, progress)
    placebo = None if subject.quick else _luck(payloads, settings.placebos)
    (walked, joined), seconds = _walked(searches, payloads), _seconds(payloads)
    with _timed(seconds, "holdout"):
        held = _held_out(subject, study_file) if subject.has_holdout else None
    with _timed(seconds, "plateau and reported"):
        (plateau, reported), factors = _surroundings(subject), searches.factor_skill()
    holdout, outside = (None, joined) if held is None else (held[0], join([joined, held[1]]))
    parts = parts_of((placebo or factors).p, walked.test, _corrected(holdout), outside)
    hedged = hedged_verdict(subject.hedge, parts, placebo, joined, held and held[1:], settings)
    seen = detection_of(subject, study_file)
    known = Circumstances(subject, factors, hedged, seen)
    seconds["wall"] = time.perf_counter() - begun
    return VerdictRecord(
        origin=subject.origin,
        decision=decide(parts, settings, reservations(known)),
        holdout=holdout,
        placebo=placebo,
        walk_forward=walked,
        factors=factors,
        decay=decay_of(outside),
        hedged=hedged,
        detection=seen,
        reported=reported,
        plateau=plateau,
        level=settings.level,
        trials_repeated=searches.trials,
        patience=searches.patience,
        against=subject.against,
        seconds=seconds,
    )


def _surroundings(subject: Subject) -> tuple[Plateau, Supplementary]:
    around = Neighbourhood(subject)
    return around.plateau(), around.reported()


def _luck(payloads: "dict[tuple[str, int], Payload]", placebos: int) -> PlaceboSearch:
    return compare([payloads[PLACEBO, j] for j in range(placebos + 1)])


def _walked(
    searches: RepeatedSearches, payloads: "dict[tuple[str, int], Payload]"
) -> tuple[WalkForward, Evidence]:
    """The walk-forward's judgement, and what it stands on."""
    held = [payloads[WINDOW, k] for k in range(len(searches.windows))]
    panel = searches.panel
    return walk(searches.windows, held, panel.dates, panel.periods_per_year)


def _seconds(payloads: "dict[tuple[str, int], Payload]") -> dict[str, float]:
    """Part -> seconds of work on its replicates."""
    return {
        part: math.fsum(p["seconds"] for (name, _), p in payloads.items() if name == part)
        for part in (PLACEBO, WINDOW)
    }


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[part] = time.perf_counter() - begun


def _held_out(subject: Subject, study_file: Path) -> tuple[Holdout, Evidence, SharedLuck]:
    """The holdout's judgement, and what it stands on; a look that is entered in the ledger."""
    panel, split, params = subject.panel, subject.split, subject.params
    settings = subject.settings
    evaluator = subject.evaluator(panel.between(split, len(panel.dates)))
    held = holdout_evidence(
        evaluator, panel, split, settings, params, subject.benchmark, subject.hedge
    )
    ledger = HoldoutLedger(study_file, panel, split)
    result = evaluator.run(params)
    looks = ledger.enter(evaluator, params, result, f"validate: {subject.origin}")
    content, lag = portfolio_hash(evaluator.space, params), settings.backtest.execution_lag
    luck = holdout_luck(held, content, looks, panel, split, lag)
    return judge_holdout(held, luck, looks, panel, split), held, luck


def _corrected(holdout: Holdout | None) -> tuple[SkillTest, float] | None:
    return None if holdout is None else (holdout.test, holdout.p)


def verdict_block(verdict: VerdictRecord) -> dict[str, Any]:
    """The verdict as it stands in a factor file: less the weights that each window held."""
    block = verdict.as_dict()
    for window in block["walk_forward"]["windows"]:
        del window["weights"]
    return block


def _replicated(
    searches: RepeatedSearches,
    subject: Subject,
    store: "ReplicateStore",
    workforce: Workforce,
    progress: "Progress | None",
) -> "dict[tuple[str, int], Payload]":
    from mech_exo.tuning.replicates import run_replicates

    settings = subject.settings.verdict
    tasks = [(WINDOW, k) for k in range(settings.windows)]
    if not subject.quick:
        tasks += [(PLACEBO, j) for j in range(settings.placebos + 1)]
    payloads = run_replicates(
        searches,
        tasks,
        workforce=workforce,
        store=store,
        progress=progress,
    )
    for task, payload in payloads.items():
        check_payload(task, payload)
    return payloads
