"""Reading: the guide's own file, hand-written ones, and every mistake by line and field."""

import math
import re
from pathlib import Path

import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import METADATA_FIELDS, FactorFile
from mech_exo.factor_file.read import parse_factor_file, read_factor_file

# The complete schema of the guide, word for word.
GUIDE = Path(__file__).with_name("guide.yml")

ONE = "factors: {technical: {rsi_14: {weight: 0.5}}}\n"


def test_the_guide_s_example_is_a_factor_file() -> None:
    file = read_factor_file(GUIDE)
    assert tuple(file.metadata) == METADATA_FIELDS
    assert list(file.factors) == ["fundamental", "technical", "sentiment"]
    assert len(file.weights) == 9
    assert file.weights["momentum_12_1"] == -0.9768
    assert file.hyperparameters == {
        "cash_pct": 0.2624,
        "stop_loss_pct": 0.1685,
        "position_size_pct": 0.1277,
    }
    assert file.metadata["created_at"] == "2025-06-09T10:15:30.123456"
    assert (file.provenance, file.out_of_sample, file.verdict) == (None, None, None)
    assert file.hash_matches is None


def test_a_hand_written_file_needs_only_weights() -> None:
    file = parse_factor_file(ONE, "f.yml")
    assert file.factors == {
        "technical": {
            "rsi_14": {"weight": 0.5, "direction": "higher_better", "category": "technical"}
        }
    }
    assert file.hyperparameters == {}
    assert file.metadata == {}


def test_lower_better_negates_the_weight() -> None:
    file = parse_factor_file(
        "factors: {fundamental: {pe_ratio: {weight: 0.25, direction: lower_better},"
        " debt: {weight: 0, direction: lower_better}}}",
        "f.yml",
    )
    assert file.weights == {"pe_ratio": -0.25, "debt": 0.0}
    assert math.copysign(1.0, file.weights["debt"]) == 1.0


def test_params_are_those_of_a_trial() -> None:
    file = parse_factor_file(
        "factors: {technical: {trend: {weight: 2, parameters: {momentum_window: 12}}}}\n"
        "hyperparameters: {cash_pct: 0.1}",
        "f.yml",
    )
    assert file.params == {"weight_trend": 2.0, "cash_pct": 0.1, "momentum_window": 12}


@pytest.mark.parametrize("text", ["1e-05", "1.0e-05", "1E-5", ".00001", "+1e-05"])
def test_a_number_in_any_notation_is_a_number(text: str) -> None:
    file = parse_factor_file(f"factors: {{t: {{a: {{weight: {text}}}}}}}", "f.yml")
    assert file.weights == {"a": 1e-05}


def test_dates_and_words_stay_text() -> None:
    file = parse_factor_file(
        ONE + "metadata: {created_at: 2025-06-09T10:15:30, sampler: yes, run_id: 0o17}", "f.yml"
    )
    assert file.metadata == {
        "created_at": "2025-06-09T10:15:30",
        "sampler": "yes",
        "run_id": "0o17",
    }


def test_wide_ranges_are_allowed() -> None:
    file = parse_factor_file(
        "factors: {t: {a: {weight: -2.5}}}\n"
        "hyperparameters: {cash_pct: 0.9, stop_loss_pct: 1, position_size_pct: 1.0}",
        "f.yml",
    )
    assert file.weights == {"a": -2.5}
    assert file.hyperparameters["stop_loss_pct"] == 1.0


