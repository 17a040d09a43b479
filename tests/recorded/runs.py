"""Ten runs whose results are kept: a change that is not meant to change a result leaves them.

python -m tests.recorded.runs            compares, and says what differs
python -m tests.recorded.runs --record   makes them anew, for a change that is meant to

Each is `exo optuna-run` in a project of its own; kept are the trial table without times, the
factor file and the JSON result, without what names the moment or the machine. Bytes are compared
on the type of machine that recorded them; elsewhere a search may take another turn at the last
bit, and only the runs whose sampler does not learn are compared, to nine digits.
"""

import json
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from tests.cli.conftest import REPOSITORY, run_exo

FOLDER = REPOSITORY / "tests/recorded/results"
MACHINE = FOLDER / "machine.json"
MARKET = "data: {source: demo, demo: {symbols: 24, years: 5}}\n"
LEARNS_NOTHING = ("random", "sobol")

OWN = """
from mech_exo.objective.factor import factor


@factor(category="technical")
def reversal(market, reversal_days=5):
    close = market.close
    values = np.full(close.shape, np.nan)
    values[reversal_days:] = close[:-reversal_days] / close[reversal_days:] - 1.0
    return values


MAX_DRAWDOWN_THRESHOLD = 0.3
VOLATILITY_THRESHOLD = 0.5
WEIGHT_LIMIT = 2.0


def suggest_factor_weights(trial):
    trial.suggest_float("weight_reversal", -1.0, 1.0)
    trial.suggest_int("reversal_days", 2, 20)
    if trial.suggest_categorical("weight_rsi_14", [-0.5, 0.0, 0.5]):
        trial.suggest_float("stop_loss_pct", 0.05, 0.25, log=True)
    trial.suggest_float("position_size_pct", 0.05, 0.2, step=0.05)


def objective(result):
    return result.information_ratio - 0.01 * result.turnover
"""


@dataclass(frozen=True)
class Recorded:
    """One run: what the project holds beside the market, and the options."""

    name: str
    options: tuple[str, ...] = ()
    settings: str = ""
    objective: str = ""


RUNS = (
    Recorded("default"),
    Recorded("judged", ("--validate",), "verdict: {placebos: 9, windows: 2}\n"),
    Recorded("cmaes", ("--sampler", "cmaes")),
    Recorded("pareto", ("--sampler", "nsga2", "--objectives", "sharpe,max_drawdown")),
    Recorded("sobol", ("--sampler", "qmc", "--seed", "7")),
    Recorded("random", ("--sampler", "random", "--window", "2")),
    Recorded("pruned", ("--pruner", "median", "--seed", "3")),
    Recorded("own", (), "", f"import numpy as np\n{OWN}"),
    Recorded("no-holdout", ("--no-warm-start",), "holdout: {fraction: 0.0}\n"),
    Recorded(
        "weekly",
        ("--choose", "plateau"),
        "backtest: {rebalance_days: 5, execution_lag: 2, stop_reference: rebalance, stop_lag: 1,"
        " delisting_return: 0.3, commission_bps: 20.0}\n",
    ),
)
VARIES = ("created_at", "run_id", "elapsed_time_seconds", "git_commit", "python", "seconds")
PLACES = ("settings_file", "objective_file", "file", "exported", "looked", "elapsed_seconds")


def result_of(run: Recorded, folder: Path) -> dict[str, str]:
    """File name -> text of what a run gives, in a new project in `folder`."""
    assert run_exo("init", folder / "p", cwd=folder).returncode == 0
    project = folder / "p"
    (project / "config/settings.yml").write_text(MARKET + run.settings)
    if run.objective:
        (project / "research/obj_utils.py").write_text(run.objective)
    done = run_exo(
        *("optuna-run", "--n-trials", "24", "--n-jobs", "2", "--study-name", run.name),
        *("--json", "--export-yaml", "best.yml", *run.options),
        cwd=project,
    )
    assert done.returncode in (0, 3), done.stderr
    table = run_exo("study", "trials", run.name, "--format", "csv", "--no-times", cwd=project)
    kept = {"trials.csv": table.stdout, "result.json": _plain_json(done.stdout)}
    if (project / "best.yml").exists():
        kept["best.yml"] = _plain_yaml((project / "best.yml").read_text())
    return kept


def _plain_json(text: str) -> str:
    return json.dumps(_without(json.loads(text)), indent=1, ensure_ascii=False) + "\n"


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without(v) for k, v in value.items() if k not in (*VARIES, *PLACES)}
    return [_without(v) for v in value] if isinstance(value, list) else value


def _plain_yaml(text: str) -> str:
    """Without the lines of what varies, the packages' versions and hashes over them."""
    lines, skipped = [], 0
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if skipped and indent >= skipped:
            continue
        skipped = 0
        key = line.strip().removeprefix("- ").split(":")[0]
        if key in ("packages", "seconds", "history"):
            skipped = indent + 1
        elif key not in (*VARIES, "document_hash", "looked"):
            lines.append(line)
    return "\n".join(lines) + "\n"


def machine() -> dict[str, str]:
    """What the last bits depend on."""
    loaded = [i for i in threadpool_info() if i["user_api"] == "blas"]
    blas = sorted({f"{i['internal_api']} {i.get('architecture')}" for i in loaded})
    return {"machine": platform.machine(), "blas": ", ".join(blas), "numpy": np.__version__}


def differences(run: Recorded, *, exact: bool) -> Iterator[str]:
    """Files of a run that are not as recorded, with the first line that differs."""
    with tempfile.TemporaryDirectory() as folder:
        found = result_of(run, Path(folder))
    names = {path.name for path in (FOLDER / run.name).iterdir()}
    if names != found.keys():
        yield f"{run.name}: {sorted(found)} instead of {sorted(names)}"
    for name in sorted(names & found.keys()):
        lines = (FOLDER / run.name / name).read_text("utf-8").splitlines()
        pairs = zip(lines, found[name].splitlines(), strict=False)
        wrong = [(a, b) for a, b in pairs if not (a == b if exact else _close(a, b))]
        if wrong or len(lines) != len(found[name].splitlines()):
            first = wrong[0] if wrong else ("", "another number of lines")
            yield f"{run.name}/{name}: {first[0]!r} is now {first[1]!r}"


NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?|[0-9a-f]{64}")


def _close(one: str, other: str) -> bool:
    """Equal but for hashes, and for numbers beyond nine digits."""
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    numbers = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(
        a == b or len(a) == len(b) == 64 or np.isclose(float(a), float(b), rtol=1e-9, atol=1e-9)
        for a, b in numbers
    )


def main(arguments: list[str]) -> int:
    """Compare, or record."""
    if "--record" not in arguments:
        found = [line for run in RUNS for line in differences(run, exact=True)]
        print("\n".join(found) or "all as recorded")
        return bool(found)
    for run in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            kept = result_of(run, Path(folder))
        (FOLDER / run.name).mkdir(parents=True, exist_ok=True)
        for name, text in kept.items():
            (FOLDER / run.name / name).write_text(text, "utf-8")
        print(f"{run.name}: {', '.join(kept)}")
    MACHINE.write_text(json.dumps(machine(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
