"""Progress messages: at the start, every n trials, never more."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from mech_exo.notify.moments import Moment
from mech_exo.notify.progress_messages import ProgressMessages, final_message
from mech_exo.tuning.events import Interrupted, StudyOpened, TrialFinished
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.figures import Portfolio
from mech_exo.workflow.optimised import Optimised


class Recorder:
    """A channel that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.moments: list[Moment] = []

    def send(self, text: str, moment: Moment = Moment.PROGRESS) -> None:
        self.sent.append(text)
        self.moments.append(moment)


def finish(messages: ProgressMessages, done: range, goal: int) -> None:
    best = TrialRecord(1, "COMPLETE", values=(1.25,))
    for count in done:
        trial = TrialRecord(count - 1, "COMPLETE")
        messages(TrialFinished(trial, best, count, goal, count, count))


def test_one_message_every_interval_counted_from_the_start_of_the_run() -> None:
    channel = Recorder()
    messages = ProgressMessages(channel, interval=5)
    messages(StudyOpened("s", Path("s.db"), False, 3, 15, 2, 4, "tpe", "median"))
    finish(messages, range(4, 16), goal=15)
    messages(Interrupted("SIGINT", 1))
    assert channel.sent == [
        "s: started, 12 trials to run",
        "s: 8/15 trials, best 1.2500 (trial 1)",
        "s: 13/15 trials, best 1.2500 (trial 1)",
        "s: interrupted (SIGINT)",
    ]


def test_no_progress_of_the_last_trial_which_the_digest_would_wait_for() -> None:
    channel = Recorder()
    messages = ProgressMessages(channel, interval=5)
    messages(StudyOpened("s", Path("s.db"), False, 0, 10, 2, 4, "tpe", "median"))
    finish(messages, range(1, 11), goal=10)
    assert channel.sent == [
        "s: started, 10 trials to run",
        "s: 5/10 trials, best 1.2500 (trial 1)",
    ]


def test_milestones_are_the_first_messages_after_quarters_or_doublings() -> None:
    for goal, wanted in ((200, [50, 100, 150]), (None, [20, 40, 80, 160])):
        channel = Recorder()
        messages = ProgressMessages(channel, interval=10)
        messages(StudyOpened("s", Path("s.db"), False, 0, goal, 2, 4, "tpe", "median"))
        for count in range(1, 200):
            trial = TrialRecord(count - 1, "COMPLETE")
            messages(TrialFinished(trial, None, count, goal, 0, 0))
        told = zip(channel.sent, channel.moments, strict=True)
        milestones = [text for text, moment in told if moment is Moment.MILESTONE]
        assert milestones[0].startswith("s: started")
        assert [int(t.split()[1].split("/")[0]) for t in milestones[1:]] == wanted
        assert len(channel.sent) == 20


def test_the_digest_names_the_largest_changes_and_only_changes() -> None:
    old = Portfolio("config/factors.yml", {"a": 0.5, "b": 0.1}, {}, {"sharpe": 1.0}, None)
    for weights, words in (
        ({"a": 0.5, "b": -0.4, "c": 0.1}, "largest changes: b +0.10 → -0.40, c +0.00 → +0.10"),
        ({"a": 0.5, "b": 0.1}, "weights unchanged"),
    ):
        trial = TrialRecord(3, "COMPLETE", values=(1.25,))
        result = SimpleNamespace(
            outcome=SimpleNamespace(study=StudyRecord("s", ("maximize",)), interrupted=False),
            pareto=False,
            trial=trial,
            feasible=True,
            verdict=None,
            verdict_failure=None,
            standing=Standing(),
            incumbent_fit=None,
            best=Portfolio("trial 3", weights, {}, {"sharpe": 1.25}, None),
            incumbent=old,
        )
        lines = final_message(cast("Optimised", result)).splitlines()
        assert lines[0] == "s: done, 0 trials, best 1.2500 (trial 3)"
        assert lines[1] == "verdict: none (not judged)"
        assert lines[2] == "Sharpe in sample: 1.25, incumbent 1.00"
        assert lines[3] == words


def test_several_objectives_tell_the_size_of_the_front() -> None:
    channel = Recorder()
    messages = ProgressMessages(channel, interval=1)
    messages(StudyOpened("s", Path("s.db"), True, 0, 9, 2, 4, "nsga2", "none"))
    for count, front in ((1, 0), (2, 1), (3, 2)):
        trial = TrialRecord(count - 1, "COMPLETE")
        messages(TrialFinished(trial, None, count, 9, count, front, front))
    assert channel.sent[1:] == [
        "s: 1/9 trials, no feasible trial yet",
        "s: 2/9 trials, 1 on the Pareto front",
        "s: 3/9 trials, 2 on the Pareto front",
    ]


def test_the_digest_of_several_objectives() -> None:
    study = StudyRecord("s", ("maximize", "minimize"))
    for front, words in (((), "; no trials yet"), ((TrialRecord(0, "COMPLETE"),), ", 1 on the")):
        result = SimpleNamespace(
            outcome=SimpleNamespace(study=study, interrupted=False),
            pareto=True,
            front=front,
            trial=None,
            feasible=bool(front),
            without_feasible=study.without_feasible,
        )
        assert final_message(cast("Optimised", result)).startswith(f"s: done, 0 trials{words}")
