"""`exo factors`: from a study to production, and every reason to refuse."""

import os
import re
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from shutil import copy, copytree

import numpy as np
import pytest

from mech_exo.cli.entry import run
from mech_exo.factor_file.read import read_factor_file
from tests.cli.file_project import file_project

LATEST = Path("config/staging/factors_optuna_latest.yml")
PRODUCTION = Path("config/factors.yml")

Edit = Callable[[str], str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two studies, of which one is staged."""
    folder = file_project(tmp_path_factory.mktemp("factors") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        tune = ["optuna-run", "--n-trials", "8", "--n-jobs", "1", "--quiet"]
        assert run([*tune, "--study-name", "one", "--stage"]) == 0
        assert run([*tune, "--study-name", "two", "--seed", "5"]) == 0
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to work in; the working directory."""
    folder = copytree(made, tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder


def edit(path: Path, change: Edit) -> None:
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))


def made_on(day: date) -> Edit:
    return lambda text: re.sub(r"created_at: .*", f'created_at: "{day}T00:00:00.000000"', text)


@pytest.mark.usefixtures("project")
def test_promote_history_diff_rollback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXO_PROMOTE__MARGIN", "0.9")  # noise does not win by as much
    staged = LATEST.read_bytes()
    assert run(["factors", "promote"]) == 0
    assert PRODUCTION.read_bytes() == staged
    shown = capsys.readouterr().out
    assert "cost" in shown
    assert "rsi_14" in shown
    assert run(["factors", "promote"]) == 0
    assert "already" in capsys.readouterr().out

    assert run(["factors", "stage", "two", "--seed", "5"]) == 0
    assert LATEST.read_bytes() != staged
    assert run(["factors", "promote"]) == 1
    assert "no change" in capsys.readouterr().err
    assert PRODUCTION.read_bytes() == staged
    assert run(["factors", "promote", "--force"]) == 2
    assert "--reason" in capsys.readouterr().err
    assert run(["factors", "promote", "--force", "--reason", "a try"]) == 0
    assert PRODUCTION.read_bytes() == LATEST.read_bytes()

    capsys.readouterr()
    assert run(["factors", "history"]) == 0
    listed = capsys.readouterr().out
    assert "a try [in spite of: no change" in listed
    assert run(["factors", "diff", "1", "2"]) == 0
    assert "one" in capsys.readouterr().out
    assert run(["factors", "rollback", "--reason", "worse"]) == 0
    assert PRODUCTION.read_bytes() == staged


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t + "\nverdict:\n  overall: FAIL\n", "verdict is FAIL"),
        (made_on(date.today() - timedelta(days=40)), "days old"),
        (made_on(date.today() + timedelta(days=40)), "in the future"),
        (lambda t: re.sub(r"created_at: .*", "note: none", t), "when it was made"),
        (lambda t: re.sub(r"(rsi_14:\n +weight: ).*", r"\g<1>0.123", t), "does not verify"),
        (lambda t: re.sub(r"best_sharpe_ratio: .*", "best_sharpe_ratio: 9.5", t), "best_sharpe"),
        (lambda t: re.sub(r"(objective_sha256: ).*", rf'\g<1>"{"0" * 64}"', t), "objective_sha256"),
        (lambda t: t[: t.index("provenance:")], "does not verify"),
    ],
)
def test_refused_unless_forced(
    project: Path, change: Edit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(LATEST, change)
    assert run(["factors", "promote"]) == 1
    refusal = capsys.readouterr().err
    assert words in refusal
    assert not PRODUCTION.exists()
    assert run(["factors", "promote", "--force", "--reason", "I know"]) == 0
    assert PRODUCTION.read_bytes() == LATEST.read_bytes()


def test_a_file_verifies_although_the_data_have_grown(project: Path) -> None:
    prices = project / "prices.csv"
    last = prices.read_text().splitlines()[-1]
    day, _, values = last.partition(",")
    following = np.datetime64(day, "D") + np.timedelta64(1, "D")  # tomorrow at the latest
    prices.write_text(prices.read_text() + f"{following},{values}\n")
    assert run(["factors", "promote"]) == 0
    assert PRODUCTION.read_bytes() == LATEST.read_bytes()


def test_a_file_does_not_verify_once_its_past_is_another(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = project / "prices.csv"
    lines = prices.read_text().splitlines()
    day, _, values = lines[500].partition(",")
    lines[500] = f"{day},{1.02 * float(values.split(',')[0])},{values.partition(',')[2]}"
    prices.write_text("\n".join(lines) + "\n")
    assert run(["factors", "promote"]) == 1
    assert "data_fingerprint" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_dry_run_changes_nothing() -> None:
    assert run(["factors", "promote", "--dry-run"]) == 0
    assert not PRODUCTION.exists()
    assert not Path("config/history").exists()


@pytest.mark.usefixtures("project")
def test_half_a_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    edit(LATEST, lambda text: text[: text.index("weight:") + 5])
    assert run(["factors", "promote"]) == 2
    assert str(LATEST) in capsys.readouterr().err
    assert not PRODUCTION.exists()


def test_stage_a_file_keeps_its_bytes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = project / "own.yml"
    own.write_text("# by hand\nfactors:\n  technical:\n    rsi_14: {weight: 0.5}\n")
    assert run(["factors", "stage", str(own)]) == 0
    assert LATEST.read_bytes() == own.read_bytes()
    assert run(["factors", "stage", "nothing"]) == 2
    assert "neither a file nor a study" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_stage_warns_of_a_file_that_was_edited(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["factors", "stage", str(LATEST)]) == 0
    assert "edited since the export" not in capsys.readouterr().err
    edit(LATEST, lambda t: re.sub(r"(rsi_14:\n +weight: ).*", r"\g<1>0.123", t))
    assert run(["factors", "stage", str(LATEST)]) == 0
    assert "edited since the export" in capsys.readouterr().err
    assert run(["factors", "stage", ""]) == 2
    assert "is empty" in capsys.readouterr().err


def test_git_that_refuses_is_said_even_if_quiet(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    (project / ".git/index.lock").touch()  # another git, or one that was killed
    tune = ["optuna-run", "--n-trials", "1", "--n-jobs", "1", "--quiet", "--study-name", "one"]
    assert run([*tune, "--stage"]) == 0
    assert "not added to git: git add: " in capsys.readouterr().err
    (project / ".git/index.lock").unlink()
    assert run([*tune, "--stage"]) == 0
    assert "not added to git" not in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_rollback_passes_over_what_is_no_factor_file() -> None:
    assert run(["factors", "promote"]) == 0
    first = PRODUCTION.read_bytes()
    assert run(["factors", "stage", "two", "--seed", "5"]) == 0
    assert run(["factors", "promote", "--force", "--reason", "a try"]) == 0
    second = PRODUCTION.read_bytes()
    PRODUCTION.write_text("x: [")  # copied over it by hand
    assert run(["factors", "rollback", "--reason", "broken"]) == 0
    assert PRODUCTION.read_bytes() == second
    assert run(["factors", "rollback", "--reason", "worse"]) == 0
    assert PRODUCTION.read_bytes() == first


@pytest.mark.usefixtures("project")
def test_a_force_without_a_reason_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["factors", "promote", "--force"]) == 2
    said = capsys.readouterr()
    assert "--reason" in said.err
    assert said.out == ""


def test_a_folder_that_may_not_be_entered_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look = Path.lstat

    def refuse(path: Path) -> os.stat_result:  # as the system does for anybody but root
        if path.name == "a.yml":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "lstat", refuse)
    monkeypatch.chdir(tmp_path)
    Path("ro").mkdir()
    assert run(["factors", "stage", "ro/a.yml"]) == 2
    assert capsys.readouterr().err.startswith("error: ro/a.yml: cannot be read")


@pytest.mark.usefixtures("project")
def test_a_list_of_differences_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    edit(LATEST, lambda t: re.sub(r"(rsi_14:\n +weight: ).*", r"\g<1>0.123", t))
    assert run(["factors", "promote"]) == 1
    refusal = capsys.readouterr().err
    assert re.search(r"does not verify: [\w.]+(, [\w.]+){2} and \d+ more differ", refusal)


@pytest.mark.usefixtures("project")
def test_staging_a_study_twice_gives_the_same_file() -> None:
    assert run(["factors", "stage", "one"]) == 0
    first = LATEST.read_bytes()
    assert run(["factors", "stage", "one"]) == 0
    assert LATEST.read_bytes() == first
    assert read_factor_file(LATEST).hash_matches


@pytest.mark.parametrize("what", ["file", "folder", "history", "staging"])
def test_a_link_out_of_the_project_is_refused_and_what_it_points_to_stays(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    theirs = "factors: {technical: {rsi_14: {weight: 1.0}}}\n"
    (outside / "factors.yml").write_text(theirs)
    if what == "file":
        PRODUCTION.symlink_to(outside / "factors.yml")
        link = PRODUCTION
    elif what == "folder":
        Path("config").rename(outside / "config")
        copy("prices.csv", outside)  # the settings name it relative to themselves
        Path("config").symlink_to(outside / "config")
        link = Path("config")
    else:
        link = Path("config", what)
        if link.exists():
            link.rename(tmp_path / "put_away")
        link.symlink_to(outside)
    kept = sorted(outside.rglob("*"))
    file = next(project.glob("factors/*.yml"))
    if what == "staging":
        command = ["factors", "stage", str(file)]
    else:
        command = ["factors", "promote", str(file), "--force", "--reason", "x"]
    assert run(command) == 2
    said = capsys.readouterr().err
    assert f"error: {link}: is a symbolic link that leads out of the project, to {outside}" in said
    assert (outside / "factors.yml").read_text() == theirs
    assert sorted(outside.rglob("*")) == kept
    if what == "staging":
        assert run(["optuna-run", "--n-trials", "0", "--study-name", "one", "--stage"]) == 2
        assert sorted(outside.rglob("*")) == kept


@pytest.mark.usefixtures("project")
def test_a_link_within_the_project_is_followed() -> None:
    Path("config/versions").mkdir()
    PRODUCTION.symlink_to("versions/now.yml")
    assert run(["factors", "promote", "--force", "--reason", "first"]) == 0
    assert PRODUCTION.is_symlink()
    assert Path("config/versions/now.yml").read_bytes() == LATEST.read_bytes()


@pytest.mark.usefixtures("project")
def test_a_factor_file_over_5_mb_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    large = Path("large.yml")
    large.write_text(LATEST.read_text() + "#" * 5_000_000 + "\n")
    for command in (
        ["factors", "promote", "large.yml", "--force", "--reason", "x"],
        ["factors", "stage", "large.yml"],
        ["factors", "diff", "large.yml", "large.yml"],
        ["verify", "large.yml"],
        ["risk", "status", "--config", "large.yml"],
    ):
        assert run(command) == 2
        assert "large.yml: is larger than 5 MB" in capsys.readouterr().err
    assert not PRODUCTION.exists()
