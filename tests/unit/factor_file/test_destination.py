"""Where a factor file goes."""

from datetime import date
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.factor_file.destination import Destination
from mech_exo.factor_file.read import read_factor_file
from tests.unit.conftest import Make


def test_the_dated_file_is_never_overwritten(tmp_path: Path, make: Make) -> None:
    target = Destination(None, tmp_path)
    names = [target.write(make(weight))[0].name for weight in (1.0, 2.0, 3.0)]
    stem = f"factors_opt_{date.today():%Y-%m-%d}"
    assert names == [f"{stem}.yml", f"{stem}_2.yml", f"{stem}_3.yml"]
    files = [read_factor_file(tmp_path / "factors" / name) for name in names]
    assert [file.weights["rsi_14"] for file in files] == [1.0, 2.0, 3.0]


def test_a_named_file_is_replaced(tmp_path: Path, make: Make) -> None:
    target = Destination(tmp_path / "new/mine.yml", tmp_path)
    written = tmp_path / "new/mine.yml", False
    assert target.write(make(1.0)) == target.write(make(2.0)) == target.write(make(2.0)) == written
    assert read_factor_file(tmp_path / "new/mine.yml").weights == {"rsi_14": 2.0}


def test_check_comes_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match="is a folder"):
        Destination(tmp_path, tmp_path).check()
    (tmp_path / "factors").touch()
    with pytest.raises(ExoError, match="cannot be written"):
        Destination(None, tmp_path).check()
