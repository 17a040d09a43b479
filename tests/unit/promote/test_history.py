"""The history of config/factors.yml: versions, crashes between two writes, copies by hand."""

import os
import signal
from pathlib import Path

import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.promote import promotion
from mech_exo.promote.history import VersionHistory, new_entry
from mech_exo.system.locks import exclusive_lock


def text(weight: float) -> str:
    return f"factors:\n  technical:\n    rsi_14: {{weight: {weight}}}\n"


def install(root: Path, weight: float, reason: str = "because") -> None:
    VersionHistory(root).install(text(weight), new_entry("promote", reason, "a file"))


def weight_of(root: Path) -> float:
    return read_factor_file(root / "config/factors.yml").weights["rsi_14"]


def test_versions_say_who_when_and_why(tmp_path: Path) -> None:
    install(tmp_path, 0.1, "first")
    install(tmp_path, 0.2, "second")
    history = VersionHistory(tmp_path)
    assert [(e.version, e.action, e.reason) for e in history.entries()] == [
        (1, "promote", "first"),
        (2, "promote", "second"),
    ]
    assert all("@" in e.who and e.at for e in history.entries())
    current = history.current()
    assert current is not None
    assert current.version == 2
    assert history.text(1) == text(0.1)
    assert weight_of(tmp_path) == 0.2


def test_rollback_is_a_version_too_and_can_be_rolled_back(tmp_path: Path) -> None:
    for weight in (0.1, 0.2):
        install(tmp_path, weight)
    promotion.rollback(tmp_path, None, "worse than it looked")
    assert weight_of(tmp_path) == 0.1
    promotion.rollback(tmp_path, 2, "better after all")
    assert weight_of(tmp_path) == 0.2
    assert [e.action for e in VersionHistory(tmp_path).entries()] == [
        "promote",
        "promote",
        "rollback",
        "rollback",
    ]


def test_rollback_without_an_earlier_version(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match="no earlier version"):
        promotion.rollback(tmp_path, None, "")
    install(tmp_path, 0.1)
    with pytest.raises(ExoError, match="no earlier version"):
        promotion.rollback(tmp_path, None, "")
    with pytest.raises(ExoError, match="no version 9"):
        promotion.rollback(tmp_path, 9, "")
    with pytest.raises(ExoError, match="in production already"):
        promotion.rollback(tmp_path, 1, "")


def test_a_file_that_was_copied_by_hand_is_kept(tmp_path: Path) -> None:
    install(tmp_path, 0.1)
    (tmp_path / "config/factors.yml").write_text(text(0.5))
    assert VersionHistory(tmp_path).current() is None
    install(tmp_path, 0.2)
    assert [e.action for e in VersionHistory(tmp_path).entries()] == ["promote", "found", "promote"]
    promotion.rollback(tmp_path, None, "")
    assert weight_of(tmp_path) == 0.5


def test_a_version_that_was_edited_is_not_put_back(tmp_path: Path) -> None:
    for weight in (0.1, 0.2):
        install(tmp_path, weight)
    VersionHistory(tmp_path).path(1).write_text(text(0.7))
    with pytest.raises(ExoError, match="is not what was promoted"):
        promotion.rollback(tmp_path, None, "")
    assert weight_of(tmp_path) == 0.2


def test_an_entry_that_is_none_is_named(tmp_path: Path) -> None:
    install(tmp_path, 0.1)
    path = VersionHistory(tmp_path).path(1).with_suffix(".json")
    path.write_text('{"version": 1')
    with pytest.raises(ExoError, match=r"0001\.json"):
        VersionHistory(tmp_path).entries()


def test_two_at_once_exclude_each_other(tmp_path: Path) -> None:
    history = VersionHistory(tmp_path)
    with (
        exclusive_lock(history.folder / ".lock", "busy", ""),
        pytest.raises(ExoError, match="is being replaced") as caught,
    ):
        install(tmp_path, 0.1)
    assert caught.value.exit_code == ExitCode.LOCKED


CALLS = ("fsync", "link", "replace", "rename", "unlink")


