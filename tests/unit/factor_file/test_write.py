"""Writing: the guide's layout, exact floats, and checked before it is written."""

import stat
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import METADATA_FIELDS, FactorEntry, FactorFile
from mech_exo.factor_file.read import parse_factor_file, read_factor_file
from mech_exo.factor_file.write import factor_file_text, write_factor_file, write_to_free_path

GUIDE = Path(__file__).with_name("guide.yml")


def one(weight: float = 0.5, **blocks: Any) -> FactorFile:
    entry = FactorEntry(weight=weight, direction="higher_better", category="technical")
    return replace(FactorFile({}, {"technical": {"rsi_14": entry}}), **blocks)


def significant(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_the_guide_s_file_is_written_as_it_stands() -> None:
    """Line for line but for blank lines, and trailing zeros of floats."""
    expected = significant(GUIDE.read_text(encoding="utf-8").replace("0.8850", "0.885"))
    assert significant(factor_file_text(read_factor_file(GUIDE))) == expected


def test_order_is_the_guide_s_whatever_the_caller_s() -> None:
    guide = read_factor_file(GUIDE)
    turned = FactorFile(
        metadata=dict(reversed(guide.metadata.items())) | {"note": "mine"},
        factors={"own": {}} | dict(reversed(guide.factors.items())),
        hyperparameters=dict(reversed(guide.hyperparameters.items())),
    )
    loaded = yaml.safe_load(factor_file_text(turned))
    assert list(loaded["metadata"]) == [*METADATA_FIELDS, "note"]
    assert list(loaded["factors"]) == ["fundamental", "technical", "sentiment", "own"]
    assert list(loaded["hyperparameters"]) == ["cash_pct", "stop_loss_pct", "position_size_pct"]


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


@given(st.floats(allow_nan=True, allow_infinity=True))
@example(1e-05)
@example(1e16)
@example(5e-324)
@example(-0.0)
def test_every_float_comes_back_bit_for_bit(value: float) -> None:
    """Through exo's reader and through plain PyYAML, whose floats need a dot; −0.0 as 0.0."""
    text = factor_file_text(one(out_of_sample={"metrics": {"sharpe": value}}))
    block: Any
    for block in (
        parse_factor_file(text, "f").out_of_sample,
        yaml.safe_load(text)["out_of_sample"],
    ):
        back = block["metrics"]["sharpe"]
        assert isinstance(back, float)
        assert bits(back) == bits(value + 0.0) or (value != value and back != back)


@given(st.floats(-1e6, 1e6), st.floats(0.0, 1.0, exclude_max=True))
def test_weights_and_hyperparameters_are_exact(weight: float, cash: float) -> None:
    back = parse_factor_file(factor_file_text(one(weight, hyperparameters={"cash_pct": cash})), "f")
    assert back.factors["technical"]["rsi_14"]["weight"] == weight
    assert back.hyperparameters == {"cash_pct": cash}


@given(st.text(max_size=40))
@example("yes")
@example("null")
@example("2025-06-09")
@example("a: b # c")
@example("naïve \u2028 \x85 \ud7ff \U0001f600")
def test_every_text_comes_back(text: str) -> None:
    file = one(metadata={"study_name": text}, provenance={"packages": {text: text}})
    back = parse_factor_file(factor_file_text(file), "f")
    assert back.metadata["study_name"] == text
    assert back.provenance is not None
    assert back.provenance["packages"] == {text: text}


def test_numpy_scalars_become_plain_numbers() -> None:
    file = one(
        float(np.float64(0.1)),
        metadata={"total_trials": np.int64(3), "max_drawdown": np.float64(0.1)},
        out_of_sample={"metrics": {"sharpe": np.float32(0.5)}},
    )
    loaded = yaml.safe_load(factor_file_text(file))
    assert loaded["metadata"] == {"total_trials": 3, "max_drawdown": 0.1}
    assert loaded["out_of_sample"]["metrics"] == {"sharpe": 0.5}


def test_provenance_carries_the_hash_of_what_is_written() -> None:
    file = one(provenance={"seed": 42, "content_hash": "0" * 64})
    back = parse_factor_file(factor_file_text(file), "f")
    assert back.hash_matches is True
    assert back.provenance == {
        "seed": 42,
        "content_hash": file.content_hash,
        "document_hash": back.document_hash,
    }


def test_parameters_of_a_factor_come_back() -> None:
    entry = FactorEntry(
        weight=1.0,
        direction="higher_better",
        category="technical",
        parameters={"momentum_window": 12, "kind": "log"},
    )
    file = FactorFile({}, {"technical": {"trend": entry}})
    back = parse_factor_file(factor_file_text(file), "f")
    assert back.params == {"weight_trend": 1.0, "momentum_window": 12, "kind": "log"}
    assert back.content_hash == file.content_hash


@pytest.mark.parametrize(
    "file",
    [
        one(float("nan")),
        one(hyperparameters={"cash_pct": 1.0}),
        one(verdict={"overall": "GOOD"}),
        FactorFile({}, {}),
    ],
)
def test_what_is_no_factor_file_is_not_written(file: FactorFile, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a valid factor file"):
        write_factor_file(tmp_path / "f.yml", file)
    assert list(tmp_path.iterdir()) == []


def test_an_object_is_refused_rather_than_written_as_python() -> None:
    with pytest.raises(TypeError, match="has no place in a factor file"):
        factor_file_text(one(metadata={"sampler": object()}))


def test_never_over_an_existing_file_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "factors" / "f.yml"
    assert write_factor_file(path, one(0.1)) == path
    with pytest.raises(ExoError, match="exists already"):
        write_factor_file(path, one(0.2))
    assert read_factor_file(path).weights == {"rsi_14": 0.1}
    write_factor_file(path, one(0.2), overwrite=True)
    assert read_factor_file(path).weights == {"rsi_14": 0.2}
    assert [p.name for p in path.parent.iterdir()] == ["f.yml"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o111 == 0


def test_a_taken_name_gets_a_suffix(tmp_path: Path) -> None:
    path = tmp_path / "factors_opt_2025-06-09.yml"
    written = [write_to_free_path(path, one(w)).name for w in (0.1, 0.2, 0.3)]
    assert written == [
        "factors_opt_2025-06-09.yml",
        "factors_opt_2025-06-09_2.yml",
        "factors_opt_2025-06-09_3.yml",
    ]
    assert read_factor_file(path).weights == {"rsi_14": 0.1}


def test_a_name_taken_in_between_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.yml"
    write_factor_file(path, one(0.1))
    offered = iter([path, tmp_path / "f_2.yml"])  # as if f.yml had been free a moment ago
    monkeypatch.setattr("mech_exo.system.whole_files.free_path", lambda _: next(offered))
    assert write_to_free_path(path, one(0.2)) == tmp_path / "f_2.yml"
    assert read_factor_file(path).weights == {"rsi_14": 0.1}


def test_an_unwritable_place_is_not_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExoError, match="cannot be written"):
        write_to_free_path(tmp_path / "file" / "f.yml", one())


@pytest.mark.parametrize("name", ["TRUE", "null", "False", "nullable", "NA", "0700.HK", "1E3"])
def test_every_name_of_a_stock_comes_back_as_text(name: str) -> None:
    market = {
        "source": "files",
        "names": 1,
        "start": "2020-01-02",
        "end": "2020-12-31",
        "periods": ["2020-01-02/2020-12-31"],
        "returns": {name: [0.5, None]},
    }
    text = factor_file_text(one(provenance={"market": market}))
    assert (parse_factor_file(text, "f.yml").provenance or {})["market"] == market
    assert ": [0.5, null]\n" in text
