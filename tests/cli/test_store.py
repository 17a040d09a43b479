"""`exo data import` and `exo data log`, and runs on a store."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from mech_exo.cli.entry import run
from tests.cli.conftest import one_error, run_exo
from tests.cli.file_project import NAMES, SESSIONS, file_project, write_prices

Capture = pytest.CaptureFixture[str]
THEN = date.today() - timedelta(days=60)  # when the first import was made
SYMBOLS = [f"S{n:02d}" for n in range(NAMES)]


def write_facts(folder: Path, reports: int) -> None:
    """Two tables, long and wide, of which the first has so many reports."""
    rng = np.random.default_rng(5)
    lines = ["symbol,period_end,available_date,pe_ratio,eps"]
    for n in range(reports):
        end = date.today() - timedelta(days=1200 - 90 * n)
        lines += [
            f"{symbol},{end},{end + timedelta(days=40)},{rng.normal():.6f},{rng.normal():.6f}"
            for symbol in SYMBOLS
        ]
    (folder / "facts.csv").write_text("\n".join(lines) + "\n")
    rng, rows = np.random.default_rng(6), [",".join(["date", *SYMBOLS])]
    for n in range(3):
        day = date.today() - timedelta(days=1100 - 300 * n)
        rows.append(",".join([str(day), *(f"{v:.6f}" for v in rng.normal(size=NAMES))]))
    (folder / "news_sentiment.csv").write_text("\n".join(rows) + "\n")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = file_project(tmp_path / "project")
    write_facts(folder, 8)
    monkeypatch.chdir(folder)
    return folder


def use(folder: Path, data: str) -> None:
    (folder / "config/settings.yml").write_text(f"data: {{{data}}}\n")


FILES = "prices: ../prices.csv, factors: [{file: ../facts.csv}, {file: ../news_sentiment.csv}]"


def trials(name: str, capsys: Capture) -> str:
    assert run(["optuna-run", "--n-trials", "4", "--study-name", name]) in (0, 3)
    capsys.readouterr()
    assert run(["study", "trials", name, "--format", "csv", "--no-times"]) == 0
    return capsys.readouterr().out


def bring(*more: str) -> int:
    (Path("raw.yml")).write_text(f"data: {{source: files, {FILES.replace('../', '')}}}\n")
    return run(["data", "import", "--config", "raw.yml", *more])


def scale(path: Path, column: int, ratio: float) -> None:
    rows = [line.split(",") for line in path.read_text().splitlines()]
    for row in rows[1:]:
        row[column] = f"{float(row[column]) * ratio:.6f}"
    path.write_text("\n".join(map(",".join, rows)) + "\n")


def test_a_study_on_a_store_is_that_on_the_files_of_the_day(project: Path, capsys: Capture) -> None:
    """Bit for bit, also of a day that has passed, after closes were adjusted anew."""
    write_prices(project / "prices.csv", date.today(), SESSIONS - 60)
    write_facts(project, 7)
    use(project, f"source: files, {FILES}")
    then = trials("files-then", capsys)
    assert bring("--known-on", str(THEN)) == 0

    write_prices(project / "prices.csv", date.today())
    scale(project / "prices.csv", 3, 0.97)
    write_facts(project, 8)
    now = trials("files-now", capsys)
    capsys.readouterr()
    assert bring() == 0
    assert "readjusted 1 name, returns unchanged: S02 × 0.97" in capsys.readouterr().out

    use(project, "source: store, store: ../data/store")
    assert trials("store-now", capsys) == now
    use(project, f"source: store, store: ../data/store, as_of: {THEN + timedelta(days=9)}")
    assert trials("store-then", capsys) == then
    assert then != now
    # the study of then goes on under as_of alone, and its file verifies
    assert run(["optuna-run", "--n-trials", "1", "--study-name", "store-then"]) in (0, 3)
    use(project, "source: store, store: ../data/store")
    assert run(["optuna-run", "--n-trials", "1", "--study-name", "store-then"]) == 2
    assert "prices" in capsys.readouterr().err


def test_a_file_of_a_study_on_a_store_verifies_after_the_store_has_changed(
    project: Path, capsys: Capture
) -> None:
    assert bring("--known-on", str(THEN)) == 0
    use(project, "source: store, store: ../data/store")
    assert run(["optuna-run", "--n-trials", "8", "--export-yaml", "f.yml"]) == 0
    assert run(["verify", "f.yml"]) == 0
    scale(project / "prices.csv", 3, 0.9)
    assert bring() == 0
    capsys.readouterr()
    use(project, f"source: store, store: ../data/store, as_of: {THEN}")
    assert run(["verify", "f.yml", "--config", "config/settings.yml"]) == 0


def test_the_same_again_is_nothing_new(project: Path, capsys: Capture) -> None:
    assert bring() == 0
    assert "9,000 new prices" in capsys.readouterr().out
    before = {path: path.read_bytes() for path in (project / "data").rglob("*.*")}
    assert bring() == 0
    assert "nothing new" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in (project / "data").rglob("*.*")} == before


def test_a_restatement_needs_a_word(project: Path, capsys: Capture) -> None:
    assert bring() == 0
    rows = (project / "prices.csv").read_text().splitlines()
    cells = rows[400].split(",")
    day, old = cells[0], float(cells[2])
    cells[2] = f"{old * 1.25:.6f}"
    (project / "prices.csv").write_text("\n".join([*rows[:400], ",".join(cells), *rows[401:]]))
    capsys.readouterr()
    assert bring() == 1
    told = capsys.readouterr().out
    assert "restated   1 old value of 1 name" in told
    assert f"S01 {day} price: {old:g} → {old * 1.25:g} (25.00 %)" in told
    assert "REFUSED" in told
    assert bring("--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["refused"], found["written"], found["exit_code"]) == (True, False, 1)
    assert [(r["symbol"], r["day"]) for r in found["restated"]] == [("S01", day)]
    assert bring("--accept-restated", "--dry-run") == 0
    assert bring("--accept-restated") == 0
    capsys.readouterr()
    assert run(["data", "log", "--json"]) == 0
    imports = json.loads(capsys.readouterr().out)["imports"]
    assert [one["counts"].get("restated_prices") for one in imports] == [None, 1]
    assert run(["data", "log"]) == 0
    assert "1 restated prices" in capsys.readouterr().out


def test_facts_alone_go_to_the_names_that_are_stored(project: Path, capsys: Capture) -> None:
    assert run(["data", "import", "--prices", "prices.csv"]) == 0
    assert run(["data", "import", "--factors", "facts.csv"]) == 0
    assert "160 new values of facts" in capsys.readouterr().out
    # beside the store stands what is not in it; what is in both is refused
    use(project, "source: store, store: ../data/store, factors: [{file: ../news_sentiment.csv}]")
    assert run(["optuna-run", "--n-trials", "1", "--json"]) in (0, 3)
    assert "news_sentiment" in capsys.readouterr().out
    use(project, "source: store, store: ../data/store, factors: [{file: ../facts.csv}]")
    assert run(["optuna-run", "--n-trials", "1"]) == 2
    assert "is also in the store" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("source: store", "data.store names no folder"),
        ("source: store, store: nowhere", "is no store, or an empty one"),
        ("source: store, store: ../data/store, as_of: 2001-01-01", "knew nothing on 2001-01-01"),
        ("source: store, store: ../data/store, as_of: soon", "not a date"),
        ("source: store, store: ../data/store, start: 2199-01-01", "no session"),
    ],
)
def test_what_a_run_on_a_store_refuses(
    project: Path, capsys: Capture, data: str, words: str
) -> None:
    assert bring("--known-on", str(THEN)) == 0
    use(project, data)
    assert run(["optuna-run", "--n-trials", "1"]) == 2
    assert words in capsys.readouterr().err


def test_what_an_import_refuses(project: Path) -> None:
    use(project, "source: store, store: ../data/store")
    told = one_error(run_exo("data", "import", cwd=project))
    assert "name no file to import" in told
    assert "is not there" in one_error(run_exo("data", "log", cwd=project))
    assert "gone.csv" in one_error(run_exo("data", "import", "--prices", "gone.csv", cwd=project))
    lines = (project / "prices.csv").read_text().splitlines()
    days = [date.today() - timedelta(days=9 - n) for n in range(9)]
    frozen = [f"{day},{lines[-1].partition(',')[2]}" for day in days]
    (project / "frozen.csv").write_text("\n".join([*lines[:800], *frozen]) + "\n")
    told = one_error(run_exo("data", "import", "--prices", "frozen.csv", cwd=project))
    assert "is stale" in told
    assert not (project / "data/store/manifest.json").exists()
