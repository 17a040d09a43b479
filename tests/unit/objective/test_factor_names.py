"""Each name of a factor stands for one thing."""

from dataclasses import replace

import pytest

from mech_exo.config.settings import Settings
from mech_exo.data.build import build_panel
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.leakage.leaks import check_leaks
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.exposures import extend_panel
from tests.unit.objective.conftest import LABEL, Compile
from tests.unit.objective.test_exposures import own


def named(name: str, arguments: str = "market") -> str:
    """A file whose one factor stands at line 6."""
    body = own("return market.close", arguments, mark=f"name={name!r}, category='technical'")
    return body.replace("weight_own", f"weight_{name}")


@pytest.mark.parametrize("arguments", ["market", "market, months=3"])
@pytest.mark.parametrize("name", ["rsi_14", "momentum_12_1", "pe_ratio", "analyst_revisions"])
def test_a_name_of_one_that_has_data_is_an_error_at_once(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, name: str, arguments: str
) -> None:
    """It was one only if another own factor was not in the panel, and silently ignored if not."""
    spec = compiled(named(name, arguments))
    message = f"{LABEL}:6: the data has a factor {name!r} already."
    for use in (
        lambda: Evaluator(spec, panel, settings, market),
        lambda: extend_panel(panel, market, spec, settings),
        lambda: check_leaks(settings, market, panel, spec),
    ):
        with pytest.raises(ExoError) as caught:
            use()
        assert (caught.value.message, caught.value.hint) == (message, "Give yours another name.")


@pytest.mark.parametrize(
    ("mine", "known"),
    [("RSI_14", "rsi_14"), ("Pe_Ratio", "pe_ratio"), ("Book_Value", "book value")],
)
def test_nor_may_it_differ_in_case_or_blanks_only(
    compiled: Compile, market: Market, settings: Settings, mine: str, known: str
) -> None:
    book = replace(
        market,
        daily={"book value": market.close},
        categories=market.categories | {"book value": "custom"},
    )
    spec = compiled(named(mine))
    with pytest.raises(ExoError, match=rf":6: .*'{mine}' differs from the known factor '{known}'"):
        Evaluator(spec, build_panel(book, settings), settings, book)


def test_a_known_factor_without_data_is_stood_for_by_its_very_name(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    lacking = replace(panel, missing_factors={"news": "sentiment"})
    extended = extend_panel(lacking, market, compiled(named("news")), settings)
    assert extended.factor_names[-1] == "news"
    with pytest.raises(ExoError, match="or write 'news' to stand for it"):
        extend_panel(lacking, market, compiled(named("News")), settings)


def test_raw_material_is_no_factor(compiled: Compile, market: Market, settings: Settings) -> None:
    """A column without a category is what an own factor may be made of, and named like."""
    raw = replace(market, daily={"accruals": market.close})
    Evaluator(compiled(named("accruals")), build_panel(raw, settings), settings, raw)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (named("cash_pct"), ":6: factor 'cash_pct' is named like the hyperparameter 'cash_pct'"),
        (named("Stop_Loss_Pct"), ":6: factor 'Stop_Loss_Pct' is named like the hyperparameter"),
        (
            named("mine", "market, position_size_pct=0.1"),
            ":6: factor 'mine' has the argument 'position_size_pct', which is a hyperparameter",
        ),
        (
            named("trend") + named("Trend").replace("def function", "def second"),
            ":12: factor 'Trend' differs from factor 'trend' only in case",
        ),
    ],
)
def test_names_that_are_not_distinct_in_the_file_itself(
    compiled: Compile, text: str, message: str
) -> None:
    with pytest.raises(ExoError) as caught:
        compiled(text)
    assert str(caught.value).startswith(LABEL + message)
