"""`Project.calibrate`, and what a verdict then knows."""

from typing import Any

import pytest

from mech_exo import Calibration, ExoError, Project
from tests.unit.library.markets import SETTINGS, frames
from tests.unit.library.test_projects import OBJECTIVE

FEW: dict[str, Any] = {"studies": 2, "ratios": (6,), "factor": "rsi_14", "placebos": 2}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("calibrations")
    (folder / "objective.py").write_text(OBJECTIVE)
    prices, reports = frames()
    return Project(
        prices,
        {"reports": reports},
        settings=SETTINGS,
        objective=folder / "objective.py",
        folder=folder,
    )


def test_a_calibration_says_what_the_verdict_then_knows(project: Project) -> None:
    study = project.tune(trials=4, jobs=1)
    told: list[tuple[str, int, int]] = []

    def follow(part: str, done: int, total: int) -> None:
        told.append((part, done, total))

    found = project.calibrate(study, jobs=1, on_progress=follow, **FEW)
    assert isinstance(found, Calibration)
    assert {(part, total) for part, _, total in told} == {("noise", 2), ("rsi_14 at 6", 1)}
    assert found.factor == "rsi_14"
    assert list(found.power.index) == [6.0]
    assert found.level_interval[0] <= found.level <= found.level_interval[1]
    assert "these data can" in repr(found)
    assert "these data can" in found._repr_html_().lower()
    verdict = project.validate(study, jobs=1)
    assert verdict.as_dict()["detection"]["factor"] == "rsi_14"
    assert verdict.as_dict()["detection"]["floor"]["ratio"] == found.floor


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ratios": "one"}, "must be a number"),
        ({"ratios": ["1"]}, "must be a number"),
        ({"ratios": [True]}, "must be a number"),
        ({"ratios": []}, "must be a number"),
        ({"ratios": 1.0}, "ratios is 1.0"),
        ({"studies": 0}, "studies is 0"),
        ({"trials": -1}, "trials is -1"),
        ({"jobs": 0}, "n_jobs is 0"),
        ({"factor": "rsi"}, "no factor 'rsi'"),
        ({"factor": "momentum_12_1"}, "no weight"),
        ({"study": "name"}, "study: is str"),
    ],
)
def test_an_argument_with_a_mistake_is_named(
    project: Project, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ExoError, match=words):
        project.calibrate(**{**FEW, **changed})
