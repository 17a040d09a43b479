"""Progress: log lines without a terminal, a live line on one."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from mech_exo.report.live_line import LINES, SILENCE_S
from mech_exo.report.live_progress import LiveProgress, describe
from mech_exo.tuning.events import Interrupted, StudyOpened, TrialFinished, WorkerReplaced
from mech_exo.tuning.study_record import TrialRecord

BEST = TrialRecord(3, "COMPLETE", values=(1.2847,), metrics={"max_drawdown": 0.0821})


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(finished: int = 0, goal: int = 100) -> StudyOpened:
    return StudyOpened("s", Path("s.db"), True, finished, goal, 2, 4, "tpe", "median", ("clipped",))


def finished(number: int, goal: int = 100, best: TrialRecord | None = BEST) -> TrialFinished:
    return TrialFinished(
        TrialRecord(number, "COMPLETE"), best, number + 1, goal, number + 1, (number + 1) // 2
    )


def lines_of(clock: Clock, *, quiet: bool = False, goal: int = 100, step: float = 0.0) -> list[str]:
    out = io.StringIO()
    with LiveProgress(Console(file=out, width=200), quiet=quiet, clock=clock) as progress:
        progress(opened(goal=goal))
        for number in range(goal):
            clock.now += step
            progress(finished(number, goal))
    return out.getvalue().splitlines()


def test_about_ten_lines_however_long_the_run() -> None:
    lines = [line for line in lines_of(Clock(), goal=1000, step=0.01) if line.startswith("trials")]
    assert len(lines) == LINES
    assert lines[-1].startswith("trials     1000/1000")
    assert "best 1.285 (trial 3, drawdown 8.2 %) · feasible 50.0 %" in lines[-1]


def test_a_slow_run_is_not_silent() -> None:
    lines = [line for line in lines_of(Clock(), goal=20, step=SILENCE_S) if "/20" in line]
    assert len(lines) == 20


def test_eta_and_rate_count_from_where_the_run_began() -> None:
    clock, out = Clock(), io.StringIO()
    with LiveProgress(Console(file=out, width=200), clock=clock) as progress:
        progress(opened(finished=90))
        clock.now += 10.0
        progress(finished(94))
    assert "95/100 · 0.5/s · ETA 10 s" in out.getvalue()


def test_quiet_says_only_what_went_wrong() -> None:
    out = io.StringIO()
    with LiveProgress(Console(file=out, width=200), quiet=True) as progress:
        progress(opened())
        progress(finished(99))
        progress(WorkerReplaced(7, "signal 9", 1, given_up=False))
        progress(Interrupted("SIGINT", 2))
    assert out.getvalue().splitlines() == [
        "warning: a worker died (signal 9) at trial 7; it is evaluated again.",
        "SIGINT: finishing 2 running trials; again to stop.",
    ]


def test_a_terminal_shows_one_live_line() -> None:
    out = io.StringIO()
    console = Console(file=out, width=160, force_terminal=True, legacy_windows=False)
    with LiveProgress(console) as progress:
        progress(opened())
        progress(finished(49))
        assert progress._live is not None
        progress._live.refresh()
    assert "50/100" in out.getvalue()
    assert "best 1.285" in out.getvalue()


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (finished(0, best=None), "no feasible trial yet · feasible 0.0 %"),
        (
            TrialFinished(TrialRecord(0, "FAIL"), None, 1, 100, 0, 0),
            "no feasible trial yet",
        ),
    ],
)
def test_without_a_feasible_trial(event: TrialFinished, text: str) -> None:
    assert describe(event) == text


def pareto(front: int, feasible: int) -> TrialFinished:
    return TrialFinished(TrialRecord(6, "COMPLETE"), None, 7, 100, 7, feasible, front)


def test_several_objectives_say_the_size_of_the_front() -> None:
    assert describe(pareto(front=3, feasible=4)) == "3 on the Pareto front · feasible 57.1 %"
    assert describe(pareto(front=0, feasible=0)) == "no feasible trial yet · feasible 0.0 %"
    out = io.StringIO()
    with LiveProgress(Console(file=out, width=200)) as progress:
        progress(opened())
        progress(TrialFinished(TrialRecord(99, "COMPLETE"), None, 100, 100, 100, 57, 9))
    assert out.getvalue().splitlines()[-1].endswith("9 on the Pareto front · feasible 57.0 %")
