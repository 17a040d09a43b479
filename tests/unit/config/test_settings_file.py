"""Which settings file is used, in order of precedence."""

from pathlib import Path

import pytest

from mech_exo.config.packaged import nearest, packaged_file
from mech_exo.config.settings_file import find_settings
from mech_exo.errors import ExoError


def test_order_of_precedence(tmp_path: Path) -> None:
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    packaged = find_settings(None, inner, {})
    assert packaged.path == packaged_file("config/settings.yml")
    assert packaged.origin == "the packaged defaults"

    near = tmp_path / "config/settings.yml"
    near.parent.mkdir()
    near.touch()
    assert find_settings(None, inner, {}).path == near

    variable = find_settings(None, inner, {"EXO_CONFIG": "/x.yml"})
    assert (variable.path, variable.origin) == (Path("/x.yml"), "EXO_CONFIG")

    flag = find_settings(Path("y.yml"), inner, {"EXO_CONFIG": "/x.yml"})
    assert (flag.path, flag.origin) == (Path("y.yml"), "--config")


def test_nearest_takes_the_innermost(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "a"):
        (folder / "f").mkdir(parents=True)
        (folder / "f/x").touch()
    assert nearest("f/x", tmp_path / "a") == tmp_path / "a/f/x"
    assert nearest("f/none-of-that-name", tmp_path) is None


def test_a_file_that_the_package_lacks() -> None:
    with pytest.raises(ExoError, match=r"lacks config/none\.yml"):
        packaged_file("config/none.yml")
