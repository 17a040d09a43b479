"""Progress: log lines without a terminal, a live line on one."""

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from mech_exo.report.console import console as output
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
    assert "best 1.285 · trial 3 · drawdown 8.2 % · feasible 50.0 %" in lines[-1]


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
    assert " · ".join(describe(event)) == text


def pareto(front: int, feasible: int) -> TrialFinished:
    return TrialFinished(TrialRecord(6, "COMPLETE"), None, 7, 100, 7, feasible, front)


def test_several_objectives_say_the_size_of_the_front() -> None:
    assert describe(pareto(front=3, feasible=4)) == ("3 on the Pareto front", "feasible 57.1 %")
    assert describe(pareto(front=0, feasible=0)) == ("no feasible trial yet", "feasible 0.0 %")
    out = io.StringIO()
    with LiveProgress(Console(file=out, width=200)) as progress:
        progress(opened())
        progress(TrialFinished(TrialRecord(99, "COMPLETE"), None, 100, 100, 100, 57, 9))
    assert out.getvalue().splitlines()[-1].endswith("9 on the Pareto front · feasible 57.0 %")


def live(width: int, clock: Clock, *events: object, encoding: str = "utf-8") -> str:
    """The live line after some events, on a terminal of some width."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    console = Console(file=stream, width=width, force_terminal=True, no_color=True)
    with LiveProgress(console, clock=clock) as progress:
        for event in events:
            progress(event)  # type: ignore[arg-type]
        return progress._line().plain


def course(count: int) -> list[TrialFinished]:
    """Trials each of which is the best so far."""
    bests = [TrialRecord(n, "COMPLETE", values=(1.0 + n,), metrics={}) for n in range(count)]
    return [finished(n, best=best) for n, best in enumerate(bests)]


def test_the_live_line_keeps_what_matters_most_at_any_width() -> None:
    clock = Clock()
    events = [opened(), *course(40)]
    clock.now += 10.0
    wide = live(160, clock, *events)
    for part in (
        "trials 40/100",
        "█",
        "░",
        "▁",
        "/s",
        "ETA",
        "best 40.000",
        "trial 39",
        "feasible",
    ):
        assert part in wide
    for width in (100, 60, 40, 25):
        line = live(width, clock, *events)
        assert len(line) < width
        assert line.startswith("trials 40/100")
        assert not line.endswith("…")
    assert "best 40.000" in live(40, clock, *events)
    assert "ETA" in live(40, clock, *events)
    assert live(160, clock, *events, encoding="ascii").replace("–", "").isascii()


def ending(**limits: object) -> StudyOpened:
    return dataclasses.replace(opened(finished=40), **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "best", "eta"),
    [
        (ending(), 3, "ETA 50 s"),  # 10 trials in 10 s, 50 to go
        (ending(timeout=30.0), 3, "ETA 20 s"),
        (ending(timeout=90.0), 3, "ETA 50 s"),
        (ending(patience=60), 29, "ETA 40 s if nothing better comes"),
        (ending(patience=600), 29, "ETA 50 s"),
        (ending(timeout=30.0, patience=60), 29, "ETA 20 s"),
        (ending(goal=None, timeout=30.0), 3, "ETA 20 s"),
        (ending(goal=None, patience=60), 29, "ETA 40 s if nothing better comes"),
        (ending(goal=None, patience=60), None, "ETA 10 s if nothing better comes"),
    ],
)
def test_the_eta_is_that_of_what_ends_the_run(
    start: StudyOpened, best: int | None, eta: str
) -> None:
    """A study of 40 trials is resumed; 10 more take 10 s."""
    clock = Clock()
    record = None if best is None else dataclasses.replace(BEST, number=best)
    stream = io.StringIO()
    with LiveProgress(Console(file=stream, width=200, force_terminal=True), clock=clock) as shown:
        shown(start)
        for number in range(40, 50):
            clock.now += 1.0
            shown(dataclasses.replace(finished(number, best=record), goal=start.goal))
        parts = shown._counted(clock.now)
    assert parts[-1] == eta
    assert "1.0/s" in parts


def test_a_search_that_grows_slower_has_the_eta_of_late() -> None:
    clock, stream = Clock(), io.StringIO()
    with LiveProgress(Console(file=stream, width=200, force_terminal=True), clock=clock) as shown:
        shown(opened(goal=1100))
        for number in range(1000):
            clock.now += 0.01 if number < 900 else 1.0
            shown(finished(number, 1100))
        assert shown._counted(clock.now)[-1] == "ETA 100 s"


def test_forced_colours_do_not_put_a_live_line_into_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    with LiveProgress(output(stream)) as progress:
        progress(opened())
        progress(finished(99))
    assert "trials     100/100" in stream.getvalue()
    assert "\x1b[2K" not in stream.getvalue()
    assert "\r" not in stream.getvalue()
