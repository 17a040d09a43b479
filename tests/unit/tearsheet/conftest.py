"""A small study with its verdict, made once."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mech_exo import JudgeRequest, RunRequest, judge, optimise
from mech_exo.tearsheet.opening import ReportRequest
from mech_exo.workflow.session import InputRequest

SMALL: dict[str, Any] = {
    "data.source": "demo",
    "data.demo.symbols": 30,
    "data.demo.years": 5,
    "verdict.placebos": 9,
    "verdict.windows": 3,
    "verdict.portfolios": 8,
    "verdict.neighbours": 8,
}
NAME = "small"


def inputs(folder: Path, **more: Any) -> InputRequest:
    """Settings of the small market, and others."""
    changed = {name.replace("__", "."): value for name, value in more.items()}
    return InputRequest(cwd=folder, overrides={**SMALL, **changed})


def tune(
    folder: Path, settings: Mapping[str, Any] = SMALL, *, trials: int = 24, objective: str = ""
) -> Path:
    """Run a study; its file."""
    request = InputRequest(cwd=folder, overrides=dict(settings))
    if objective:
        path = folder / "research/obj_utils.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(objective, encoding="utf-8")
        request = replace(request, objective=path)
    study_file = folder / "studies/factor_opt.db"
    run = RunRequest(
        study_name=NAME,
        study_file=study_file,
        n_jobs=1,
        n_trials=trials,
        inputs=request,
        export_yaml=folder / "small.yml",
        root=folder,
    )
    optimise(run)
    return study_file


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study that nobody has judged."""
    folder = tmp_path_factory.mktemp("tuned")
    tune(folder)
    return folder


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study with its verdict."""
    folder = tmp_path_factory.mktemp("judged")
    study_file = tune(folder)
    judge(JudgeRequest(study_name=NAME, study_file=study_file, inputs=inputs(folder), n_jobs=1))
    return folder


def request_of(folder: Path, **more: Any) -> ReportRequest:
    """A report of the study in a folder."""
    given = {"study_name": NAME, "inputs": inputs(folder), **more}
    return ReportRequest(study_file=folder / "studies/factor_opt.db", **given)
