"""What the version before this one has exported still says what is true."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.cli.entry import run
from mech_exo.config.settings import StorageSettings
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.promote.objections import objections
from mech_exo.report.console import ConsoleLog
from mech_exo.tuning.study_store import StudyStore
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.session import InputRequest, open_session
from tests.cli.conftest import REPOSITORY

BEFORE = REPOSITORY / "tests/recorded/before"
OBJECTIVES = {"sp500": "sp500_obj_utils.txt"}
FILES = ("demo", "judged", "cmaes", "sp500")

Said = tuple[int, str, str]
Exo = Callable[..., Said]


@pytest.fixture
def exo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Exo:
    """`exo(*arguments)`: exit code, stdout, stderr; in a folder without a project."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = run([str(a) for a in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def verify(exo: Exo, name: str, file: Path | None = None, *more: str) -> Said:
    if name == "sp500":
        pytest.importorskip("skfolio", reason="the sample is not installed")
    objective = BEFORE / OBJECTIVES.get(name, "obj_utils.txt")
    return exo("verify", file or BEFORE / f"{name}.yml", "--objective", objective, *more)


def edited(folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    document: dict[str, Any] = yaml.safe_load((BEFORE / f"{name}.yml").read_text())
    change(document)
    path = folder / "edited.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_kernel_1_is_verified_under_the_present_one(exo: Exo, name: str) -> None:
    code, out, err = verify(exo, name)
    assert code == 0, out + err
    assert re.fullmatch(
        rf"verified: made under kernel 1; all \d\d values come out under kernel {KERNEL_VERSION} "
        r"as well\.",
        out.splitlines()[-1],
    )
    assert "there is none: the file was made before exo wrote one" in out
    assert "No hash protects what is not checked." in out
    for field in ("study_fingerprint", "in_sample_fingerprint", "data_points", "seed"):
        assert re.search(rf"{field} .* equal", out), field


EDITS: dict[str, Callable[[dict[str, Any]], None]] = {
    "content_hash": lambda d: d["factors"]["technical"]["rsi_14"].update(weight=0.5),
    "provenance.in_sample_fingerprint": lambda d: d["provenance"].update(
        in_sample_fingerprint="0" * 64
    ),
    "provenance.study_fingerprint": lambda d: d["provenance"].update(study_fingerprint="0" * 64),
    "provenance.seed": lambda d: d["provenance"].update(seed=7),
    "provenance.data_start": lambda d: d["provenance"].update(data_start="2018-01-03"),
    "metadata.data_points": lambda d: d["metadata"].update(data_points=18351),
    "metadata.sampler": lambda d: d["metadata"].update(sampler="GPSampler"),
    "out_of_sample.start": lambda d: d["out_of_sample"].update(start="2021-03-30"),
}


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_of_an_older_file_is_found(exo: Exo, tmp_path: Path, field: str) -> None:
    code, out, _ = verify(exo, "judged", edited(tmp_path, "judged", EDITS[field]), "--json")
    assert code == 1
    assert field in json.loads(out)["differing"]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["metadata"].update(best_sharpe_ratio=2.1),
        lambda d: d["metadata"].update(constraints_satisfied=False, constraint_violations=1),
        lambda d: d["out_of_sample"]["universe"].update(volatility=0.05),
    ],
)
def test_figures_of_another_kernel_say_what_is_needed(
    exo: Exo, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    """As if kernel 1 had given another figure: from the file alone an edit looks the same."""
    code, out, _ = verify(exo, "judged", edited(tmp_path, "judged", change))
    assert code == 4
    assert "DIFFERS" in out
    words = "to verify the file, made by mech-exo 0.1.0, it needs backtest kernel 1, this exo has"
    assert words in out.splitlines()[-1]


def test_an_older_file_is_not_refused_for_its_kernel(exo: Exo, tmp_path: Path) -> None:
    exo("--version")  # moves to the folder
    objective = BEFORE / "obj_utils.txt"
    overrides = {"data.demo.symbols": 24, "data.demo.years": 4}
    session = open_session(
        InputRequest(objective=objective, overrides=overrides), ConsoleLog(quiet=True)
    )
    file = parse_factor_file((BEFORE / "judged.yml").read_text(), "judged.yml")
    made = datetime.fromisoformat(str(file.metadata["created_at"]))
    against = {o.kind: o.words for o in objections(file, "judged.yml", session, made, Standing())}
    assert "verify" not in against
    path = edited(tmp_path, "judged", EDITS["metadata.data_points"])
    file = parse_factor_file(path.read_text(), "edited.yml")
    against = {o.kind: o.words for o in objections(file, "edited.yml", session, made, Standing())}
    assert "metadata.data_points differ" in against["verify"]


def test_an_older_file_is_judged_unless_it_was_edited(exo: Exo, tmp_path: Path) -> None:
    objective = ("--objective", BEFORE / "obj_utils.txt")
    code, out, err = exo("validate", "--factors", BEFORE / "judged.yml", *objective, "--quiet")
    assert code == 0, err
    assert out.strip() in ("PASS", "INCONCLUSIVE", "FAIL")
    path = edited(tmp_path, "judged", EDITS["content_hash"])
    code, out, err = exo("validate", "--factors", path, *objective)
    assert code == 1
    assert "has been changed since it was exported (content_hash)" in err
    assert out == ""


@pytest.mark.parametrize("name", ["judged", "cmaes", "pareto"])
def test_an_older_study_is_refused_for_its_kernel_alone(
    exo: Exo, tmp_path: Path, name: str
) -> None:
    components = json.loads((BEFORE / "studies.json").read_text())[name]
    path = tmp_path / "studies/factor_opt.db"
    several = name == "pareto"
    with StudyStore.open(path, StorageSettings(), create=True) as store:
        store.create_study(name, ("maximize", "minimize") if several else ("maximize",))
        store.begin_epoch(components)
    (tmp_path / "small.yml").write_text("data: {source: demo, demo: {symbols: 24, years: 4}}\n")
    arguments = ["--config", "small.yml", "--objective", str(BEFORE / "obj_utils.txt")]
    arguments += ["--study-name", name, "--n-trials", "1", "--n-jobs", "1", "--no-warm-start"]
    if several:
        arguments += ["--objectives", "sharpe,max_drawdown"]
    arguments += ["--sampler", components["tuning.sampler"]]
    code, _, err = exo("optuna-run", *arguments)
    assert code == 2, err
    differing = [line for line in err.splitlines() if line.startswith("  ")]
    assert len(differing) == 1, differing
    assert differing[0].startswith(f"  backtest kernel: 1 → {KERNEL_VERSION}; ")
    code, _, err = exo("optuna-run", *arguments, "--accept-changes")
    assert code in (0, 3), err  # 3: no feasible trial
    assert exo("optuna-run", *arguments)[0] in (0, 3)
