"""Every field of a factor file: `exo verify` notices an edit of it, or lists it as not checked.

A field that is new in the file and has neither a comparison nor a reason fails here: give it a
comparison in mech_exo/verification/recomputed.py or a line in mech_exo/verification/unchecked.py.
"""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mech_exo.cli.entry import run
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file, read_factor_file
from mech_exo.factor_file.write import factor_file_text
from mech_exo.report.console import ConsoleLog
from mech_exo.verification.comparisons import Verification
from mech_exo.verification.reproduction import hashes_of
from mech_exo.verification.unchecked import REASONS, UNKNOWN, leaves
from mech_exo.workflow.reopen import verify_file
from mech_exo.workflow.session import InputRequest

OBJECTIVE = """
MAX_DRAWDOWN_THRESHOLD, VOLATILITY_THRESHOLD, WEIGHT_LIMIT = 0.6, 0.6, 2.0

from mech_exo.objective.factor import factor
import numpy as np


@factor(name="trend", category="technical")
def trend(market, trend_window=5):
    past = np.full(market.close.shape, np.nan)
    past[trend_window:] = market.close[trend_window:] / market.close[:-trend_window] - 1.0
    return past


def suggest_factor_weights(trial):
    for name in ("trend", "momentum_12_1", "size", "pe_ratio"):
        trial.suggest_float(f"weight_{name}", -1.0, 1.0)
    trial.suggest_int("trend_window", 2, 60)
    for name, high in (("cash_pct", 0.5), ("stop_loss_pct", 0.25), ("position_size_pct", 0.2)):
        trial.suggest_float(name, 0.05, high)
"""
SETTINGS = """
data:
  source: files
  prices: ../prices.csv
  factors: [{file: ../size.csv, columns: {mcap: size}, categories: {size: mine}}]
factors: {min_history: 60}
verdict: {placebos: 2, windows: 2, neighbours: 8, portfolios: 16}
"""


def write_data(folder: Path) -> None:
    """Prices of ten walks and a table of their sizes."""
    import numpy as np

    rng = np.random.default_rng(4)
    days = np.busday_offset(np.datetime64("2020-01-02"), np.arange(700))
    names = [f"S{n}" for n in range(10)]
    close = 100.0 * np.cumprod(1.0 + rng.normal(0.0004, 0.01, (700, 10)), axis=0)
    rows = [f"{d}," + ",".join(map(repr, row.tolist())) for d, row in zip(days, close, strict=True)]
    (folder / "prices.csv").write_text("\n".join([",".join(["date", *names]), *rows]) + "\n")
    sizes = [f"{n},{d},{rng.uniform(1, 9):.3f}" for d in days[::20] for n in names]
    (folder / "size.csv").write_text("\n".join(["symbol,date,mcap", *sizes]) + "\n")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose file has every block: own factor, own table, parameters, verdict."""
    folder = tmp_path_factory.mktemp("fields")
    write_data(folder)
    for name, text in (("config/settings.yml", SETTINGS), ("research/obj_utils.py", OBJECTIVE)):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        arguments = ["--n-trials", "6", "--n-jobs", "1", "--export-yaml", "a.yml", "--validate"]
        assert run(["optuna-run", *arguments, "--quiet"]) == 0
    return folder


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


@pytest.fixture(scope="module")
def file(project: Path) -> FactorFile:
    return read_factor_file(project / "a.yml")


def verified(path: Path, study_file: str = "studies/factor_opt.db") -> Verification:
    return verify_file(path, Path(study_file), InputRequest(cwd=Path.cwd()), ConsoleLog(quiet=True))


def edit(file: FactorFile, name: str) -> FactorFile:
    """The file with one leaf changed to something else of its kind."""
    document = copy.deepcopy(file.as_dict())
    change(document, name)
    return FactorFile(**document)


def change(place: Any, name: str) -> None:
    """Change the leaf of that dotted name; a key may hold dots itself."""
    pairs = list(enumerate(place) if isinstance(place, list) else place.items())
    for key, value in pairs:
        if name == str(key):
            place[key] = other(value)
        elif isinstance(value, (dict, list)) and name.startswith(f"{key}."):
            change(value, name.removeprefix(f"{key}."))


def other(value: Any) -> Any:
    """A value that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 0.9 + 0.0137
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    return {"a": "b"} if value == {} else ["a"] if value == [] else "2021-06-01"


def noticed(file: FactorFile, folder: Path, name: str = "") -> bool:
    """Whether the file is refused, something differs, or `name` is now said to be unchecked."""
    path = folder / "edited.yml"
    try:
        path.write_text(factor_file_text(file))
        found = verified(path)
        return bool(found.differing) or name in {field.name for field in found.unchecked}
    except (ExoError, ValueError):  # ValueError: not a file by the schema, as a reader would say
        return True


def test_the_exported_file_verifies_and_every_field_has_its_place(here: Path) -> None:
    found = verified(here / "a.yml")
    assert found.differing == ()
    assert found.protected
    assert {c.name for c in found.values} >= {
        "metadata.best_trial_number",
        "metadata.total_trials",
        "provenance.study_fingerprint",
        "provenance.data.factors.size",
        "provenance.data.fields.close",
    }
    forgotten = [field.name for field in found.unchecked if field.because == UNKNOWN]
    assert not forgotten, (
        f"neither compared nor given a reason in verification/unchecked.py: {forgotten}"
    )
    assert all(field.name in REASONS for field in found.unchecked)


def test_an_edit_of_any_field_is_noticed_by_the_hash(file: FactorFile) -> None:
    names = [name for name, _ in leaves(file.as_dict())]
    assert len(names) > 200
    for name in names:
        changed = [c for c in hashes_of(edit(file, name)) if not c.equal]
        assert changed, name


