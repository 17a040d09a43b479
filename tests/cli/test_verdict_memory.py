"""A verdict is not forgotten: `factors stage`, `promote`, `study show` and later runs know it."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from mech_exo.cli.entry import run
from mech_exo.factor_file.read import read_factor_file
from mech_exo.tuning.kept_verdicts import kept_verdicts
from tests.cli.file_project import SETTINGS, file_project, work_in_copy

LATEST = Path("config/staging/factors_optuna_latest.yml")
PRODUCTION = Path("config/factors.yml")
STUDIES = Path("studies/factor_opt.db")
FAILING = SETTINGS.replace("verdict: {", "verdict: {level: 1.0e-4, fail_above: 1.1e-4, ")
TUNE = ["optuna-run", "--n-jobs", "1", "--study-name", "one"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose study has been judged: FAIL, whatever it found."""
    folder = file_project(tmp_path_factory.mktemp("memory") / "project")
    (folder / "config/settings.yml").write_text(FAILING)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run([*TUNE, "--n-trials", "8", "--quiet"]) == 0
        assert run(["validate", "--study-name", "one", "--n-jobs", "1", "--quiet"]) == 0
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to work in; the working directory."""
    return work_in_copy(made, tmp_path, monkeypatch)


@pytest.mark.usefixtures("project")
def test_a_fail_is_refused_after_staging_the_study_in_another_process(capsys: Capture) -> None:
    assert run(["factors", "stage", "one"]) == 0
    assert "verdict    FAIL (judged " in capsys.readouterr().out
    block = read_factor_file(LATEST).verdict
    assert block is not None
    assert block["overall"] == "FAIL"
    assert run(["factors", "promote"]) == 1
    assert "its verdict is FAIL (judged " in capsys.readouterr().err
    assert not PRODUCTION.exists()


@pytest.mark.parametrize("block", ["", "verdict:\n  overall: PASS\n", "verdict: {}\n"])
@pytest.mark.usefixtures("project")
def test_a_verdict_cut_out_or_changed_in_the_file_stays_known(block: str, capsys: Capture) -> None:
    assert run(["factors", "stage", "one"]) == 0
    text = LATEST.read_text()
    LATEST.write_text(text[: text.index("\nverdict:")] + "\n" + block)
    assert run(["factors", "promote"]) == 1
    assert "its verdict is FAIL (judged " in capsys.readouterr().err
    assert not PRODUCTION.exists()


@pytest.mark.usefixtures("project")
def test_a_later_run_reads_it_into_its_result_and_files(capsys: Capture) -> None:
    again = [*TUNE, "--n-trials", "0", "--export-yaml", "factors/a.yml", "--stage"]
    assert run(again) == 0
    assert "verdict    FAIL (judged " in capsys.readouterr().out
    stated = yaml.safe_load(Path("factors/a.yml").read_text())["verdict"]
    assert stated == yaml.safe_load(LATEST.read_text())["verdict"]
    (kept,) = kept_verdicts(STUDIES)
    assert stated == kept.block
    assert run([*again, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"]["overall"] == "FAIL"
    assert document["verdict_words"].startswith("FAIL (judged ")


@pytest.mark.usefixtures("project")
def test_study_show_tells_it(capsys: Capture) -> None:
    assert run(["study", "show", "one"]) == 0
    assert re.search(r"^verdict +FAIL \(judged \d{4}-\d\d-\d\d\)$", capsys.readouterr().out, re.M)
    assert run(["study", "show", "one", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"]["overall"] == "FAIL"


@pytest.mark.usefixtures("project")
def test_that_there_is_none_is_said(capsys: Capture) -> None:
    other = ["--study-name", "other", "--n-jobs", "1", "--seed", "9"]
    assert run(["optuna-run", "--n-trials", "3", "--stage", *other]) == 0
    out = capsys.readouterr().out
    assert out.count("verdict    none (not judged)") == 2  # the result, and what was staged
    assert run(["study", "show", "other"]) == 0
    assert "verdict      none (not judged)" in capsys.readouterr().out
    assert run(["factors", "promote", "--dry-run"]) == 0
    assert "verdict of what is proposed: none (not judged)" in capsys.readouterr().out
    assert run(["factors", "stage", "other", "--seed", "9"]) == 0
    assert "verdict    none (not judged)" in capsys.readouterr().out
    assert run(["optuna-run", "--n-trials", "0", *other, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["verdict"], document["verdict_words"]) == (None, "none (not judged)")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("neighbours: 8", "neighbours: 9"), "verdict.neighbours 8, not 9"),
        (("fail_above: 1.1e-4", "fail_above: 0.5"), "verdict.fail_above 0.00011, not 0.5"),
        (("placebos: 2", "placebos: 3"), "verdict.placebos 2, not 3"),
    ],
)
def test_a_fail_under_other_rules_is_not_the_verdict_and_still_refuses(
    project: Path, change: tuple[str, str], words: str, capsys: Capture
) -> None:
    settings = project / "config/settings.yml"
    settings.write_text(settings.read_text().replace(*change))
    assert run(["factors", "stage", "one"]) == 0
    said = capsys.readouterr().out
    assert "none (not judged under the present conditions; FAIL of " in said
    assert words in said
    assert read_factor_file(LATEST).verdict is None
    assert run(["factors", "promote"]) == 1
    assert words in capsys.readouterr().err


def test_the_latest_of_the_present_rules_counts_and_the_fail_is_mentioned(
    project: Path, capsys: Capture
) -> None:
    settings = project / "config/settings.yml"
    settings.write_text(SETTINGS.replace("verdict: {", "verdict: {fail_above: 0.9999, "))
    assert run(["validate", "--study-name", "one", "--n-jobs", "1", "--quiet"]) == 0
    overall = capsys.readouterr().out.strip()
    assert overall in ("PASS", "INCONCLUSIVE")
    assert run(["factors", "stage", "one"]) == 0
    assert re.search(
        rf"verdict    {overall} \(judged \S+; an earlier one of \S+ was FAIL\)",
        capsys.readouterr().out,
    )
    assert run(["factors", "promote"]) == 0


@pytest.mark.usefixtures("project")
def test_more_trials_are_another_search(capsys: Capture) -> None:
    assert run([*TUNE, "--n-trials", "1", "--quiet"]) == 0  # trial 8 is the best from here on
    assert run(["validate", "--study-name", "one", "--n-jobs", "1", "--quiet"]) == 0
    assert run([*TUNE, "--n-trials", "1", "--quiet"]) == 0
    capsys.readouterr()
    for command in (["study", "show", "one"], ["factors", "stage", "one"]):
        assert run(command) == 0
        assert "FAIL of" in (out := capsys.readouterr().out)
        assert "was with 9 trials, not 10)" in out
    assert run(["factors", "promote"]) == 1


@pytest.mark.usefixtures("project")
def test_another_best_trial_is_not_judged(capsys: Capture) -> None:
    assert run([*TUNE, "--n-trials", "1", "--quiet"]) == 0  # trial 8 instead of 5
    capsys.readouterr()
    assert run(["study", "show", "one"]) == 0
    assert "none (not judged)" in capsys.readouterr().out


def read_best(capsys: Capture) -> int:
    capsys.readouterr()
    assert run(["study", "show", "one", "--json"]) == 0
    return int(json.loads(capsys.readouterr().out)["best"]["trial"])


@pytest.mark.usefixtures("project")
def test_a_factor_file_is_remembered_by_its_content(capsys: Capture) -> None:
    with closing(sqlite3.connect(STUDIES)) as connection, connection:
        connection.execute("DELETE FROM exo_verdicts")
    assert run([*TUNE, "--n-trials", "0", "--export-yaml", "factors/a.yml", "--quiet"]) == 0
    assert run(["validate", "--factors", "factors/a.yml", "--n-jobs", "1", "--quiet"]) == 0
    (kept,) = kept_verdicts(STUDIES)
    assert (kept.study, kept.epoch, kept.chosen) == ("one", 0, "best")
    assert kept.trial == read_best(capsys)
    assert run(["factors", "stage", "factors/a.yml"]) == 0
    assert "verdict    FAIL (judged " in capsys.readouterr().out
    assert run(["factors", "promote"]) == 1


@pytest.mark.usefixtures("project")
def test_it_goes_with_its_study_also_by_optunas_own_hand() -> None:
    import optuna

    assert len(kept_verdicts(STUDIES, study="one")) == 1
    optuna.delete_study(study_name="one", storage=f"sqlite:///{STUDIES}")
    assert kept_verdicts(STUDIES) == ()
    optuna.create_study(study_name="two", storage=f"sqlite:///{STUDIES}")  # takes the id again
    assert kept_verdicts(STUDIES, study="two") == ()


@pytest.mark.usefixtures("project")
def test_judging_again_without_a_change_keeps_one() -> None:
    assert run(["validate", "--study-name", "one", "--n-jobs", "1", "--quiet"]) == 0
    assert len(kept_verdicts(STUDIES)) == 1


@pytest.mark.usefixtures("project")
def test_a_damaged_memory_is_one_error(capsys: Capture) -> None:
    with closing(sqlite3.connect(STUDIES)) as connection, connection:
        connection.execute("UPDATE exo_verdicts SET block = '[]'")
    assert run(["factors", "stage", "one"]) == 2
    assert "error: The kept verdicts" in capsys.readouterr().err


def test_reoptimize_and_a_later_stage_give_the_same_bytes(
    project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = project / "config/settings.yml"
    settings.write_text(SETTINGS.replace("verdict: {", "verdict: {fail_above: 0.9999, "))
    assert run(["reoptimize", "--n-jobs", "1"]) == 0
    staged = LATEST.read_bytes()
    assert read_factor_file(LATEST).verdict is not None
    (study,) = {k.study for k in kept_verdicts(STUDIES)} - {"one"}
    assert study is not None
    # looks of other portfolios, before the study is staged again
    assert run(["optuna-run", "--n-trials", "3", "--seed", "3", "--study-name", "x", "-q"]) == 0
    assert run(["factors", "stage", study]) == 0
    assert LATEST.read_bytes() == staged
    assert run(["factors", "promote"]) == 0


def test_reoptimize_says_fail_and_no_later_command_forgets_it(
    project: Path, capsys: Capture
) -> None:
    assert run(["reoptimize", "--n-jobs", "1"]) == 0
    assert "no change: its verdict is FAIL" in capsys.readouterr().out
    (study,) = {k.study for k in kept_verdicts(STUDIES)} - {"one"}
    assert study is not None
    assert run(["factors", "stage", study]) == 0
    assert run(["factors", "promote"]) == 1
    assert "its verdict is FAIL" in capsys.readouterr().err
    assert not (project / PRODUCTION).exists()
