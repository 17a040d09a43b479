"""A search in memory. It equals the stored study's: verdict/test_repeated_searches.py."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mech_exo.config.settings import TuningSettings
from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.axes import numeric_axes
from mech_exo.tuning.memory_search import search
from mech_exo.tuning.problem import Problem
from mech_exo.workforce.evaluation_work import Suggestion
from tests.cli.conftest import REPOSITORY
from tests.unit.tuning.tuning_problems import Result

SETTINGS = TuningSettings(pruner="none")


def suggest(trial: Any) -> None:
    trial.suggest_float("x", -1.0, 1.0)
    trial.suggest_int("n", 1, 5)
    trial.suggest_categorical("kind", ["a", "b"])


class Parabola:
    """Highest at x = 0.3; fails for n = 5."""

    def evaluate(self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None) -> Any:
        del limits
        if params["n"] == 5:
            return Result("fail", reason="n is 5")
        return Result("complete", (-((params["x"] - 0.3) ** 2),), (-1.0,))


PROBLEM = Problem(suggest=suggest, evaluator=Parabola, constraint_names=("c",))


def test_a_search_is_reproducible_and_finds_the_top() -> None:
    study = search(PROBLEM, Parabola(), SETTINGS, 40)
    again = search(PROBLEM, Parabola(), SETTINGS, 40)
    assert study == again
    assert len(study.trials) == len(study.current) == 40
    best = study.best()
    assert best is not None
    assert best.params["x"] == pytest.approx(0.3, abs=0.2)
    assert {t.state for t in study.trials} == {"COMPLETE", "FAIL"}
    assert study != search(PROBLEM, Parabola(), replace(SETTINGS, seed=1), 40)


def test_the_first_trials_can_be_given() -> None:
    start: tuple[dict[str, Parameter], ...] = ({"x": 0.31, "n": 2, "kind": "b"},)
    study = search(PROBLEM, Parabola(), SETTINGS, 3, warm_start=start)
    assert dict(study.trials[0].params) == start[0]


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2"])
@pytest.mark.parametrize("patience", [None, 3])
def test_no_trial_is_asked_in_vain(
    sampler: str, patience: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    ask = Asker.ask

    def counted(asker: Asker, index: int) -> Suggestion:
        asked.append(index)
        return ask(asker, index)

    monkeypatch.setattr(Asker, "ask", counted)
    settings = replace(SETTINGS, sampler=sampler, window=4, population=6)
    found = search(PROBLEM, Parabola(), settings, 23, patience=patience)
    assert asked == list(range(len(found.trials)))
    assert len(found.trials) == 23 if patience is None else len(found.trials) < 23


def test_axes_are_those_that_have_numbers() -> None:
    cube = numeric_axes(suggest, 1)
    assert list(cube.space) == ["x", "n"]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2", "qmc", "random"])
def test_asking_imports_no_optimiser_of_scipy(sampler: str) -> None:
    """A process of its own: scipy.stats and what it brings take half a second."""
    code = (
        "import sys\n"
        "from mech_exo.config.settings import TuningSettings\n"
        "from mech_exo.tuning.memory_search import search\n"
        "from tests.unit.tuning.tuning_problems import Bowl, bowl\n"
        f"search(bowl(), Bowl(), TuningSettings(sampler={sampler!r}, population=4), 9)\n"
        "print(sorted(m for m in ('scipy.optimize', 'scipy.stats', 'pandas', 'sqlalchemy')\n"
        "             if m in sys.modules))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_cmaes_is_the_librarys_own() -> None:
    import cmaes

    from mech_exo.tuning.samplers.cmaes import _cma

    assert _cma() is cmaes.CMA
