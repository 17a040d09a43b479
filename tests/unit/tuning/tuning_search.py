"""An epoch in memory, for the engine's tests."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from mech_exo.config.settings import TuningSettings
from mech_exo.factor_file.document import Parameter
from mech_exo.system.interrupts import Interrupts
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.engine import Engine, EpochSpan
from mech_exo.tuning.events import Event, ignore
from mech_exo.tuning.preflight import try_once
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.tuning.tally import Tally
from mech_exo.workforce.crew import Crew


class Search:
    """Trials in memory, run in as many parts and by as many crews as wanted."""

    def __init__(
        self,
        problem: Problem,
        settings: TuningSettings,
        warm_start: Sequence[Mapping[str, Parameter]] = (),
    ) -> None:
        self.problem, self.settings, self.warm_start = problem, settings, warm_start
        self.crew: Crew | None = None  # lent; else each run has its own
        self.records: list[TrialRecord] = []
        self.batches: list[int] = []
        self.events: list[Event] = []

    def write(self, batch: Sequence[TrialRecord]) -> None:
        self.records.extend(batch)
        self.batches.append(len(batch))

    def asker(self) -> Asker:
        space = try_once(self.problem, self.settings.seed)
        asker = Asker(self.problem, self.settings, space, self.warm_start)
        for record in self.records:
            asker.add(record)
        return asker

    def run(self, goal: int, jobs: int = 1, listener: Callable[[Event], None] = ignore) -> bool:
        def listen(event: Event) -> None:
            self.events.append(event)
            listener(event)

        tally = Tally(self.problem.directions)
        for record in self.records:
            tally.add(record)
        with ExitStack() as stack:
            interrupts = stack.enter_context(Interrupts())
            crew = self.crew or stack.enter_context(Crew(self.problem.evaluator, jobs))
            engine = Engine(
                self.asker(),
                crew,
                self.write,
                epoch=EpochSpan(0, 0),
                goal=goal,
                tally=tally,
                listener=listen,
                interrupts=interrupts,
            )
            return engine.run() == "goal"

    def trials(self) -> list[tuple[Any, ...]]:
        """What must be the same bit for bit (NaN compares by its text)."""
        return [
            (
                r.number,
                r.state,
                repr(dict(r.params)),
                repr(dict(r.distributions)),
                repr(r.values),
                repr(r.constraints),
                repr(dict(r.metrics)),
                repr(dict(r.intermediate)),
                r.reason,
            )
            for r in self.records
        ]
