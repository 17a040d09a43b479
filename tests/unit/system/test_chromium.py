"""Printing by a browser: which one, and what if there is none, or it fails or hangs."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.system.chromium import NAMES, VARIABLE, find_chromium, printed_pdf

PRINTS = """\
for argument in "$@"; do
  case "$argument" in
    --print-to-pdf=*) target="${argument#--print-to-pdf=}" ;;
    --user-data-dir=*) mkdir -p "${argument#--user-data-dir=}/Default" ;;
  esac
done
printf '%%PDF-1.4 %s' "$*" > "$target"
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser on the path, and a folder for temporary files that can be looked at."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/nowhere")
    monkeypatch.setattr("mech_exo.system.chromium.NAMES", ("an-exo-test-chromium", *NAMES[-2:]))


def program(folder: Path, text: str, name: str = "an-exo-test-chromium") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return path


def left_behind(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "temporary").iterdir())


def test_what_is_named_comes_before_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = program(tmp_path / "bin", PRINTS)
    assert find_chromium() == found
    named = program(tmp_path / "a folder", PRINTS, "my browser")
    monkeypatch.setenv(VARIABLE, str(named))
    assert find_chromium() == named


def test_a_page_is_printed_and_nothing_is_left(tmp_path: Path) -> None:
    program(tmp_path / "bin", PRINTS)
    printed = printed_pdf("<p>ä").decode()
    assert printed.startswith("%PDF")
    assert "--headless" in printed
    assert ("--no-sandbox" in printed) == (os.geteuid() == 0)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("named", ["", "/nowhere/chromium"])
def test_without_a_browser_it_is_said_how_to_get_one(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, named)
    with pytest.raises(ExoError) as caught:
        printed_pdf("<p>")
    assert "apt install chromium" in str(caught.value)
    assert named in str(caught.value)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo 'no display' >&2; exit 1", "printed no PDF (no display)"),
        ("exit 0", "printed no PDF (it said nothing)"),
        (PRINTS.replace("%%PDF", "HTML"), "printed no PDF"),
    ],
)
def test_one_that_fails(text: str, said: str, tmp_path: Path) -> None:
    program(tmp_path / "bin", text)
    with pytest.raises(ExoError) as caught:
        printed_pdf("<p>")
    assert said in str(caught.value)
    assert left_behind(tmp_path) == []


def test_one_that_cannot_be_run(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "")
    path.write_text("#!/nowhere/interpreter\n")
    with pytest.raises(ExoError, match="cannot be run"):
        printed_pdf("<p>")


def test_one_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "children"
    program(tmp_path / "bin", f'sleep 300 &\necho $! > "{note}"\nwait\n')
    with pytest.raises(ExoError, match="did not print within 1 seconds"):
        printed_pdf("<p>", patience_s=0.6)
    child = int(note.read_text())
    for _ in range(100):
        if not _runs(child):
            break
        time.sleep(0.02)
    assert not _runs(child)
    assert left_behind(tmp_path) == []


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().split()[2]
    except FileNotFoundError:
        return False
    return state != "Z"
