"""The dashboard's first load and its polls, against plain optuna-dashboard on the same file.

    python benchmarks/dashboard.py [TRIALS]

Processor time, not the clock, and its ratio in the same run: the figures of one machine say
little about another's. A page loads all trials once and then asks for those that came since.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mech_exo.backtest.metrics import METRICS
from mech_exo.config.settings import StorageSettings
from mech_exo.data.catalogue import DEFAULT_FACTORS
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.tuning.study_store import StudyStore

FACTORS = tuple(DEFAULT_FACTORS)
RANGES = {f"weight_{factor}": (-1.0, 1.0) for factor in FACTORS} | {
    "cash_pct": (0.0, 0.5),
    "stop_loss_pct": (0.05, 0.25),
    "position_size_pct": (0.05, 0.2),
}
START = datetime(2025, 1, 1, tzinfo=UTC)


def make_study(
    path: Path, trials: int, directions: tuple[Direction, ...] = ("maximize",), name: str = "large"
) -> None:
    """A study of made-up trials: nine weights, three hyperparameters, a third infeasible."""
    from optuna.distributions import FloatDistribution, distribution_to_json

    space = {
        parameter: distribution_to_json(FloatDistribution(low, high))
        for parameter, (low, high) in RANGES.items()
    }
    rng = random.Random(0)
    with StudyStore.open(path, StorageSettings(), create=True) as store:
        store.create_study(
            name,
            directions,
            objective_names=("sharpe", "max_drawdown")[: len(directions)],
            constraint_names=("max_drawdown", "volatility", "weight_limit"),
        )
        store.begin_epoch({"data": "made up"})
        store.append([_trial(number, space, len(directions), rng) for number in range(trials)])


def _trial(number: int, space: dict[str, str], objectives: int, rng: random.Random) -> TrialRecord:
    params = {name: rng.uniform(*RANGES[name]) for name in space}
    score = 1.0 - sum((params[f"weight_{f}"] - 0.3) ** 2 for f in FACTORS[:3]) + rng.gauss(0, 0.1)
    drawdown = abs(0.08 + 0.05 * score + rng.gauss(0, 0.03))
    metrics = {name: rng.uniform(-1, 1) for name in METRICS}
    metrics |= {"sharpe": score, "max_drawdown": drawdown}
    started = START + timedelta(seconds=number)
    return TrialRecord(
        number=number,
        state="COMPLETE",
        params=params,
        distributions=space,
        values=(score, drawdown)[:objectives],
        constraints=(drawdown - 0.08, metrics["volatility"] - 1.0, -1.0),
        metrics=metrics,
        started=started,
        completed=started + timedelta(microseconds=rng.randrange(1, 10**6)),
    )


@dataclass(frozen=True)
class Cost:
    """What one request takes.

    Attributes
    ----------
    processor_s
        Processor time of the serving process.
    sent
        Bytes on the wire.
    """

    processor_s: float
    sent: int


def cost(application: Callable[..., Any], address: str) -> Cost:
    """Ask as a browser does, which takes packed answers."""
    path, _, query = address.partition("?")
    environment = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:8080",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br",
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }
    statuses: list[str] = []
    began = time.process_time()
    sent = sum(map(len, application(environment, lambda status, *_: statuses.append(status))))
    spent = time.process_time() - began
    if statuses != ["200 OK"]:
        raise RuntimeError(f"{address}: {statuses}")
    return Cost(spent, sent)


def measure(path: Path, trials: int) -> dict[str, tuple[Cost, Cost]]:
    """Costs of exo's dashboard and of plain optuna-dashboard, by what is asked for."""
    from optuna_dashboard import wsgi

    from mech_exo.report.dashboard_server import application

    address = "/api/studies/1"
    asked = {"first load": f"{address}?after=0", "poll": f"{address}?after={trials}"}
    measured = {}
    for name, query in asked.items():
        ours, theirs = application(path), wsgi(f"sqlite:///{path}")
        for app in (ours, theirs):
            cost(app, "/api/studies")  # the page asks for it first; loads SQLAlchemy's classes
        if name == "poll":
            cost(ours, asked["first load"])  # plain optuna-dashboard reads all anew after 10 s
        measured[name] = cost(ours, query), cost(theirs, query)
    return measured


def main() -> None:
    """Print a table."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "studies.db"
        make_study(path, trials)
        print(f"{trials} trials, {path.stat().st_size / 1e6:.1f} MB of database")
        print("              exo dashboard        optuna-dashboard     ratio")
        for name, (ours, theirs) in measure(path, trials).items():
            print(
                f"{name:<12}{ours.processor_s:6.3f} s {ours.sent / 1e6:6.2f} MB"
                f"{theirs.processor_s:10.3f} s {theirs.sent / 1e6:6.2f} MB"
                f"{theirs.processor_s / ours.processor_s:8.0f} ×"
            )


if __name__ == "__main__":
    main()
