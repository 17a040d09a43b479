"""`exo report`: the page of a study or of a factor file, as a user makes it."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import SETTINGS, Exo, lay_out, one_error, run_exo

NAME = "factor_weight_optimization"
QUICK = """\
verdict: {placebos: 9, windows: 3, portfolios: 8, neighbours: 8}
"""


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a small study, its verdict and its factor file."""
    folder = lay_out(tmp_path_factory.mktemp("reported") / "project")
    (folder / "config/settings.yml").write_text(SETTINGS + QUICK)
    run = run_exo(
        *("optuna-run", "--n-trials", "10", "--n-jobs", "1", "--validate"),
        *("--export-yaml", "best.yml"),
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture
def copied(tuned: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(tuned, tmp_path / "a project")


def figures(page: Path) -> dict[str, Any]:
    """What the page carries for programs."""
    found = re.search(
        r'<script type="application/json" id="report-data">(.*?)</script>',
        page.read_text("utf-8"),
        re.DOTALL,
    )
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return]


def looks(folder: Path) -> int:
    connection = sqlite3.connect(folder / "studies/factor_opt.db")
    found: int = connection.execute("SELECT count(*) FROM exo_looks").fetchone()[0]
    connection.close()
    return found


def test_the_page_has_the_figures_of_the_factor_file(copied: Path) -> None:
    before = looks(copied)
    run = run_exo("report", cwd=copied)
    assert run.returncode == 0, run.stderr
    page = copied / f"reports/{NAME}.html"
    assert run.stdout.startswith(f"report     reports/{NAME}.html (")
    assert page.stat().st_size < 3_000_000
    file, found = yaml.safe_load((copied / "best.yml").read_text()), figures(page)
    mine = found["portfolios"]["portfolio"]
    assert mine["in_sample"]["sharpe"] == file["metadata"]["best_sharpe_ratio"]
    assert mine["out_of_sample"] == file["out_of_sample"]["metrics"]
    assert found["verdict"]["overall"] == file["verdict"]["overall"]
    assert found["verdict"]["p"] == file["verdict"]["decision"]["p"]
    assert looks(copied) == before


def test_twice_the_same_bytes_and_the_json_says_the_same(copied: Path) -> None:
    first = run_exo("report", "--json", "--out", "a.html", cwd=copied)
    second = run_exo("report", "--out", "b.html", "--trial", "0", cwd=copied)
    third = run_exo("report", "--out", "c.html", cwd=copied)
    assert (first.returncode, second.returncode, third.returncode) == (0, 0, 0)
    page = (copied / "a.html").read_text("utf-8")
    assert page != (copied / "b.html").read_text("utf-8")
    again = (copied / "c.html").read_text("utf-8")
    told = {"holdout_looks": 2}  # of which trial 0 is the second
    found = json.loads(first.stdout)
    assert figures(copied / "c.html") == figures(copied / "a.html") | told
    assert {n: found[n] for n in figures(copied / "a.html")} == figures(copied / "a.html")
    fourth = run_exo("report", "--out", "d.html", cwd=copied)
    assert fourth.returncode == 0
    assert (copied / "d.html").read_text("utf-8") == again


def test_the_commands_on_the_page_have_what_was_typed(copied: Path) -> None:
    shutil.copy(copied / "config/settings.yml", copied / "other settings.yml")
    run = run_exo("report", "--config", "other settings.yml", "--data", "demo", cwd=copied)
    assert run.returncode == 0, run.stderr
    page = (copied / f"reports/{NAME}.html").read_text("utf-8")
    typed = "--config &#x27;other settings.yml&#x27; --data demo"
    assert f"exo validate {typed}" in page
    assert f"exo report {NAME} {typed}" in page


def test_a_file_by_itself(copied: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other.db"
    run = run_exo("report", "best.yml", "--study-file", elsewhere, "--json", cwd=copied)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["report"] == "reports/best.yml.html"
    assert "not in the study file" in found["missing"]["trials"]
    assert found["verdict"]["overall"] in ("PASS", "INCONCLUSIVE", "FAIL")


def test_a_file_of_other_data_is_shown_as_it_is(copied: Path) -> None:
    (copied / "other.py").write_text((copied / "research/obj_utils.py").read_text() + "\n# other\n")
    run = run_exo("report", "best.yml", "--objective", "other.py", "--json", cwd=copied)
    assert run.returncode == 4, run.stderr
    found = json.loads(run.stdout)
    assert "objective_sha256 differ" in found["cautions"][0]
    stated = yaml.safe_load((copied / "best.yml").read_text())["metadata"]["best_sharpe_ratio"]
    assert found["portfolios"]["portfolio"]["in_sample"]["sharpe"] == stated
    assert found["what_if"] == []


def test_without_a_feasible_trial_the_page_says_why(exo: Exo, project: Path) -> None:
    objective = project / "research/obj_utils.py"
    objective.write_text(
        re.sub(
            r"(?m)^MAX_DRAWDOWN_THRESHOLD = .*$",
            "MAX_DRAWDOWN_THRESHOLD = 0.0",
            objective.read_text(),
        )
    )
    made = exo("optuna-run", "--n-trials", "4", "--n-jobs", "1", cwd=project)
    assert made.returncode == 3, made.stderr
    before = looks(project)
    run = exo("report", "--json", cwd=project)
    assert run.returncode == 3, run.stderr
    found = json.loads(run.stdout)
    assert looks(project) == before
    assert "no look at the holdout is spent" in run.stderr
    assert found["portfolios"]["portfolio"]["out_of_sample"] is None
    assert [one["satisfied"] for one in found["constraints"]].count(False) >= 1
    assert (project / found["report"]).stat().st_size > 10_000


def test_without_a_holdout(exo: Exo, project: Path) -> None:
    env = {"EXO_HOLDOUT__FRACTION": "0"}
    assert exo(
        "optuna-run", "--n-trials", "4", "--n-jobs", "1", cwd=project, env=env
    ).returncode in (0, 3)
    run = exo("report", "--json", cwd=project, env=env)
    found = json.loads(run.stdout)
    assert found["holdout"] is None
    assert found["portfolios"]["portfolio"]["out_of_sample"] is None


def test_both_sides(exo: Exo, project: Path) -> None:
    sides = ("--side", "long_short")
    made = exo("optuna-run", "--n-trials", "6", "--n-jobs", "1", *sides, cwd=project)
    assert made.returncode in (0, 3), made.stderr
    run = exo("report", cwd=project, env={"EXO_PORTFOLIO__SIDE": "long_short"})
    assert run.returncode == made.returncode, run.stderr
    page = (project / f"reports/{NAME}.html").read_text("utf-8")
    assert "sold short" in page


def test_several_objectives_show_their_front(exo: Exo, project: Path) -> None:
    env = {"EXO_TUNING__OBJECTIVES": "[sharpe, max_drawdown]"}
    made = exo("optuna-run", "--n-trials", "8", "--n-jobs", "1", cwd=project, env=env)
    assert made.returncode in (0, 3), made.stderr
    run = exo("report", "--json", cwd=project, env=env)
    assert run.returncode == made.returncode, run.stderr
    found = json.loads(run.stdout)
    assert "several objectives" in found["missing"]["courses"]
    one = exo("report", "--trial", "1", "--json", cwd=project, env=env)
    assert json.loads(one.stdout)["label"] == "trial 1"


def test_hostile_names(exo: Exo, project: Path) -> None:
    name = "<script>alert(1)</script> & ünï/../x"
    made = exo("optuna-run", "--n-trials", "3", "--n-jobs", "1", "--study-name", name, cwd=project)
    assert made.returncode in (0, 3), made.stderr
    run = exo("report", "--study-name", name, cwd=project)
    assert run.returncode == made.returncode, run.stderr
    (page,) = (project / "reports").iterdir()
    text = page.read_text("utf-8")
    assert "<script>alert" not in text
    assert figures(page)["name"] == name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report", "nobody"), "nobody"),
        (("report", "--trial", "99"), "no complete trial 99"),
        (("report", "best.yml", "--trial", "1"), "holds one portfolio"),
        (("report", NAME, "--study-name", NAME), "name two things"),
        (("report", "--out", "page.txt"), "must end in .html"),
        (("report", "--out", "config/factors.html/x.html"), "cannot be written"),
        (("report", "--out", "mine.html"), "is no web page"),
        (("report", "gone.yml"), "gone.yml"),
        (("report", "--study-file", "gone.db"), "no study file gone.db"),
    ],
)
def test_what_is_wrong_is_said_before_the_work(
    copied: Path, arguments: tuple[str, ...], message: str
) -> None:
    (copied / "mine.html").write_text("notes of mine")
    (copied / "config/factors.html").write_text("a file")
    error = one_error(run_exo(*arguments, cwd=copied))
    assert message in error
    assert not (copied / "reports").exists() or not list((copied / "reports").iterdir())
    assert (copied / "mine.html").read_text() == "notes of mine"