def in_a_child(root: Path, weight: float, dies_at: int) -> bool:
    """Install in a child that is killed before its `dies_at`-th write; whether it was."""
    pid = os.fork()
    if pid == 0:
        count = 0

        def counted(real: object) -> object:
            def call(*arguments: object, **options: object) -> object:
                nonlocal count
                count += 1
                if count == dies_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                assert callable(real)
                return real(*arguments, **options)

            return call

        for name in CALLS:
            setattr(os, name, counted(getattr(os, name)))
        install(root, weight)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def test_killed_between_any_two_writes(tmp_path: Path) -> None:
    """The file in production is whole at every moment, and the same command completes it."""
    point, killed = 0, True
    while killed:
        point += 1
        root = tmp_path / str(point)
        install(root, 0.1)
        (root / "config/factors.yml").write_text(text(0.3))  # by hand: two versions to write
        killed = in_a_child(root, 0.2, point)
        assert weight_of(root) in (0.3, 0.2)
        install(root, 0.2)
        assert weight_of(root) == 0.2
        entries = VersionHistory(root).entries()
        assert [(e.version, e.action) for e in entries] == [
            (1, "promote"),
            (2, "found"),
            (3, "promote"),
        ]
        kept = [VersionHistory(root).text(e.version) for e in entries]
        assert kept == [text(weight) for weight in (0.1, 0.3, 0.2)]
    assert point > 10


@pytest.mark.parametrize("reason", ["because", "another"])
def test_a_file_copied_over_the_last_version_is_kept(tmp_path: Path, reason: str) -> None:
    for weight in (0.1, 0.2):
        install(tmp_path, weight)
    production = tmp_path / "config/factors.yml"
    production.write_text(text(0.7))
    install(tmp_path, 0.2, reason)
    history = VersionHistory(tmp_path)
    assert [(e.version, e.action) for e in history.entries()][2:] == [(3, "found"), (4, "promote")]
    assert history.text(3) == text(0.7)
    assert history.entries()[-1].reason == reason
    production.write_text(text(0.8))
    promotion.rollback(tmp_path, 2, "")
    production.write_text(text(0.9))
    promotion.rollback(tmp_path, 2, "")
    kept = [history.text(e.version) for e in history.entries() if e.action == "found"]
    assert kept == [text(0.7), text(0.8), text(0.9)]


def test_bytes_that_are_no_text_are_kept_and_can_be_rolled_back(tmp_path: Path) -> None:
    install(tmp_path, 0.1)
    production = tmp_path / "config/factors.yml"
    production.write_bytes(b"\xff\x00weights")
    promotion.rollback(tmp_path, None, "broken")
    assert weight_of(tmp_path) == 0.1
    assert (tmp_path / "config/history/0002.yml").read_bytes() == b"\xff\x00weights"


def put(root: Path, weight: float) -> None:
    """The guide's plain `cp`."""
    (root / "config").mkdir(exist_ok=True)
    (root / "config/factors.yml").write_text(text(weight))


def state(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.rglob("*") if p.is_file()}


def test_a_file_that_was_copied_is_recorded_once(tmp_path: Path) -> None:
    history = VersionHistory(tmp_path)
    assert history.record() is None  # no file, no history
    assert not history.folder.exists()
    put(tmp_path, 0.1)
    found = history.record()
    assert found is not None
    assert (found.version, found.action, found.reason) == (1, "found", "was there already")
    assert history.text(1) == text(0.1)
    before = state(tmp_path)
    assert history.record() is None
    assert state(tmp_path) == before
    install(tmp_path, 0.2)
    assert [e.action for e in history.entries()] == ["found", "promote"]
    put(tmp_path, 0.3)
    assert history.record() is not None
    put(tmp_path, 0.2)  # version 2 again: listed already
    assert history.record() is None
    assert history.current() == history.entries()[1]


def test_a_promotion_that_was_killed_is_not_recorded_but_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, 0.1)
    old = (tmp_path / "config/factors.yml").read_text()
    install(tmp_path, 0.2)
    (tmp_path / "config/factors.yml").write_text(old)  # killed before the file was replaced
    assert VersionHistory(tmp_path).record() is None
    install(tmp_path, 0.2)
    assert [e.action for e in VersionHistory(tmp_path).entries()] == ["promote", "promote"]
    assert weight_of(tmp_path) == 0.2


def test_two_that_record_at_once_make_one_version(tmp_path: Path) -> None:
    for attempt in range(5):
        put(tmp_path, 0.1 + attempt)
        children = []
        for _ in range(4):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    VersionHistory(tmp_path).record()
                    status = 0
                finally:
                    os._exit(status)
            children.append(pid)
        assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
        entries = VersionHistory(tmp_path).entries()
        assert [e.version for e in entries] == list(range(1, attempt + 2))
        assert VersionHistory(tmp_path).text(attempt + 1) == text(0.1 + attempt)
