"""Files are written whole or not at all."""

import os
from pathlib import Path

import pytest

from mech_exo.config.atomic import check_writable, write_whole
from mech_exo.errors import ExoError


def test_writes_into_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a/b.yml"
    write_whole(path, b"one", overwrite=False)
    assert path.read_bytes() == b"one"
    assert [p.name for p in path.parent.iterdir()] == ["b.yml"]


def test_never_overwrites_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "b.yml"
    path.write_bytes(b"one")
    with pytest.raises(FileExistsError):
        write_whole(path, b"two", overwrite=False)
    assert path.read_bytes() == b"one"
    write_whole(path, b"two", overwrite=True)
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_has_the_permissions_of_an_ordinary_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "mine", b"", overwrite=False)
    (tmp_path / "ordinary").touch()
    assert (tmp_path / "mine").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.yml"
    path.write_bytes(b"one")

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(ExoError, match="No space left on device"):
        write_whole(path, b"two", overwrite=True)
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("act", [check_writable, lambda p: write_whole(p, b"", overwrite=True)])
def test_a_place_that_cannot_be_written(tmp_path: Path, act: object) -> None:
    (tmp_path / "file").touch()
    assert callable(act)
    with pytest.raises(ExoError, match="file/x/b.yml: cannot be written"):
        act(tmp_path / "file/x/b.yml")


def test_check_leaves_nothing_but_the_folder(tmp_path: Path) -> None:
    check_writable(tmp_path / "a/b.yml")
    assert list((tmp_path / "a").iterdir()) == []
    with pytest.raises(ExoError, match="is a folder"):
        check_writable(tmp_path / "a")
