"""The verdict's searches on a terminal and elsewhere."""

import io

from rich.console import Console

from mech_exo.report.search_progress import SearchProgress


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def printed(*, kept: int = 0, quiet: bool = False) -> list[str]:
    """Lines of 2 windows and 98 placebos, of which `kept` are finished already, a second each."""
    stream, clock = io.StringIO(), Clock()
    with SearchProgress(Console(file=stream, width=200), quiet=quiet, clock=clock) as progress:
        progress("window", 0, 2)
        progress("placebo", kept, 98)
        for done in (1, 2):
            clock.now += 1.0
            progress("window", done, 2)
        for done in range(kept + 1, 99):
            clock.now += 1.0
            progress("placebo", done, 98)
    return stream.getvalue().splitlines()


def test_about_ten_lines_with_the_time_left() -> None:
    lines = printed()
    assert len(lines) == 10
    assert lines[0] == "searches   10/100 · 1.0/s · ETA 90 s · windows 2/2, placebos 8/98"
    assert lines[-1] == "searches   100/100 · 1.0/s · ETA 0 s · windows 2/2, placebos 98/98"


def test_what_an_earlier_call_finished_does_not_count_for_the_time_left() -> None:
    first = printed(kept=80)[0]
    assert first == "searches   82/100 · 1.0/s · ETA 18 s · windows 2/2, placebos 80/98"


def test_quiet_prints_nothing() -> None:
    assert printed(quiet=True) == []


def test_a_terminal_has_one_live_line() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100)
    with SearchProgress(console) as progress:
        progress("window", 0, 2)
        progress("window", 1, 2)
    assert "windows 1/2" in stream.getvalue()
    assert "searches   " not in stream.getvalue()  # of the log lines
