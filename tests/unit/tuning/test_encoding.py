"""The quick ways to a trial's text give the text of the plain ones."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from mech_exo.tuning.encoding import constraints_json, record_of
from mech_exo.tuning.study_record import TrialRecord

NUMBERS = (0.1, -0.0, 1e-300, 1e22, 3.0, -2.5e-7, 123456789.123456789, 5e-324)
SPACE = {
    "x": '{"name": "FloatDistribution", "attributes": {"step": null, "low": -1.0, "high": 1.0, '
    '"log": false}}',
    "n": '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, '
    '"high": 9}}',
}


def trial(**changes: Any) -> TrialRecord:
    found = TrialRecord(
        0, "COMPLETE", {"x": 0.25, "n": 3}, SPACE, (0.5,), (0.1,), {"loss": 1.0}, {}, epoch=0
    )
    return replace(found, **changes).canonical()


@pytest.mark.parametrize(
    "values", [NUMBERS, (math.nan, 1.0), (math.inf, -math.inf), (), (np.float64(0.3), 7)]
)
def test_numbers_are_written_one_by_one(values: tuple[float, ...]) -> None:
    words = []
    for value in map(float, values):
        infinite = "9e999" if value > 0 else "-9e999"
        finite = json.dumps(value + 0.0)
        words.append("null" if math.isnan(value) else infinite if math.isinf(value) else finite)
    assert f'"constraints": [{", ".join(words)}], ' in record_of(trial(constraints=values))
    if all(map(math.isfinite, values)):
        assert constraints_json(values) == f"[{', '.join(words)}]"


@pytest.mark.parametrize("x", [0.25, -0.0, 1e-300, True, None, "a", 2])
def test_parameters_keep_their_type(x: Any) -> None:
    text = record_of(trial(params={"x": x, "n": 3}))
    expected = json.dumps([x + 0.0 if isinstance(x, float) else x, 3])
    assert f'"params": {expected}, ' in text
    assert json.loads(record_of(trial(params={"x": 0.5}, distributions={"x": SPACE["x"]})))[
        "params"
    ] == [0.5]


def test_a_canonical_trial_is_itself_and_a_changed_one_is_made_canonical_again() -> None:
    first = trial()
    assert first.canonical() is first
    changed = replace(first, values=(-0.0,), started=datetime(2024, 1, 1, tzinfo=UTC))
    assert math.copysign(1.0, changed.canonical().values[0]) == 1.0
    with pytest.raises(ValueError, match="NaN"):
        replace(first, values=(math.nan,)).canonical()
    assert first == trial()
