"""Messages that name the way out, and no other."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mech_exo.cli.entry import run
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
    study.current = [trial(1, False)]
    assert result.without_feasible() == "no feasible trial"
