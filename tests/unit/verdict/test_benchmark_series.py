"""Reading the user's benchmark."""

from pathlib import Path

import numpy as np
import pytest

from mech_exo.errors import ExoError
from mech_exo.verdict.benchmark_series import read_benchmark

DATES = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[D]")


def written(folder: Path, text: str) -> Path:
    path = folder / "bench.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize("heading", ["", "date,return\n"])
def test_returns_are_put_on_the_dates(tmp_path: Path, heading: str) -> None:
    text = heading + "2020-01-03,-0.01\n2020-01-01,0.5\n2020-01-02,0.02\n"
    np.testing.assert_array_equal(read_benchmark(written(tmp_path, text), DATES), [0.02, -0.01])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2020-01-02,0.02\n", "no return on 2020-01-03"),
        ("2020-01-02,0.02\n2020-01-03,much\n", "line 2"),
        ("2020-01-02,0.02\n2020-01-03,-2\n", "line 2"),
        ("2020-01-02,0.02\n2020-01-03\n", "line 2"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ExoError, match=message):
        read_benchmark(written(tmp_path, text), DATES)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match="cannot be read"):
        read_benchmark(tmp_path / "none.csv", DATES)