def edit_weight(file: dict[str, Any]) -> None:
    entry = next(e for section in file["factors"].values() for e in section.values())
    entry["weight"] = 0.125


def edit_verdict(file: dict[str, Any]) -> None:
    file["verdict"]["overall"] = "INCONCLUSIVE" if file["verdict"]["overall"] == "PASS" else "PASS"


def cut_the_hashes(file: dict[str, Any]) -> None:
    edit_weight(file)
    del file["provenance"]["content_hash"], file["provenance"]["document_hash"]


@pytest.mark.parametrize("edit", [edit_weight, edit_verdict, cut_the_hashes])
def test_a_verdict_is_not_one_on_what_was_edited_since(
    copied: Path, edit: Callable[[dict[str, Any]], None]
) -> None:
    file = yaml.safe_load((copied / "best.yml").read_text())
    edit(file)
    (copied / "config/factors.yml").write_text(yaml.safe_dump(file, sort_keys=False))
    with closing(sqlite3.connect(copied / "studies/factor_opt.db")) as connection, connection:
        connection.execute("DELETE FROM exo_verdicts")
    run = run_exo("report", "config/factors.yml", "--json", cwd=copied)
    found = json.loads(run.stdout)
    assert found["verdict"] is None
    why = "of which weights" if edit is cut_the_hashes else "was edited since its export"
    assert why in found["verdict_words"]
    status = json.loads(run_exo("status", "--json", cwd=copied).stdout)["production"]
    assert status["verdict_words"].startswith("none (not judged; ")
    assert why in status["verdict_words"]
    shown = run_exo("factors", "diff", "best.yml", "config/factors.yml", cwd=copied)
    assert "none (not judged; " in " ".join(shown.stdout.split())


