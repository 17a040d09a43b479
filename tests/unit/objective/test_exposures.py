"""The user's own factors: what they see, what they may return, and where their scores go."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.data.standardise import standardise
from mech_exo.errors import ExoError
from mech_exo.objective.exposures import check_repeats, data_fingerprint, extend_panel
from tests.unit.objective.conftest import LABEL, Compile

IMPORT = "import numpy as np\nfrom mech_exo.objective.factor import factor\n"
SUGGEST = "def suggest_factor_weights(trial): trial.suggest_float('weight_own', -1, 1)\n"


def own(body: str, arguments: str = "market", mark: str = "name='own', category='price'") -> str:
    """A file with one factor, whose body starts at line 8."""
    return f"{IMPORT}@factor({mark})\ndef function({arguments}):\n    {body}\n{SUGGEST}"


def test_scores_are_those_of_any_factor(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    spec = compiled(own("return -market.close"))
    extended = extend_panel(panel, market, spec, settings)
    assert extended.factor_names == (*panel.factor_names, "own")
    assert extended.factor_categories == (*panel.factor_categories, "price")
    assert np.array_equal(extended.exposures[:, :, :-1], panel.exposures, equal_nan=True)
    expected = standardise(
        -market.close[panel.rebalance], panel.tradable, settings.factors.winsorise
    )
    assert np.array_equal(extended.exposures[:, :, -1], expected, equal_nan=True)
    assert np.isfinite(expected).any()
    assert extended.fingerprint != panel.fingerprint


@pytest.mark.parametrize(
    ("body", "repeats"),
    [
        ("return market.close", True),
        ("return np.random.default_rng().normal(size=market.close.shape)", False),
        ("CALLS.append(1); return market.close + len(CALLS)", False),
        ("return market.close * DRAWN", False),
    ],
)
def test_a_factor_must_be_the_same_each_time(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, body: str, repeats: bool
) -> None:
    spec = compiled(own(body) + "CALLS = []\nDRAWN = np.random.default_rng().normal()\n")
    extend_panel(panel, market, spec, settings)
    if repeats:
        check_repeats(spec, market, {})
        return
    with pytest.raises(ExoError, match=r"factor 'own' is .* and then .*, computed twice"):
        check_repeats(spec, market, {})


def test_the_function_sees_nothing_after_the_panel(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    """A full-sample z-score leaks within what it sees: that must end with the in-sample dates."""
    cut = panel.split(0.2)
    in_sample = panel.between(0, cut)
    spec = compiled(
        own("return market.close - np.nanmean(market.close, axis=0) + 0 * len(market.dates)")
    )
    extended = extend_panel(in_sample, market, spec, settings)
    alone = extend_panel(in_sample, market.until(cut), spec, settings)
    assert extended.fingerprint == alone.fingerprint
    late = market.close.copy()
    late[cut:] *= 3.0
    changed = extend_panel(in_sample, replace(market, close=late), spec, settings)
    assert changed.fingerprint == extended.fingerprint
    seen = compiled(own(f"assert len(market.dates) == {cut}; return market.close"))
    extend_panel(in_sample, market, seen, settings)


def test_rows_are_found_by_date(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    """A panel that starts later than its market."""
    spec = compiled(own("return market.close"))
    whole = extend_panel(panel, market, spec, settings)
    late = extend_panel(panel.between(400, len(panel.dates)), market, spec, settings)
    rows = panel.rebalance >= 400
    assert np.array_equal(late.exposures, whole.exposures[rows], equal_nan=True)


def test_it_may_stand_for_a_known_factor_without_data(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    lacking = replace(panel, missing_factors={"extra": "sentiment", "other": "sentiment"})
    spec = compiled(own("return market.close", mark="name='extra', category='sentiment'"))
    extended = extend_panel(lacking, market, spec, settings)
    assert extended.missing_factors == {"other": "sentiment"}
    assert extended.factor_names[-1] == "extra"


def test_extending_without_factors_changes_nothing(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    assert extend_panel(panel, market, compiled(SUGGEST), settings) is panel


def test_a_factor_with_a_parameter_waits_for_its_value(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    spec = compiled(own("return market.close", "market, window=3"))
    assert spec.factors[0].parametrised
    assert extend_panel(panel, market, spec, settings) is panel


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return market.clos", ":8: AttributeError: 'Market' object has no attribute 'clos', in"),
        ("return market.close[1:]", ":6: factor 'own' returned the shape ("),
        ("return 1 / (market.close * 0)", ":6: factor 'own' is infinite for "),
        ("return None", ":6: factor 'own' returned the shape ()"),
        ("return 'x'", ":6: factor 'own' returned str, expected an array of numbers"),
        ("market.close[0] = 1; return market.close", ":8: ValueError: assignment destination is "),
        ("market.close = 1", ":8: FrozenInstanceError: cannot assign to field 'close'"),
    ],
)
def test_a_mistake_is_shown_with_its_line(
    compiled: Compile,
    market: Market,
    panel: Panel,
    settings: Settings,
    body: str,
    message: str,
) -> None:
    with pytest.raises(ExoError) as caught:
        extend_panel(panel, market, compiled(own(body)), settings)
    assert str(caught.value).startswith(LABEL + message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (own("pass", mark="name='a b'"), "factor name 'a b' must be letters"),
        (own("pass", mark="name='a', category=''"), "category '' of factor 'a' must be one word"),
        (own("pass", "")[:], "factor 'own' must take the market as its first argument"),
        (own("pass", "*market"), "factor 'own' must take the market as its first argument"),
        (own("pass", "market, **rest"), "factor 'own' has the argument '**rest'"),
        (own("pass", "market, weight_x=1"), "factor 'own' has the argument 'weight_x=1'"),
        (own("pass") + own("pass").replace("def function", "def second"), "two factors are named"),
    ],
)
def test_what_cannot_be_a_factor(compiled: Compile, text: str, message: str) -> None:
    with pytest.raises(ExoError) as caught:
        compiled(text)
    assert str(caught.value).startswith(f"{LABEL}: {message}")


def test_a_name_of_the_data_s_own_is_refused(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    spec = compiled(own("return market.close", mark="name='rsi_14'"))
    with pytest.raises(ExoError, match=r":6: the data has a factor 'rsi_14' already"):
        extend_panel(panel, market, spec, settings)


def test_another_market_is_refused(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    shifted = replace(market, dates=market.dates + np.timedelta64(1, "D"))
    with pytest.raises(ExoError, match="the market's dates and names are not those of the panel"):
        extend_panel(panel, shifted, compiled(own("return market.close")), settings)


def test_the_data_of_a_study_are_all_that_its_factors_can_read(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    """Doubled prices leave every return and score as they were, but not a factor of levels."""
    plain, custom = compiled(SUGGEST), compiled(own("return market.close"))
    assert data_fingerprint(panel, None, plain) == panel.fingerprint
    with pytest.raises(ValueError, match="needs the market"):
        data_fingerprint(panel, None, custom)
    cut = panel.split(0.2)
    in_sample = panel.between(0, cut)
    first = data_fingerprint(in_sample, market, custom)
    assert first == data_fingerprint(in_sample, market.until(cut), custom)
    assert first != in_sample.fingerprint
    doubled = replace(market, close=market.close * 2.0)
    assert data_fingerprint(in_sample, doubled, custom) != first
    name = sorted(market.vintages)[0]
    vintage = market.vintages[name]
    other = replace(
        market, vintages=market.vintages | {name: replace(vintage, value=-vintage.value)}
    )
    assert data_fingerprint(in_sample, other, custom) != first
