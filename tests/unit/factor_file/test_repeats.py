"""A finished run that is repeated finds its own file."""

from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.repeats import written_before
from mech_exo.factor_file.write import write_factor_file
from tests.unit.conftest import Make

PATTERN = "factors_opt_*.yml"


@pytest.fixture
def file(make: Make) -> FactorFile:
    """As a run exports it."""
    return replace(
        make(1.0),
        metadata={
            "study_name": "s",
            "total_trials": 3,
            "created_at": "2025-06-09T10:15:30.000000",
            "run_id": "a",
            "elapsed_time_seconds": 1.5,
        },
        provenance={"seed": 42, "git_commit": None},
        out_of_sample={"looks": 1},
    )


def test_when_and_from_where_it_was_made_does_not_count(tmp_path: Path, file: FactorFile) -> None:
    stored = write_factor_file(tmp_path / "factors_opt_2025-06-09.yml", file)
    (tmp_path / "factors_opt_2025-06-10.yml").write_bytes(b"\xff no factor file")
    (tmp_path / "factors_opt_2025-06-11.yml").write_text("factors: {}\n")
    later = {"created_at": "2025-06-12T08:00:00.000000", "run_id": "b", "elapsed_time_seconds": 0.0}
    again = replace(file, metadata=file.metadata | later)
    again = replace(again, provenance={"seed": 42, "git_commit": "abc-dirty"})
    assert written_before(again, tmp_path, PATTERN) == stored
    assert written_before(again, tmp_path, "other_*.yml") is None
    assert written_before(again, tmp_path / "absent", PATTERN) is None


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"study_name": "other"}},
        {"metadata": {"study_name": "s", "total_trials": 4}},
        {"provenance": {"seed": 43}},
        {"out_of_sample": {"looks": 2}},
        {"out_of_sample": None},
        {"verdict": {"overall": "FAIL"}},
        {"hyperparameters": {"cash_pct": 0.2}},
    ],
)
def test_whatever_else_differs_is_another_file(
    tmp_path: Path, file: FactorFile, change: dict[str, object]
) -> None:
    write_factor_file(tmp_path / "factors_opt_2025-06-09.yml", file)
    assert written_before(replace(file, **change), tmp_path, PATTERN) is None  # type: ignore[arg-type]


def test_another_weight_is_another_file(tmp_path: Path, make: Make) -> None:
    write_factor_file(tmp_path / "factors_opt_2025-06-09.yml", make(1.0))
    assert written_before(make(1.0), tmp_path, PATTERN) is not None
    assert written_before(make(1.0 + 2**-52), tmp_path, PATTERN) is None