MISTAKES = {
    "": "f.yml: is empty",
    "just words": "f.yml: holds no sections",
    "a: [": "f.yml: is not valid YAML: .* (line 1, column 5)",
    "factors:\n  t:\n    a:\n      weight: abc": "line 4: factors.t.a.weight is 'abc', expected a "
    "number",
    "factors: {t: {a: {weight: true}}}": "factors.t.a.weight is true, expected a number",
    "factors: {t: {a: {weight: }}}": "factors.t.a.weight is empty, expected a number",
    "factors: {t: {a: {weight: [1]}}}": "factors.t.a.weight is a list, expected a number",
    "factors: {t: {a: {weight: .nan}}}": "factors.t.a.weight is nan, expected a finite number",
    "factors: {t: {a: {weight: -.inf}}}": "factors.t.a.weight is -inf, must be at least",
    "factors: {t: {a: {weight: 1e7}}}": "factors.t.a.weight is 10000000.0, must be at least",
    "factors: {t: {a: {}}}": "factors.t.a has no 'weight'. Add",
    "factors: {t: {a: {wieght: 1}}}": "factors.t.a has an unknown key 'wieght'.* Did you mean "
    "'weight'?",
    "factors: {t: {a: 0.5}}": "factors.t.a is 0.5, expected a section",
    "factors: {t: }": "factors.t is empty, expected a section",
    "factors: {}": "factors is empty. Name at least one factor",
    "factors: {t: {a: {weight: 1, direction: higher_beter}}}": "direction is 'higher_beter'.* Did "
    "you mean 'higher_better'?",
    "factors: {t: {a: {weight: 1, category: u}}}": "factors.t.a.category is 'u', but stands in the "
    "section 't'",
    "factors: {t: {a: {weight: 1}}, u: {a: {weight: 1}}}": "factors.u.a stands in the section 't' "
    "as well",
    "factors:\n  t:\n    a: {weight: 1}\n    a: {weight: 2}": "line 4: 'a' stands here a second "
    "time (first on line 3)",
    "factors: {1: {a: {weight: 1}}}": "the key '1' is not text; quote it",
    "factors: {t: {a: {weight: 1, parameters: {w: 3}}, b: {weight: 1, parameters: {w: 4}}}}": "w "
    "is 4, but 3 for a",
    "factor: {t: {a: {weight: 1}}}": "the file has an unknown key 'factor'.* Did you mean "
    "'factors'?",
    ONE + "hyperparamters: {}": "unknown key 'hyperparamters'.* Did you mean 'hyperparameters'?",
    ONE + "hyperparameters: {cash: 0.1}": "hyperparameters has an unknown key 'cash'. Did you mean "
    "'cash_pct'?",
    ONE + "hyperparameters: {cash_pct: 1.0}": "line 2: hyperparameters.cash_pct is 1.0, must be at "
    "least 0 and below 1",
    ONE + "hyperparameters: {stop_loss_pct: 0}": "stop_loss_pct is 0, must be above 0 and at most "
    "1",
    ONE + "hyperparameters: {position_size_pct: 20}": "position_size_pct is 20, must be above 0",
    ONE + "hyperparameters: {cash_pct: .nan}": "cash_pct is nan, expected a finite number",
    ONE + "metadata: {total_trials: 1.5}": "metadata.total_trials is 1.5, expected a whole number",
    ONE + "provenance: {content_hash: abc}": "provenance.content_hash is 'abc', expected 64 "
    "hexadecimal digits",
    ONE + "verdict: {overall: MAYBE}": "verdict.overall is 'MAYBE', expected PASS or INCONCLUSIVE",
    "[" * 5000: "is nested too deeply",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items(), ids=lambda t: t[:40])
def test_a_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(ExoError) as caught:
        parse_factor_file(text, "f.yml")
    parts = [re.escape(part) for part in message.split(".*")]
    assert re.search(".*".join(parts), str(caught.value)), str(caught.value)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match=r"none\.yml: cannot be read \(No such file"):
        read_factor_file(tmp_path / "none.yml")
    with pytest.raises(ExoError, match=r"cannot be read \(Is a directory"):
        read_factor_file(tmp_path)
    latin = tmp_path / "latin.yml"
    latin.write_bytes(b"factors: {t: {caf\xe9: {weight: 1}}}")
    with pytest.raises(ExoError, match="is not UTF-8 text"):
        read_factor_file(latin)


def test_the_hash_is_that_of_the_content_not_of_the_layout() -> None:
    file = read_factor_file(GUIDE)
    text = GUIDE.read_text(encoding="utf-8")
    sections = re.split(r"(?m)^(?=\w)", text)
    shuffled = "# a comment\n" + "".join(reversed(sections)).replace("0.8850", "8.85e-1")
    assert parse_factor_file(shuffled, "f.yml").content_hash == file.content_hash
    for old, new in (("0.2559", "0.25590000000000002"), ("0.1277", "0.1278")):
        changed = parse_factor_file(text.replace(old, new), "f.yml")
        assert (changed.content_hash == file.content_hash) == (float(old) == float(new))


def test_the_hash_ignores_the_sign_of_zero_but_no_field() -> None:
    def hash_of(entry: str) -> str:
        return parse_factor_file(f"factors: {{t: {{a: {{{entry}}}}}}}", "f.yml").content_hash

    assert hash_of("weight: -0.0") == hash_of("weight: 0")
    plain = hash_of("weight: 1")
    assert plain == hash_of("weight: 1.0, direction: higher_better, category: t")
    assert plain != hash_of("weight: 1, direction: lower_better")
    assert plain != hash_of("weight: 1, parameters: {w: 1}")


def test_hash_matches_compares_with_the_stated_one() -> None:
    file = parse_factor_file(ONE, "f.yml")
    stated = FactorFile({}, file.factors, provenance={"content_hash": file.content_hash})
    assert stated.hash_matches is True
    assert FactorFile({}, file.factors, {"cash_pct": 0.1}, stated.provenance).hash_matches is False
