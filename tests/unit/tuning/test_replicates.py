"""Independent pieces of work over the workers: kept, resumed, the same whatever the jobs."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.tuning.replicates import run_replicates
from mech_exo.workforce.workforce import Workforce

TASKS = [("a", 0), ("a", 1), ("b", 7), ("a", 2)]


@dataclass(frozen=True)
class Squares:
    """Makes itself: squares the number; `fatal` kills its process, `wrong` raises."""

    fatal: int = -1
    wrong: int = -1
    refused: int = -1

    def __call__(self) -> "Squares":
        return self

    def replicate(self, part: str, number: int) -> dict[str, Any]:
        if number == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == self.wrong:
            raise ValueError("a mistake in a replicate")
        if number == self.refused:
            raise ExoError("the data end too early", exit_code=ExitCode.NOT_THE_FILES)
        return {"part": part, "square": number**2, "undefined": float("nan")}


def run(make: Squares, store: ReplicateStore, jobs: int = 1, **more: Any) -> dict[Any, Any]:
    return run_replicates(make, TASKS, workforce=Workforce(jobs), store=store, **more)


def test_every_task_has_its_payload_whatever_the_jobs() -> None:
    nothing = ReplicateStore(None, "x")
    one, three = run(Squares(), nothing, 1), run(Squares(), nothing, 3)
    assert {task: payload["square"] for task, payload in one.items()} == {
        ("a", 0): 0,
        ("a", 1): 1,
        ("b", 7): 49,
        ("a", 2): 4,
    }
    assert {t: p["square"] for t, p in three.items()} == {t: p["square"] for t, p in one.items()}


def test_what_is_kept_is_not_computed_again(tmp_path: Path) -> None:
    store = ReplicateStore(tmp_path / "s.db", "x")
    run(Squares(), store)
    told: list[tuple[str, int, int]] = []
    again = run(Squares(fatal=7), store, progress=lambda *step: told.append(step))
    assert again["b", 7]["square"] == 49
    assert told == [("a", 3, 3), ("b", 1, 1)]
    assert ReplicateStore(tmp_path / "s.db", "y").finished() == {}


def test_a_mistake_in_a_replicate_is_not_hidden(tmp_path: Path) -> None:
    store = ReplicateStore(tmp_path / "s.db", "x")
    with pytest.raises(RuntimeError, match="a mistake in a replicate"):
        run(Squares(wrong=7), store)
    assert ("a", 0) in store.finished()


def test_what_the_user_can_mend_is_said_in_words() -> None:
    with pytest.raises(ExoError, match="b 7: the data end too early") as caught:
        run(Squares(refused=7), ReplicateStore(None, "x"))
    assert caught.value.exit_code == ExitCode.NOT_THE_FILES


@pytest.mark.slow
def test_a_replicate_that_kills_its_worker_is_given_up() -> None:
    with pytest.raises(ExoError, match="died three times"):
        run(Squares(fatal=7), ReplicateStore(None, "x"))
