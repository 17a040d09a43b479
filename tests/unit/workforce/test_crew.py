import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from mech_exo.system.parcel import Parcel
from mech_exo.workforce.crew import Crew
from mech_exo.workforce.evaluation_work import Answer, Loss, Suggestion
from tests.unit.tuning.tuning_problems import Bowl, Sleeper, Talker, unbuildable


def suggestion(index: int, x: float = 0.1) -> Suggestion:
    return Suggestion(index, {"x": x}, {}, {})


def collect(crew: Crew, count: int) -> list[Answer | Loss]:
    results: list[Answer | Loss] = []
    deadline = time.monotonic() + 60
    while len([r for r in results if isinstance(r, Answer)]) < count:
        assert time.monotonic() < deadline
        results += crew.poll(0.1)
    return results


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 30
    while any(map(alive, pids)):
        assert time.monotonic() < deadline, "a worker outlived its run"
        time.sleep(0.02)


def test_first_fiftieth_and_fresh_process_give_the_same_bits() -> None:
    def evaluate(count: int) -> list[str]:
        with Crew(Bowl, 1) as crew:
            for index in range(count):
                crew.submit(suggestion(index, 0.1))
            answers = [r for r in collect(crew, count) if isinstance(r, Answer)]
        return [repr((a.state, a.values, a.constraints, a.metrics)) for a in answers]

    first = evaluate(50)
    assert len({*first, *evaluate(1)}) == 1


def test_workers_are_gone_when_the_crew_is_left(tmp_path: Path) -> None:
    with Crew(partial(Sleeper, 600.0, tmp_path), 3) as crew:
        pids = crew.pids
        for index in range(3):
            crew.submit(suggestion(index))
        assert all(map(alive, pids))
    assert not any(map(alive, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("victim", ["parent", "nursery and parent"])
def test_no_worker_outlives_a_killed_run(tmp_path: Path, victim: str) -> None:
    script = (
        "import sys; sys.path[:] = sys.argv[2:]\n"
        "from functools import partial\n"
        "from pathlib import Path\n"
        "from tests.unit.tuning.tuning_problems import Sleeper\n"
        "from tests.unit.workforce.test_crew import suggestion\n"
        "from mech_exo.workforce.crew import Crew\n"
        "with Crew(partial(Sleeper, 600.0, Path(sys.argv[1])), 2) as crew:\n"
        "    crew.submit(suggestion(0)); crew.submit(suggestion(1))\n"
        "    print(*crew.pids, crew._nursery._process.pid, flush=True)\n"
        "    while True: crew.poll(1.0)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), *sys.path], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    *workers, nursery = map(int, run.stdout.readline().split())
    deadline = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2:  # both are at work
        assert time.monotonic() < deadline
        time.sleep(0.01)
    if victim != "parent":
        os.kill(nursery, signal.SIGKILL)
    run.kill()
    run.wait()
    run.stdout.close()
    wait_until_gone([*workers, nursery])


def test_a_killed_nursery_is_replaced() -> None:
    with Crew(Bowl, 2) as crew:
        assert crew._nursery is not None
        crew._nursery._process.kill()
        for index in range(6):
            crew.submit(suggestion(index))
        answers = [r for r in collect(crew, 6) if isinstance(r, Answer)]
    assert sorted(a.index for a in answers) == list(range(6))


def test_workers_of_a_killed_nursery_are_not_asked_of_the_next(tmp_path: Path) -> None:
    """One worker's end is seen, and a new nursery there, before the other's end is."""
    with Crew(partial(Sleeper, 0.05, tmp_path), 2) as crew:
        assert crew._nursery is not None
        first, second = crew._workers
        crew._nursery._process.kill()
        crew._nursery._process.wait()
        crew._bury(first)
        crew._man()
        replacement = crew._nursery
        crew._bury(second)
        assert crew._nursery is replacement
        for index in range(4):
            crew.submit(suggestion(index))
        assert len([r for r in collect(crew, 4) if isinstance(r, Answer)]) == 4
        assert crew._nursery is replacement


def test_idle_workers_that_die_are_replaced() -> None:
    with Crew(Bowl, 2) as crew:
        before = crew.pids
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 60
        losses: list[Answer | Loss] = []
        while len(losses) < 2:
            assert time.monotonic() < deadline
            losses += crew.poll(0.1)
        assert all(isinstance(r, Loss) and r.index is None and not r.given_up for r in losses)
        assert len(crew.pids) == 2
        assert not set(crew.pids) & set(before)


def test_a_failure_to_prepare_the_evaluator_is_raised_here() -> None:
    with pytest.raises(ValueError, match="cannot be made"):
        Crew(unbuildable, 2).__enter__()


def test_what_the_users_code_prints_is_not_on_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    with Crew(Talker, 1) as crew:
        crew.submit(suggestion(0))
        collect(crew, 1)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "said by the worker" in captured.err


def test_workers_ignore_the_terminals_signals() -> None:
    with Crew(Bowl, 1) as crew:
        pids = crew.pids
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pids[0], number)
        crew.submit(suggestion(0))
        assert len(collect(crew, 1)) == 1
        assert crew.pids == pids


def test_a_parcel_that_is_lent_serves_crew_after_crew_and_nursery_after_nursery() -> None:
    parcel = Parcel.of(Bowl)
    for _ in range(2):
        with Crew(parcel, 1) as crew:
            assert crew._nursery is not None
            crew._nursery._process.kill()
            crew.submit(suggestion(0))
            assert any(isinstance(r, Answer) for r in collect(crew, 1))
    parcel.close()
