"""Messages that name the way out, and no other."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from mech_exo.cli.entry import run
from mech_exo.data.check.checked_data import MANY, CheckedData
from mech_exo.data.check.finding import Finding
from mech_exo.report.data_tables import _findings
from mech_exo.workflow.figures import ConstraintValue
from mech_exo.workflow.optimised import Optimised
from tests.cli.file_project import file_project

Capture = pytest.CaptureFixture[str]
BARS = "Date,Open,High,Low,Close,Volume\n2020-01-02,1,1,1,{0},9\n2020-01-03,1,1,1,{1},9\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = file_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder


def refused(project: Path, data: str, capsys: Capture) -> str:
    (project / "config/settings.yml").write_text(f"data: {{source: files, {data}}}\n")
    capsys.readouterr()
    assert run(["data", "check"]) == 2
    return capsys.readouterr().err


def test_a_text_where_a_list_is_wanted(project: Path, capsys: Capture) -> None:
    told = refused(project, "prices: ../prices.csv, accept: jump", capsys)
    assert "data.accept is 'jump' (text), expected a list. Write accept: [jump]." in told
    told = refused(project, "prices: ../prices.csv, factors: 3", capsys)
    assert "data.factors is 3 (int), expected a list." in told


def test_a_source_that_no_file_can_name_is_not_offered(project: Path, capsys: Capture) -> None:
    (project / "config/settings.yml").write_text("data: {source: csv}\n")
    assert run(["data", "check"]) == 2
    assert "expected one of demo, sp500, files, store." in capsys.readouterr().err


def test_the_price_column_that_all_files_have_is_advised(project: Path, capsys: Capture) -> None:
    folder = project / "files"
    folder.mkdir()
    adjusted = BARS.format(5, 6).replace("Volume", "Adj Close")
    for name, text in (("AAA", adjusted), ("BBB", BARS.format(5, 6)), ("CCC", BARS.format(7, 8))):
        (folder / f"{name}.csv").write_text(text)
    told = refused(project, "prices: ../files", capsys)
    assert "Name one that all have: data.keys.price: Close." in told
    (folder / "CCC.csv").write_text(BARS.format(7, 8).replace("Close", "Adj Close"))
    told = refused(project, "prices: ../files", capsys)
    assert "No column of prices is in all of them" in told


@pytest.mark.parametrize("setting", ["traded_value", "market_cap"])
def test_a_download_of_prices_is_named_for_what_it_is(
    setting: str, project: Path, capsys: Capture
) -> None:
    fields = "Price,Close,Close,Volume,Volume\nTicker,S00,S01,S00,S01\nDate,,,,\n"
    (project / "yf.csv").write_text(fields + "2020-01-02,1,2,3,4\n2020-01-03,1,2,3,4\n")
    told = refused(project, f"prices: ../prices.csv, {setting}: ../yf.csv", capsys)
    assert "has a column for each field and symbol" in told
    assert "unknown_symbols" not in told


def test_two_rows_of_one_day_are_told_apart(project: Path, capsys: Capture) -> None:
    rows = "date,symbol,close\n2020-01-02,A,1\n2020-01-03,A,2\n2020-01-02,A,{}\n"
    for price, words, remedy in (
        (1, "the same as", "Remove one of the two rows"),
        (3, "another than", "Remove the wrong one"),
    ):
        (project / "long.csv").write_text(rows.format(price))
        told = refused(project, "prices: ../long.csv", capsys)
        assert f"A has a second price on 2020-01-02, {words} " in told
        assert "long.csv, line 2." in told
        assert remedy in told


def test_a_trial_that_is_not_feasible_among_others_that_are() -> None:
    def trial(number: int, feasible: bool) -> Any:
        return SimpleNamespace(number=number, state="COMPLETE", feasible=feasible)

    study = SimpleNamespace(
        current=[trial(0, True), trial(1, False), trial(2, True)],
        feasible_trials=[trial(0, True), trial(2, True)],
        without_feasible=lambda: "no feasible trial",
    )
    result = Optimised(
        session=cast(Any, None),
        study_file=Path(),
        outcome=cast(Any, SimpleNamespace(study=study)),
        trial=study.current[1],
        constraints=(ConstraintValue("max_drawdown", 0.5, 0.1, False),),
    )
    assert result.without_feasible() == (
        "trial 1 is not feasible: it does not keep max_drawdown; 2 of 3 trials of the study are"
    )
    study.current, study.feasible_trials = [trial(1, False)], []
    assert result.without_feasible() == "no feasible trial"


@pytest.mark.parametrize(
    "command",
    [
        *("optuna-run", "optuna-init", "verify", "leakcheck", "dashboard", "validate"),
        *(
            "portfolio",
            "study list",
            "study show",
            "study trials",
            "data check",
            "paper step",
            "reoptimize",
        ),
    ],
)
def test_every_command_takes_the_folder_of_a_project(command: str, capsys: Capture) -> None:
    assert run([*command.split(), "--help"]) == 0
    assert "--project" in capsys.readouterr().out


def test_a_search_runs_in_the_project_that_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.parent)
    assert run(["optuna-run", "--n-trials", "2", "-q", "--project", "project"]) in (0, 3)
    assert (project / "studies/factor_opt.db").is_file()
    monkeypatch.chdir(project.parent)
    assert run(["study", "list", "--project", "project"]) == 0


def test_absurd_numbers_of_trials_are_refused(project: Path, capsys: Capture) -> None:
    assert run(["optuna-run", "--n-trials", "99999999999999999999"]) == 2
    assert "--n-trials" in capsys.readouterr().err


def test_a_folder_with_a_blank_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "mein projekt"]) == 0
    assert "cd 'mein projekt' && exo" in capsys.readouterr().out


def test_positions_that_nobody_has_are_refused(project: Path, capsys: Capture) -> None:
    assert run(["optuna-run", "--n-trials", "2", "-q", "--export-yaml", "f.yml"]) in (0, 3)
    (project / "pos.csv").write_text("symbol,shares\nS00,1e308\nS01,1e308\n")
    for more in ((), ("--capital", "1000")):
        capsys.readouterr()
        assert run(["portfolio", "--config", "f.yml", "--current", "pos.csv", *more]) == 2
        assert "the current positions are worth inf" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "optuna-run "])
def test_a_help_page_that_is_cut_is_no_error(command: str) -> None:
    shell = f"{sys.executable} -m mech_exo.cli {command}--help | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_many_findings_of_one_rule_come_last_and_are_counted() -> None:
    def finding(rule: str, n: int) -> Finding:
        return Finding(rule, "warning", f"{rule} {n} is wrong.", "Mend it.", symbol=f"N{n}")

    found = (*(finding("exchanged", n) for n in range(40)), finding("not-prices", 0))
    checked = CheckedData(found)
    assert checked.warnings[0].rule == "not-prices"
    assert len(checked.warnings) == 41
    text = Console(file=io.StringIO(), width=100, record=True)
    text.print(_findings(checked.warnings))
    shown = text.export_text()
    assert shown.count("is wrong") == MANY + 1
    assert "and 35 more of them" in shown


def test_columns_that_are_no_factors_are_said(project: Path, capsys: Capture) -> None:
    day = (project / "prices.csv").read_text().splitlines()[300].split(",")[0]
    rows = [f"S{n:02d},{day},{n + 1},{n + 2}" for n in range(10)]
    (project / "f.csv").write_text("\n".join(["symbol,available_date,ROE,pe_ratio", *rows]) + "\n")
    settings = "data: {{source: files, prices: ../prices.csv, factors: [{{file: ../f.csv{}}}]}}\n"
    (project / "config/settings.yml").write_text(settings.format(""))
    assert run(["data", "check"]) in (0, 1)
    assert "no factors   ROE (data.factors, columns: {ROE: <factor>}" in capsys.readouterr().out
    (project / "config/settings.yml").write_text(
        settings.format(", columns: {ROE: return_on_equity}")
    )
    assert run(["data", "check"]) in (0, 1)
    assert "no factors" not in capsys.readouterr().out
