"""What `--json` prints of figures that JSON does not have."""

import json

import pytest

from mech_exo.report.plain_json import json_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.0, "0.0"), (float("nan"), "null"), (float("-inf"), "null"), (5e-324, "5e-324")],
)
def test_undefined_is_null_and_there_is_no_negative_zero(value: float, text: str) -> None:
    assert json_text(value) == text
    assert json.loads(json_text({"a": [value]})) == {"a": [json.loads(text)]}
    assert "-0.0" not in json_text({"a": (value, {"b": value})})
