"""What `--json` prints of figures that JSON does not have."""

import dataclasses
import json

import pytest

from mech_exo.report.plain_json import JSON_VERSION, json_line, json_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.0, "0.0"), (float("nan"), "null"), (float("-inf"), "null"), (5e-324, "5e-324")],
)
def test_undefined_is_null_and_there_is_no_negative_zero(value: float, text: str) -> None:
    assert json_text(value) == text
    assert json.loads(json_text({"a": [value]}))["a"] == [json.loads(text)]
    assert "-0.0" not in json_text({"a": (value, {"b": value})})


def test_every_object_says_the_version_of_its_form_first() -> None:
    @dataclasses.dataclass
    class Found:
        name: str

    for text in (json_text({"name": "é"}), json_text(Found("é")), json_line({"name": "é"})):
        assert list(json.loads(text).items()) == [("json_version", JSON_VERSION), ("name", "é")]
    assert "\n" not in json_line({"name": "é\n"})
