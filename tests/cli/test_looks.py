"""Whatever shows a figure of the holdout is a look at it, and what has seen it is said to have."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import read_factor_file
from mech_exo.factor_file.write import write_factor_file
from mech_exo.tuning.records import read_study
from tests.cli.file_project import file_project, work_in_copy

PRODUCTION = Path("config/factors.yml")
STUDIES = Path("studies/factor_opt.db")
EXPORTED = Path("factors/a.yml")
TUNE = ["optuna-run", "--n-jobs", "1", "--study-name", "one"]
HAND_WRITTEN = (
    "metadata: {{created_at: {day}}}\n"
    "factors:\n  technical:\n    rsi_14: {{weight: -0.2}}\n    momentum_12_1: {{weight: 0.1}}\n"
)

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a study, whose best trial was exported: one look."""
    folder = file_project(tmp_path_factory.mktemp("looks") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run([*TUNE, "--n-trials", "8", "--export-yaml", str(EXPORTED), "--quiet"]) == 0
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to work in; the working directory."""
    return work_in_copy(made, tmp_path, monkeypatch)


def kept() -> list[bool]:
    """Of each look, whether what it showed was kept."""
    with closing(sqlite3.connect(STUDIES)) as connection:
        rows = connection.execute("SELECT length(periods) FROM exo_looks ORDER BY look")
        return [size is not None and 16 <= size < 4_000 for (size,) in rows]


def origins(path: Path = STUDIES) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT origin FROM exo_looks ORDER BY look")]


def written(day: str = "2015-01-01") -> None:
    """An incumbent that was made on a day before the data, unless another is given."""
    PRODUCTION.write_text(HAND_WRITTEN.format(day=f'"{day}"'))


def edited(file: FactorFile, weight: float) -> FactorFile:
    file.factors["technical"]["rsi_14"]["weight"] = weight
    return FactorFile(
        file.metadata, file.factors, file.hyperparameters, file.provenance, file.out_of_sample
    )


@pytest.mark.usefixtures("project")
def test_the_incumbents_column_is_a_look(capsys: Capture) -> None:
    assert origins() == ["optuna-run: trial 5 of study one"]
    written()
    assert run([*TUNE, "--n-trials", "0"]) == 0
    assert "(look 1 of 2 at the holdout)" in capsys.readouterr().out
    assert origins() == ["optuna-run: trial 5 of study one", "optuna-run: config/factors.yml"]
    assert run([*TUNE, "--n-trials", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["holdout_looks"] == 2
    assert run(["validate", "--study-name", "one", "--n-jobs", "1", "--json"]) == 0
    holdout = json.loads(capsys.readouterr().out)["verdict"]["holdout"]
    assert holdout["looks"] == 2
    assert holdout["p_alone"] == holdout["test"]["p"]
    assert holdout["p_alone"] < holdout["p"] <= 2 * holdout["p_alone"]
    assert 1.0 < holdout["looks_worth"] <= 2.0
    assert kept() == [True] * 2


@pytest.mark.usefixtures("project")
def test_verify_of_other_weights_is_a_look_and_of_the_files_own_is_not() -> None:
    assert run(["verify", str(EXPORTED)]) == 0
    assert len(origins()) == 1
    forged = edited(read_factor_file(EXPORTED), 0.123)
    write_factor_file(Path("b.yml"), forged)  # with a content hash of its own
    assert run(["verify", "b.yml"]) == 1
    assert origins()[1:] == ["verify: b.yml"]
    assert run(["verify", "b.yml"]) == 1
    assert len(origins()) == 2
    text = EXPORTED.read_text()
    Path("c.yml").write_text(re.sub(r"(rsi_14:\n +weight: ).*", r"\g<1>0.321", text))
    assert run(["verify", "c.yml"]) == 1
    assert len(origins()) == 3
    assert kept() == [True] * 3


@pytest.mark.usefixtures("project")
def test_verify_makes_a_ledger_only_for_weights_that_were_not_exported() -> None:
    elsewhere = Path("elsewhere/s.db")
    assert run(["verify", str(EXPORTED), "--study-file", str(elsewhere)]) == 0
    assert not elsewhere.exists()
    text = EXPORTED.read_text()
    Path("c.yml").write_text(re.sub(r"(rsi_14:\n +weight: ).*", r"\g<1>0.321", text))
    assert run(["verify", "c.yml", "--study-file", str(elsewhere)]) == 1
    assert origins(elsewhere) == ["verify: c.yml"]


@pytest.mark.usefixtures("project")
def test_verify_that_computes_nothing_is_no_look() -> None:
    text = EXPORTED.read_text()
    text = re.sub(r"(rsi_14:\n +weight: ).*", r"\g<1>0.321", text)
    Path("c.yml").write_text(re.sub(r"(objective_sha256: ).*", rf'\g<1>"{"0" * 64}"', text))
    assert run(["verify", "c.yml"]) == 4
    assert len(origins()) == 1


@pytest.mark.usefixtures("project")
def test_the_contest_is_a_look_at_both(capsys: Capture) -> None:
    written()
    assert run(["factors", "promote", str(EXPORTED), "--dry-run"]) == 0
    assert "active return a year" in capsys.readouterr().out
    assert origins()[1:] == [f"promote: {PRODUCTION}"]  # the other was seen when it was exported
    assert run(["factors", "promote", str(EXPORTED), "--dry-run"]) == 0
    assert len(origins()) == 2
    assert kept() == [True] * 2


@pytest.mark.usefixtures("project")
def test_a_contest_without_common_data_shows_nothing_and_is_no_look(capsys: Capture) -> None:
    written("2999-01-01")
    assert run(["factors", "promote", str(EXPORTED), "--dry-run"]) == 0
    assert "too little common data" in capsys.readouterr().out
    assert len(origins()) == 1


@pytest.mark.usefixtures("project")
def test_reoptimize_enters_the_incumbent_and_the_challenger(capsys: Capture) -> None:
    written()
    assert run(["reoptimize", "--n-jobs", "1", "--no-validate", "--seed", "4"]) == 0
    new = origins()[1:]
    assert new[0] == "reoptimize: config/factors.yml"
    assert re.fullmatch(r"reoptimize: trial \d+ of study factor_opt_\d{8}", new[1])
    assert len(new) == 2
    assert run(["reoptimize", "--n-jobs", "1", "--no-validate", "--seed", "4"]) == 0
    assert len(origins()) == 3


@pytest.mark.parametrize("renamed", ["data/closes.csv", "data/prices.csv"])
def test_renamed_or_moved_files_do_not_reset_the_count(
    project: Path, renamed: str, capsys: Capture
) -> None:
    (project / "data").mkdir()
    (project / "prices.csv").rename(project / renamed)
    settings = project / "config/settings.yml"
    settings.write_text(
        settings.read_text().replace("prices: ../prices.csv", f"prices: ../{renamed}")
    )
    other = ["--study-name", "two", "--seed", "3", "--n-jobs", "1", "--n-trials", "3"]
    assert run(["optuna-run", *other]) == 0
    assert "(look 2 of 2 at the holdout)" in capsys.readouterr().out


def test_one_more_factor_table_does_not_reset_the_count(project: Path, capsys: Capture) -> None:
    days = [line.split(",")[0] for line in (project / "prices.csv").read_text().splitlines()[1:]]
    rows = [f"{day},S{n:02d},{n / 10}" for day in days[::20] for n in range(10)]
    (project / "mood.csv").write_text("\n".join(["date,symbol,news_sentiment", *rows]) + "\n")
    settings = project / "config/settings.yml"
    settings.write_text(
        settings.read_text().replace(
            "prices: ../prices.csv", "prices: ../prices.csv, factors: [{file: ../mood.csv}]"
        )
    )
    assert run(["optuna-run", "--study-name", "two", "--n-jobs", "1", "--n-trials", "3"]) == 0
    assert "(look 2 of 2 at the holdout)" in capsys.readouterr().out


def test_another_market_in_a_file_of_the_same_name_does_not_count(
    project: Path, capsys: Capture
) -> None:
    prices = project / "prices.csv"
    head, *lines = prices.read_text().splitlines()
    turned = [line.split(",") for line in lines]
    closes = [",".join(cells[1:]) for cells in reversed(turned)]  # as if time ran backwards
    body = [f"{cells[0]},{row}" for cells, row in zip(turned, closes, strict=True)]
    prices.write_text("\n".join([head, *body]) + "\n")
    assert run(["optuna-run", "--study-name", "two", "--n-jobs", "1", "--n-trials", "3"]) in (0, 3)
    assert "(look 1 of 1 at the holdout)" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_an_incumbent_that_knows_the_holdout_starts_no_study(capsys: Capture) -> None:
    other = ["optuna-run", "--study-name", "two", "--n-jobs", "1"]
    written()
    assert run([*other, "--n-trials", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["incumbent"]["fitted_until"] == "2015-01-01"
    assert document["incumbent"]["knows_holdout"] is False
    assert read_study(STUDIES, "two").trials[0].params["weight_rsi_14"] == -0.2

    written("2999-01-01")
    other[2] = "three"
    assert run([*other, "--n-trials", "2"]) == 0
    captured = capsys.readouterr()
    assert "has seen these dates: fitted until 2999-01-01" in captured.err
    assert "no new study starts from it" in captured.err
    assert "has seen these dates: fitted until 2999-01-01" in last_column(captured.out)
    assert read_study(STUDIES, "three").trials[0].params["weight_rsi_14"] == 0.5  # equal weights
    assert run([*other, "--n-trials", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["incumbent"]["knows_holdout"] is True


def last_column(text: str) -> str:
    """What stands in the last column of a table, from top to bottom."""
    return " ".join(re.split(r"  +", line)[-1] for line in text.splitlines())


@pytest.mark.usefixtures("project")
def test_that_nothing_is_known_of_an_incumbent_is_said(capsys: Capture) -> None:
    PRODUCTION.write_text("factors:\n  technical:\n    rsi_14: {weight: -0.2}\n")
    assert run(["optuna-run", "--study-name", "two", "--n-jobs", "1", "--n-trials", "2"]) == 0
    captured = capsys.readouterr()
    assert "it does not say until when it was fitted" in captured.err
    assert "may have seen these dates" in last_column(captured.out)
    assert read_study(STUDIES, "two").trials[0].params["weight_rsi_14"] == 0.5
    assert (
        run(["optuna-run", "--study-name", "two", "--n-jobs", "1", "--n-trials", "0", "--json"])
        == 0
    )
    incumbent = json.loads(capsys.readouterr().out)["incumbent"]
    assert (incumbent["fitted_until"], incumbent["knows_holdout"]) == (None, None)


@pytest.mark.parametrize("field", ["in_sample_end", "created_at"])
@pytest.mark.usefixtures("project")
def test_the_day_of_the_split_decides(field: str, capsys: Capture) -> None:
    file = read_factor_file(EXPORTED)
    assert file.provenance is not None
    assert file.out_of_sample is not None
    first = file.out_of_sample["start"]
    for day, knows in ((file.provenance["in_sample_end"], False), (first, True)):
        block = "provenance" if field == "in_sample_end" else "metadata"
        PRODUCTION.write_text(
            f'{block}: {{{field}: "{day}"}}\nfactors: {{technical: {{rsi_14: {{weight: 0.1}}}}}}\n'
        )
        assert run([*TUNE, "--n-trials", "0", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["incumbent"]["knows_holdout"] is knows


def test_a_study_of_before_that_starts_from_what_knows_the_holdout_says_so(
    project: Path, capsys: Capture
) -> None:
    written()
    assert run(["optuna-run", "--study-name", "two", "--n-jobs", "1", "--n-trials", "2"]) == 0
    assert "trial 0 of this study is" not in capsys.readouterr().out
    written("2999-01-01")  # what the version before took for a start all the same
    assert run(["optuna-run", "--study-name", "two", "--n-jobs", "1", "--n-trials", "0"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "trial 0 of this study is config/factors.yml, which has seen these dates" in said
