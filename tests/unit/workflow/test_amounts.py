import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mech_exo.errors import ExoError
from mech_exo.workflow.amounts import UNITS, Amount, Kind, Parsed, parsed


def of(text: str, kind: Kind, standing: float | None = 10.0) -> Parsed:
    return parsed(text, kind, standing, "--what-if x=", "1")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("20", "bps", 20.0),
        ("20bps", "bps", 20.0),
        ("20 bp", "bps", 20.0),
        ("0.07%", "bps", 7.0),  # to the bit, unlike 0.07 * 100
        ("0.2", "fraction", 0.2),
        ("29%", "fraction", 0.29),
        ("2000bps", "fraction", 0.2),
        ("-1%", "fraction", -0.01),
        (".5", "number", 0.5),
        ("1e6", "number", 1e6),
        ("3", "whole", 3),
        ("3.0", "whole", 3),
        ("+3", "whole", Amount(added=3)),
        ("+3", "number", 3.0),
        ("2x", "whole", Amount(factor=2.0)),
        ("0.5 x", "bps", Amount(factor=0.5)),
        ("none", "fraction", None),
        ("cash", ("universe", "cash"), "cash"),
    ],
)
def test_as_people_write_them(text: str, kind: Kind, value: Parsed) -> None:
    assert of(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "standing"),
    [
        ("", "bps", 10.0),
        ("x", "bps", 10.0),
        ("2xx", "bps", 10.0),
        ("２0", "bps", 10.0),
        ("20%%", "bps", 10.0),
        ("nan", "fraction", 10.0),
        ("inf", "number", 10.0),
        ("1e999", "number", 10.0),
        ("1e999x", "number", 10.0),
        ("-2x", "number", 10.0),
        ("2x", "number", None),
        ("+1.5e9", "whole", 10.0),
        ("1.5", "whole", 10.0),
        ("3%", "whole", 10.0),
        ("None", "fraction", 10.0),
        ("none", ("universe", "cash"), None),
    ],
)
def test_what_is_none_is_one_error(text: str, kind: Kind, standing: float | None) -> None:
    with pytest.raises(ExoError, match="--what-if x="):
        of(text, kind, standing)


@given(st.text(max_size=12), st.sampled_from(sorted(UNITS)))
def test_any_text_is_an_amount_or_an_error(text: str, kind: Kind) -> None:
    try:
        found = of(text, kind)
    except ExoError:
        return
    assert found is None or isinstance(found, Amount) or math.isfinite(float(found))


@given(st.floats(0, 1e9))
def test_a_number_is_read_to_the_bit(number: float) -> None:
    assert of(repr(number), "number") == number
