"""Arguments from Python are of the type that is stated, or an error names them."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import mech_exo
from mech_exo import ExoError, InputRequest, JudgeRequest, ReoptimizeRequest, RunRequest

RUN: dict[str, Any] = {"study_name": "s", "study_file": Path("s.db")}


def test_a_text_names_a_path_and_a_whole_number_is_a_number() -> None:
    request = RunRequest(study_name="s", study_file="a/s.db", timeout=5, root=".")  # type: ignore[arg-type]
    assert request.study_file == Path("a/s.db")
    assert request.root == Path()
    assert request.timeout_seconds == 5.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("study_name", 5),
        ("study_file", 5),
        ("n_trials", "3"),
        ("n_trials", True),
        ("n_trials", 2.0),
        ("n_jobs", "2"),
        ("timeout", [1]),
        ("timeout", b"3s"),
        ("timeout", True),
        ("trial", "x"),
        ("validate", 1),
        ("export_yaml", 5),
        ("inputs", None),
    ],
)
def test_a_field_of_another_type_is_named(field: str, value: object) -> None:
    with pytest.raises(ExoError, match=f"RunRequest: {field} is "):
        RunRequest(**(RUN | {field: value}))


def test_the_other_requests_too() -> None:
    with pytest.raises(ExoError, match="InputRequest: overrides is 5"):
        InputRequest(overrides=5)  # type: ignore[arg-type]
    with pytest.raises(ExoError, match="JudgeRequest: n_jobs is 'x'"):
        JudgeRequest(study_name="s", study_file=Path("s.db"), n_jobs="x")  # type: ignore[arg-type]
    with pytest.raises(ExoError, match="ReoptimizeRequest: moment is 'today'"):
        ReoptimizeRequest(
            inputs=InputRequest(),
            root=Path(),
            study_file=Path("s.db"),
            n_jobs=1,
            moment="today",  # type: ignore[arg-type]
        )
    ReoptimizeRequest(
        inputs=InputRequest(), root=Path(), study_file=Path("s.db"), n_jobs=1, moment=datetime.now()
    )


@pytest.mark.parametrize("name", ["optimise", "create_study", "judge", "reoptimize", "verify_file"])
def test_what_is_no_request_is_said(name: str) -> None:
    arguments = (5, "s.db") if name == "verify_file" else (5,)
    with pytest.raises(ExoError, match="is int, expected"):
        getattr(mech_exo, name)(*arguments)


def test_what_cannot_listen_is_said() -> None:
    with pytest.raises(ExoError, match="the listener is int"):
        mech_exo.optimise(RunRequest(**RUN), 5)  # type: ignore[arg-type]
