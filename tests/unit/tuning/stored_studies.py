"""Small studies for the tests of storage and its readers."""

import json
import random
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from mech_exo.config.settings import StorageSettings
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.study_file import create_file
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.tuning.study_store import StudyStore

WEIGHT = json.dumps(
    {
        "name": "FloatDistribution",
        "attributes": {"step": None, "low": -1.0, "high": 1.0, "log": False},
    }
)
WINDOW = json.dumps(
    {"name": "IntDistribution", "attributes": {"log": False, "step": 1, "low": 6, "high": 18}}
)
KIND = json.dumps(
    {"name": "CategoricalDistribution", "attributes": {"choices": ["a", 1, True, None, 1.5]}}
)
SPACE = {"weight_pe_ratio": WEIGHT, "weight_rsi_14": WEIGHT, "momentum_window": WINDOW}
CONSTRAINTS = ("max_drawdown", "volatility", "weight_limit")
COMPONENTS = {"data": "d1", "tuning.seed": "42"}
NOON = datetime(2025, 3, 30, 12, 0, 0, 250_000, tzinfo=UTC)


def complete(number: int, value: float, *, excess: float = -0.1, epoch: int = 0) -> TrialRecord:
    """A complete trial; `excess` is its first constraint."""
    rng = random.Random(number)
    return TrialRecord(
        number=number,
        state="COMPLETE",
        params={
            "weight_pe_ratio": rng.uniform(-1, 1),
            "weight_rsi_14": rng.uniform(-1, 1),
            "momentum_window": rng.randint(6, 18),
        },
        distributions=SPACE,
        values=(value,),
        constraints=(excess, -0.05, -0.5),
        metrics={"sharpe": value, "max_drawdown": 0.1 + excess, "calmar": float("nan")},
        intermediate={0: value / 2, 1: float("nan")},
        epoch=epoch,
        started=NOON + timedelta(seconds=number),
        completed=NOON + timedelta(seconds=number, milliseconds=700),
    )


def failed(number: int, reason: str = "no Sharpe", *, epoch: int = 0) -> TrialRecord:
    """A failed trial."""
    return replace(
        complete(number, 0.0, epoch=epoch),
        state="FAIL",
        values=(),
        constraints=None,
        metrics={},
        reason=reason,
    )


def pruned(number: int, value: float, *, epoch: int = 0) -> TrialRecord:
    """A pruned trial."""
    return replace(complete(number, value, epoch=epoch), state="PRUNED", reason="below the median")


def execute(path: Path, statement: str) -> None:
    """Edit a database as somebody with sqlite3 would; the statement must change something."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount != 0


def make_study(
    path: Path, name: str, *, attributes: Mapping[str, object] | None = None
) -> StudyRecord:
    """A study without trials or epoch, in a file that is made where there is none."""
    with StudyStore.open(path, StorageSettings(), create=True) as store:
        return store.create_study(name, attributes=attributes)


def new_store(
    path: Path,
    name: str = "s",
    directions: tuple[Direction, ...] = ("maximize",),
    settings: StorageSettings | None = None,
) -> StudyStore:
    """A store with a study in its first epoch."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_empty_file())
    store = StudyStore.open(path, settings or StorageSettings(), create=True)
    names = ("sharpe", "drawdown")[: len(directions)]
    store.create_study(name, directions, objective_names=names, constraint_names=CONSTRAINTS)
    store.begin_epoch(COMPONENTS)
    return store


@cache
def _empty_file() -> bytes:
    """A study file without studies; making one takes Optuna a while."""
    with TemporaryDirectory() as folder:
        create_file(Path(folder) / "f.db")
        return (Path(folder) / "f.db").read_bytes()
