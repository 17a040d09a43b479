"""Where a factor file goes."""

from datetime import date
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.export.target import Target


def test_the_dated_file_is_never_overwritten(tmp_path: Path) -> None:
    target = Target(None, tmp_path)
    names = [target.write(content).name for content in (b"1", b"2", b"3")]
    stem = f"factors_opt_{date.today():%Y-%m-%d}"
    assert names == [f"{stem}.yml", f"{stem}_2.yml", f"{stem}_3.yml"]
    assert [(tmp_path / "factors" / n).read_bytes() for n in names] == [b"1", b"2", b"3"]


def test_a_named_file_is_replaced(tmp_path: Path) -> None:
    target = Target(tmp_path / "new/mine.yml", tmp_path)
    assert target.write(b"1") == target.write(b"2") == tmp_path / "new/mine.yml"
    assert (tmp_path / "new/mine.yml").read_bytes() == b"2"


def test_check_comes_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match="is a folder"):
        Target(tmp_path, tmp_path).check()
    (tmp_path / "factors").touch()
    with pytest.raises(ExoError, match="cannot be written"):
        Target(None, tmp_path).check()