def test_under_other_settings_the_page_says_what_the_study_holds(copied: Path) -> None:
    whole = json.loads(run_exo("report", "--json", cwd=copied).stdout)
    lag = {"EXO_BACKTEST__EXECUTION_LAG": "2"}
    run = run_exo("report", "--json", "--out", "stored.html", cwd=copied, env=lag)
    assert run.returncode == 4, run.stderr
    found = json.loads(run.stdout)
    (caution,) = found["cautions"]
    assert "backtest.execution_lag: 1 → 2. This page shows" in caution
    for name in ("verdict", "verdict_words", "constraints", "holdout_look", "holdout_looks"):
        assert found[name] == whole[name], name
    assert found["holdout_look"] >= 1
    mine = whole["portfolios"]["portfolio"]["in_sample"]
    assert found["portfolios"]["portfolio"]["in_sample"].items() <= mine.items()
    page = (copied / "stored.html").read_text("utf-8")
    assert "All settings are the default" not in page
    assert "data.demo.symbols" in page
    assert "data at hand are not" not in page


def test_a_look_is_said_and_none_is_counted_where_no_ledger_is(
    copied: Path, tmp_path: Path
) -> None:
    run = run_exo("report", cwd=copied)
    assert f" of {looks(copied)} at the holdout; a verdict counts them\n" in run.stdout
    file = tmp_path / "best.yml"
    shutil.copy(copied / "best.yml", file)
    bare = tmp_path / "bare"
    bare.mkdir()
    shown = run_exo("report", file, "--json", cwd=bare)
    assert shown.returncode == 0, shown.stderr
    assert "looks at the holdout are not counted" in " ".join(shown.stderr.split())
    assert not list(bare.rglob("*.db"))
    stated = yaml.safe_load(file.read_text())["out_of_sample"]["looks"]
    assert json.loads(shown.stdout)["holdout_looks"] == stated
