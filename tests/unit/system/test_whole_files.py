"""A file is written whole or not at all, with the umask's permissions, and nothing left behind."""

import contextlib
import errno
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.system.whole_files import (
    check_target,
    check_within,
    free_path,
    remove_leftovers,
    shortened,
    whole_file,
    write_atomically,
)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_the_umask_s(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        path = write_atomically(tmp_path / "f.yml", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_limit_on_file_size_leaves_nothing(tmp_path: Path) -> None:
    """The kernel's own refusal in the middle of writing, as on a full disk."""
    path = tmp_path / "f.yml"
    path.write_text("old", encoding="utf-8")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from mech_exo.errors import ExoError\n"
        "from mech_exo.system.whole_files import write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_atomically(Path(sys.argv[1]), 'x' * 5000, overwrite=True)\n"
        "except ExoError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        check=True,
    )
    assert "cannot be written (File too large)" in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["f.yml"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("failing", ["fsync", "link"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises((ExoError, KeyboardInterrupt)) as caught:
        write_atomically(tmp_path / "f.yml", "x")
    assert list(tmp_path.iterdir()) == []
    if isinstance(error, OSError):
        assert "cannot be written (No space left)" in str(caught.value)


def test_without_hard_links_an_existing_file_is_safe_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = write_atomically(tmp_path / "f.yml", "first")
    with pytest.raises(ExoError, match="exists already"):
        write_atomically(path, "second")
    assert path.read_text(encoding="utf-8") == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["f.yml"]


def test_a_symbolic_link_is_followed_only_when_overwriting(tmp_path: Path) -> None:
    target, link = tmp_path / "target.yml", tmp_path / "link.yml"
    link.symlink_to(target)
    with pytest.raises(ExoError, match="exists already"):
        write_atomically(link, "x")  # dangling, but a name all the same
    write_atomically(link, "x", overwrite=True)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "x"


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "f.yml").mkdir()
    with pytest.raises(ExoError, match="cannot be written"):
        write_atomically(tmp_path / "f.yml", "x", overwrite=True)
    with pytest.raises(ExoError, match="is a folder"):
        check_target(tmp_path / "f.yml", overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["f.yml"]


def test_check_target_says_beforehand_what_writing_would(tmp_path: Path) -> None:
    check_target(tmp_path / "new" / "f.yml")
    assert list((tmp_path / "new").iterdir()) == []
    taken = write_atomically(tmp_path / "taken.yml", "x")
    with pytest.raises(ExoError, match="exists already"):
        check_target(taken)
    check_target(taken, overwrite=True)
    with pytest.raises(ExoError, match="cannot be written"):
        check_target(taken / "f.yml")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write")
def test_an_unwritable_folder() -> None:
    with pytest.raises(ExoError, match=r"/proc/f\.yml: cannot be written"):
        write_atomically(Path("/proc/f.yml"), "x")
    with pytest.raises(ExoError, match=r"/proc/f\.yml: cannot be written"):
        check_target(Path("/proc/f.yml"))


def test_free_path_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    assert free_path(path) == path
    path.write_text("")
    (tmp_path / "f_2.yml").symlink_to(tmp_path / "nowhere")
    assert free_path(path) == tmp_path / "f_3.yml"


def test_a_link_that_leaves_the_project_is_refused_by_name(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    (root / "config/kept").mkdir(parents=True)
    outside.mkdir()
    (outside / "f.yml").write_text("theirs")
    (root / "f.yml").symlink_to(outside / "f.yml")
    (root / "config/folder").symlink_to("../../outside")
    (root / "config/chain.yml").symlink_to("../f.yml")
    (root / "config/dangling.yml").symlink_to(outside / "none.yml")
    for name, link in (
        ("f.yml", "f.yml"),
        ("config/folder/new.yml", "config/folder"),
        ("config/folder/f.yml", "config/folder"),
        ("config/chain.yml", "config/chain.yml"),
        ("config/dangling.yml", "config/dangling.yml"),
    ):
        with pytest.raises(ExoError, match="leads out of the project") as caught:
            check_within(root / name, root)
        assert caught.value.message.startswith(f"{root / link}: ")
    (root / "config/inside.yml").symlink_to("kept/f.yml")
    (tmp_path / "alias").symlink_to("project")
    for path in (
        root / "config/inside.yml",
        root / "config/none/f.yml",
        tmp_path / "alias/config/kept/f.yml",
        outside / "f.yml",
    ):
        check_within(path, root)
        check_within(path, tmp_path / "alias")


def special_files(folder: Path) -> list[tuple[Path, int]]:
    """A pipe, a socket, a link to a pipe, and where it can be made a device; with their nodes."""
    pipe, link, device = folder / "pipe.yml", folder / "link.yml", folder / "device.yml"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket.yml"))
    found = [pipe, link, folder / "socket.yml"]
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 7))  # /dev/full
            found.append(device)
    return [(path, path.lstat().st_ino) for path in found]


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    for path, node in special_files(tmp_path):
        for refused in (
            lambda path=path: check_target(path, overwrite=True),
            lambda path=path: check_target(path, overwrite=True, touch=False),
            lambda path=path: write_atomically(path, "x", overwrite=True),
        ):
            with pytest.raises(ExoError, match=r"is a (pipe|socket|device), expected a file"):
                refused()
        assert path.lstat().st_ino == node
        assert not path.is_file()
    assert not list(tmp_path.glob("*.tmp")), list(tmp_path.glob(".*"))


def test_a_pipe_that_comes_while_the_file_is_made_stays(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"

    def interrupted() -> None:
        with whole_file(path, overwrite=True) as temporary:
            temporary.write_text("x")
            os.mkfifo(path)

    with pytest.raises(ExoError, match="is a pipe"):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["f.yml"]
    assert path.is_fifo()


@pytest.mark.parametrize("touch", [True, False])
@pytest.mark.parametrize("name", ["a" * 256, "ü" * 128, "a" * 300 + "/f.yml", "b/" * 3000])
def test_a_name_that_is_too_long_is_refused_before_the_work(
    tmp_path: Path, name: str, touch: bool
) -> None:
    with pytest.raises(ExoError, match="cannot be written"):
        check_target(tmp_path / name, overwrite=True, touch=touch)
    assert list(tmp_path.iterdir()) == []


def test_the_longest_names_are_written(tmp_path: Path) -> None:
    for name in ("a" * 255, "語" * 85, "🂡" * 63):
        check_target(tmp_path / name)
        path = write_atomically(tmp_path / name, "x")
        assert path.read_text() == "x"
        left = tmp_path / f".{shortened(name)}.{'0' * 12}.tmp"
        left.write_text("half")
        os.utime(left, (0, 0))
        remove_leftovers(tmp_path, shared=True)
        assert not left.exists()
