"""A study and its trials, for a person at a notebook."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.factor_file.document import WEIGHT
from mech_exo.library.pages import document, figures, table

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.factor_file.document import Parameter
    from mech_exo.library.verdicts import Verdict
    from mech_exo.tuning.events import Listener
    from mech_exo.tuning.request import SearchRequest
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord
    from mech_exo.workflow.session import Session


@dataclass(frozen=True)
class Trial:
    """One finished trial.

    Attributes
    ----------
    number
        From 0.
    state
        COMPLETE, PRUNED or FAIL.
    params
        Parameter -> value, as drawn.
    values
        Of the objectives.
    feasible
        Whether it is complete and keeps all constraints.
    reason
        Why it failed or was pruned; "" otherwise.
    """

    number: int
    state: str
    params: "dict[str, Parameter]"
    values: tuple[float, ...]
    feasible: bool
    reason: str
    _metrics: dict[str, float]
    _constraints: dict[str, float]

    @classmethod
    def of(cls, record: "TrialRecord", constraints: tuple[str, ...]) -> "Trial":
        """A stored trial."""
        return cls(
            number=record.number,
            state=record.state,
            params=dict(record.params),
            values=record.values,
            feasible=record.feasible,
            reason=record.reason,
            _metrics=dict(record.metrics),
            _constraints=dict(zip(constraints, record.constraints or (), strict=False)),
        )

    @property
    def value(self) -> float:
        """Of the first objective; NaN for a failed trial."""
        return next(iter(self.values), float("nan"))

    @property
    def weights(self) -> "pd.Series[float]":
        """Factor -> weight."""
        import pandas as pd

        drawn = {n: v for n, v in self.params.items() if n.startswith(WEIGHT)}
        named = {n.removeprefix(WEIGHT): v for n, v in drawn.items()}
        return pd.Series(named, name=f"trial {self.number}", dtype=float)

    @property
    def metrics(self) -> "pd.Series[float]":
        """Metric -> value in sample; NaN where undefined."""
        import pandas as pd

        return pd.Series(self._metrics, name=f"trial {self.number}", dtype=float)

    @property
    def constraints(self) -> "pd.Series[float]":
        """Constraint -> distance from its limit; at most 0 where it is kept."""
        import pandas as pd

        return pd.Series(self._constraints, name=f"trial {self.number}", dtype=float)


class Study:
    """A study as it stood when it was read.

    Attributes
    ----------
    name, file
        Its name and its database.
    interrupted
        Whether the search that made it was stopped before its goal.
    verdict
        Skill or luck, once `Project.validate` has judged it.
    record
        What the engine reads; not part of the stable interface.
    """

    def __init__(self, record: "StudyRecord", file: Path, *, interrupted: bool = False) -> None:
        self.record = record
        self.name = record.name
        self.file = file
        self.interrupted = interrupted
        self.verdict: Verdict | None = None

    def __len__(self) -> int:
        return len(self.record.trials)

    def __repr__(self) -> str:
        best = self.best
        words = "no feasible trial" if best is None else f"best {best.value:z.4f}"
        if len(self.record.directions) > 1:
            words = f"{len(self.front)} trials on the front"
        return f"Study({self.name!r}, {len(self)} trials, {words})"

    @property
    def best(self) -> Trial | None:
        """The best feasible trial; None without one, and in a study of several objectives."""
        found = self.record.best()
        return None if found is None else Trial.of(found, self.record.constraint_names)

    @property
    def front(self) -> tuple[Trial, ...]:
        """The Pareto front of a study of several objectives, by number; () for one."""
        if len(self.record.directions) == 1:
            return ()
        return tuple(Trial.of(t, self.record.constraint_names) for t in self.record.front())

    def trial(self, number: int) -> Trial:
        """Trial `number`; a KeyError if there is none."""
        for record in self.record.trials:
            if record.number == number:
                return Trial.of(record, self.record.constraint_names)
        raise KeyError(f"study {self.name!r} has no trial {number}")

    @property
    def trials(self) -> "pd.DataFrame":
        """A row a trial, by number: the columns of `exo study trials --format csv`."""
        import pandas as pd

        from mech_exo.tuning.trial_table import trial_rows

        return pd.DataFrame(trial_rows(self.record)).set_index("number")

    def _repr_html_(self) -> str:
        best = self.best
        parts = [] if best is None else [table("weights", best.weights), figures(best.metrics)]
        return document(repr(self), *parts)


def tuned_study(
    session: "Session", request: "SearchRequest", patience: int | None, listener: "Listener"
) -> Study:
    """Search as requested; a patience takes the place of that of the settings."""
    from mech_exo.tuning.runner import run_study
    from mech_exo.workflow.tuned import search_of

    session.try_apart()
    search = search_of(session)
    if patience is not None:
        search = search.with_patience(patience)
    outcome = run_study(request, search, listener)
    return Study(outcome.study, request.study_file, interrupted=outcome.interrupted)
