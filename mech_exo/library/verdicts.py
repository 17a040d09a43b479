"""Skill or luck, for a person at a notebook."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.library.pages import document, sentence, table
from mech_exo.workforce.workforce import Workforce

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.tuning.study_record import StudyRecord
    from mech_exo.verdict.verdict import VerdictRecord
    from mech_exo.workflow.session import Session


class Verdict:
    """The verdict on one portfolio (docs/verdict.md).

    Attributes
    ----------
    overall
        PASS, INCONCLUSIVE or FAIL.
    reason
        Why, in a sentence.
    p, level
        Chance that luck alone shows as much, and the level that a PASS needs.
    judgement
        What the engine found; not part of the stable interface.
    """

    def __init__(self, judgement: "VerdictRecord") -> None:
        self.judgement = judgement
        self.origin = judgement.origin
        self.overall = judgement.overall
        self.reason = judgement.decision.reason
        self.p = judgement.decision.p
        self.level = judgement.level

    def as_dict(self) -> dict[str, Any]:
        """Everything, as the `verdict` block of JSON has it; undefined figures are None."""
        return self.judgement.as_dict()

    @property
    def parts(self) -> "pd.Series[float]":
        """What decides -> chance under luck; NaN for a part that could not be run."""
        import pandas as pd

        found = self.judgement
        chances = {
            "holdout": float("nan") if found.holdout is None else found.holdout.p,
            "placebo search": float("nan") if found.placebo is None else found.placebo.p,
            "walk-forward": found.walk_forward.test.p,
        }
        return pd.Series(chances, name="chance under luck", dtype=float)

    @property
    def windows(self) -> "pd.DataFrame":
        """A row for each re-tuning of the walk-forward."""
        import pandas as pd

        rows = self.as_dict()["walk_forward"]["windows"]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return f"Verdict({self.overall} on {self.origin}: {self.reason})"

    def _repr_html_(self) -> str:
        return document(
            f"{self.overall}: {self.origin}",
            sentence(self.reason),
            table("chance under luck", self.parts),
        )


def judge_study(
    session: "Session",
    study: "StudyRecord",
    study_file: Path,
    workforce: Workforce,
    on_progress: Callable[[str, int, int], None] | None,
) -> Verdict:
    """Judge a study's best trial.

    Raises
    ------
    ExoError
        As `exo validate`; exit code 3 for a study without a feasible trial.
    """
    from mech_exo.workflow.verdict_run import judge_best

    return Verdict(judge_best(session, study, study_file, workforce, on_progress))