@pytest.mark.slow
def test_an_edit_whose_hashes_are_made_again_is_noticed_or_listed(
    here: Path, file: FactorFile, tmp_path: Path
) -> None:
    listed = {field.name for field in verified(here / "a.yml").unchecked}
    unnoticed = []
    for name, _ in leaves(file.as_dict()):
        inside = any(name == entry or name.startswith(f"{entry}.") for entry in listed)
        if inside or name in ("provenance.content_hash", "provenance.document_hash"):
            continue  # the hashes are made again
        if not noticed(edit(file, name), tmp_path, name):
            unnoticed.append(name)
    # A weight of 0 has no direction.
    assert [n for n in unnoticed if not n.startswith("factors.")] == []


def test_an_edited_weight_is_noticed_whatever_the_hashes(
    here: Path, file: FactorFile, tmp_path: Path
) -> None:
    del here
    for name in ("trend", "momentum_12_1", "size"):
        category = file.entries[name]["category"]
        for field in ("weight", "direction"):
            changed = copy.deepcopy(file)
            entry: Any = changed.factors[category][name]
            entry[field] = -entry[field] if field == "weight" else "lower_better"
            assert noticed(changed, tmp_path), (name, field)


def test_layout_and_comments_are_no_edit(here: Path, tmp_path: Path) -> None:
    document = yaml.safe_load((here / "a.yml").read_text())
    text = "# reviewed\n" + yaml.safe_dump(document, sort_keys=True, default_flow_style=True)
    path = tmp_path / "b.yml"
    path.write_text(text)
    assert verified(path).differing == ()
    path.write_text(text.replace("weight: 0.", "weight: 0.1"))
    assert verified(path).differing[:2] == ("content_hash", "document_hash")


def test_a_hash_that_was_taken_out_is_missed(here: Path, tmp_path: Path) -> None:
    document = yaml.safe_load((here / "a.yml").read_text())
    del document["provenance"]["document_hash"]
    (tmp_path / "b.yml").write_text(yaml.safe_dump(document))
    assert verified(tmp_path / "b.yml").differing == ("document_hash",)


def test_a_field_that_nobody_registered_is_listed_as_unknown(here: Path, tmp_path: Path) -> None:
    document = yaml.safe_load((here / "a.yml").read_text())
    document["metadata"]["reviewer"] = "me"
    document["provenance"]["weather"] = {"rain": True}
    (tmp_path / "b.yml").write_text(yaml.safe_dump(document))
    found = verified(tmp_path / "b.yml")
    assert found.differing == ("document_hash",)
    unknown = [field.name for field in found.unchecked if field.because == UNKNOWN]
    assert unknown == ["metadata.reviewer", "provenance.weather.rain"]


def test_without_its_study_a_file_says_so(here: Path) -> None:
    found = verified(here / "a.yml", "studies/elsewhere.db")
    assert found.differing == ()
    because = {field.name: field.because for field in found.unchecked}
    for name in ("study_name", "best_trial_number", "total_trials"):
        assert because[f"metadata.{name}"] == "the study is not here"


def test_a_study_that_went_on_no_longer_tells_the_number_of_trials(
    here: Path, file: FactorFile
) -> None:
    assert run(["optuna-run", "--n-trials", "1", "--n-jobs", "1", "--quiet"]) == 0
    found = verified(here / "a.yml")
    assert found.differing == ()
    because = {field.name: field.because for field in found.unchecked}
    assert because["metadata.total_trials"] == "the study has gone on since"
    assert "metadata.best_trial_number" in {c.name for c in found.values}
    assert file.metadata["total_trials"] == 6


@pytest.mark.parametrize(
    ("name", "value"), [("total_trials", 1), ("best_trial_number", 5), ("data_points", 1)]
)
def test_a_file_that_was_edited_is_not_judged(
    here: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: int,
) -> None:
    document = yaml.safe_load((here / "a.yml").read_text())
    document["metadata"][name] = value
    path = tmp_path / "b.yml"
    path.write_text(yaml.safe_dump(document))
    assert run(["validate", "--factors", str(path)]) == 1
    said = capsys.readouterr()
    assert "has been changed since it was exported (document_hash)" in said.err
    assert said.out == ""
    text = factor_file_text(parse_factor_file(path.read_text(), "b"))  # with the hashes made again
    path.write_text(text)
    if name == "data_points":
        assert run(["validate", "--factors", str(path)]) == 1
        assert "metadata.data_points differs" in capsys.readouterr().err


def test_both_lists_are_shown_and_in_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "a.yml"]) == 0
    shown = capsys.readouterr().out
    assert "not checked, because it tells of the run, which is over: metadata.created_at" in shown
    assert "the hash over the whole document is right" in shown
    assert run(["verify", "a.yml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["protected"] is True
    assert {"name": "verdict", "because": REASONS["verdict"]} in found["unchecked"]
    names = {c["name"] for c in found["values"]} | {field["name"] for field in found["unchecked"]}
    assert {"metadata.data_points", "out_of_sample.looks"} <= names


def test_an_undivided_edit_of_the_one_hash_is_called_an_edit(
    here: Path, file: FactorFile, tmp_path: Path
) -> None:
    del here
    changed = replace(file, provenance={**(file.provenance or {}), "data_fingerprint": "0" * 64})
    (tmp_path / "b.yml").write_text(factor_file_text(changed))
    found = verified(tmp_path / "b.yml")
    assert found.exit_code == 1
    assert found.differing == ("provenance.data_fingerprint",)
