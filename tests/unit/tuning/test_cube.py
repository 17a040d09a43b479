import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.cube import Cube, clip, from_json, to_json

RANGES: list[BaseDistribution] = [
    FloatDistribution(-1.0, 1.0),
    FloatDistribution(1e-3, 10.0, log=True),
    FloatDistribution(0.0, 0.9, step=0.3),
    IntDistribution(-3, 7),
    IntDistribution(1, 9, step=2),
    IntDistribution(1, 1000, log=True),
]


@pytest.mark.parametrize("distribution", RANGES, ids=str)
@given(value=st.floats(-1e6, 1e6))
def test_clipped_values_are_in_the_range(distribution: BaseDistribution, value: float) -> None:
    clipped = clip(value, distribution)
    assert isinstance(clipped, (int, float))
    assert distribution._contains(distribution.to_internal_repr(clipped))
    assert isinstance(clipped, int) == isinstance(distribution, IntDistribution)


@pytest.mark.parametrize(
    ("value", "distribution", "expected"),
    [
        (0.25, FloatDistribution(-1.0, 1.0), 0.25),
        (7.0, FloatDistribution(-1.0, 1.0), 1.0),
        (-7, FloatDistribution(-1.0, 1.0), -1.0),
        (3.6, IntDistribution(1, 9, step=2), 3),
        (float("nan"), FloatDistribution(-1.0, 1.0), None),
        ("a", FloatDistribution(-1.0, 1.0), None),
        ("a", CategoricalDistribution(["a", "b"]), "a"),
        ("c", CategoricalDistribution(["a", "b"]), None),
    ],
)
def test_clipping(value: Parameter, distribution: BaseDistribution, expected: Parameter) -> None:
    assert clip(value, distribution) == expected


@given(shares=st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5))
def test_a_point_of_the_cube_is_a_candidate_and_back(shares: list[float]) -> None:
    ranges = [RANGES[i] for i in (0, 1, 3, 4, 5)]
    space = {str(i): d for i, d in enumerate(ranges)} | {"one": FloatDistribution(0.5, 0.5)}
    cube = Cube(space, "cmaes")
    assert len(cube) == 5
    params = cube.values(np.array(shares))
    assert params["one"] == 0.5
    for name, distribution in space.items():
        assert distribution._contains(distribution.to_internal_repr(params[name]))
    point = cube.point(params)
    assert ((point >= 0.0) & (point <= 1.0)).all()
    np.testing.assert_allclose(point[:2], shares[:2], atol=1e-12)  # floats: no rounding
    assert cube.values(point) == pytest.approx(params, rel=1e-12)


def test_integers_have_equal_parts_of_their_axis() -> None:
    cube = Cube({"n": IntDistribution(1, 5)}, "qmc")
    values = [cube.values(np.array([(i + 0.5) / 1000]))["n"] for i in range(1000)]
    assert [values.count(n) for n in range(1, 6)] == [200] * 5


def test_ranges_read_back() -> None:
    for distribution in [*RANGES, CategoricalDistribution(["a", None, 1])]:
        assert from_json(to_json(distribution)) == distribution


@pytest.mark.parametrize(
    "odd",
    [
        CategoricalDistribution([1.0, float("nan")]),
        CategoricalDistribution(["a", float("inf")]),
        FloatDistribution(0.0, float("inf")),
    ],
)
def test_a_range_that_json_does_not_have_is_refused(odd: BaseDistribution) -> None:
    with pytest.raises(ExoError, match=r"a bound or a choice that is (NaN|Infinity)"):
        to_json(odd)


def test_choices_that_are_equal_and_of_other_types_keep_their_own_text() -> None:
    for choices in ((0, 1), (False, True), (0.0, 1.0)):
        back = from_json(to_json(CategoricalDistribution(choices)))
        assert isinstance(back, CategoricalDistribution)
        assert [type(c) for c in back.choices] == [type(c) for c in choices]
