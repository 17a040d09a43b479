"""Rules of the portfolio: from the settings, from the trial, into the file and back."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mech_exo.config.portfolio_settings import PortfolioSettings
from mech_exo.config.settings import BacktestSettings, Settings
from mech_exo.construction.mandate import PLAIN, Mandate
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.data.sector_history import SectorHistory
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.factor_file.write import factor_file_text
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.exposures import data_identity
from mech_exo.objective.mandates import RULES, decides_with_data, reads_liquidity
from mech_exo.objective.rehearsal import rehearse, rehearse_space
from mech_exo.objective.space import Space
from mech_exo.verdict.holdout import portfolio_hash
from tests.unit.objective.conftest import Compile

WEIGHTS = (
    "def suggest_factor_weights(trial):\n"
    "    trial.suggest_float('weight_rsi_14', 0.1, 1.0)\n"
    "    trial.suggest_float('weight_momentum_12_1', 0.1, 1.0)\n"
)
CONSTRUCT = (
    "import numpy as np\n"
    "def construct(scores, ctx, params):\n"
    "    long = np.where(np.nan_to_num(scores, nan=-9) > params['tilt'], 1.0, 0.0)\n"
    "    return 0.9 * long / np.maximum(long.sum(axis=1, keepdims=True), 1.0)\n"
)
PARAMS: dict[str, Any] = {"weight_rsi_14": 0.5, "weight_momentum_12_1": 0.25}


def with_rules(settings: Settings, **rules: Any) -> Settings:
    return replace(settings, portfolio=PortfolioSettings(**rules))


def with_sectors(panel: Panel) -> Panel:
    half = ["oil", "tech"] * (len(panel.symbols) // 2)
    return replace(panel, sectors=SectorHistory.of(half))


def test_without_rules_a_candidate_is_plain(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(WEIGHTS)
    space = Space.of(spec, panel, settings)
    assert space.candidate(PARAMS).mandate is PLAIN
    assert space.mandates.block(PARAMS) == {}
    assert not decides_with_data(settings, spec)


def test_settings_and_trial_make_the_mandate(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(
        WEIGHTS + "    trial.suggest_float('buffer', 0.0, 2.0)\n"
        "    trial.suggest_categorical('side', ['long', 'long_short'])\n"
        "    trial.suggest_categorical('neutralise', ['none', 'sector+beta'])\n"
    )
    rules = with_rules(settings, weighting="rank", buffer=0.1, neutralise=("beta",), max_gross=1.5)
    space = Space.of(spec, with_sectors(panel), rules)
    stated = Mandate(weighting="rank", buffer=0.1, neutralise=("beta",), max_gross=1.5)
    assert space.candidate(PARAMS).mandate == stated
    drawn = {**PARAMS, "buffer": 0.7, "side": "long_short", "neutralise": "sector+beta"}
    assert space.candidate(drawn).mandate == replace(
        stated, buffer=0.7, side="long_short", neutralise=("sector", "beta")
    )
    assert space.mandates.block(drawn) == {
        "weighting": "rank",
        "side": "long_short",
        "neutralise": "sector+beta",
        "buffer": 0.7,
        "max_gross": 1.5,
    }
    assert space.candidate({**drawn, "neutralise": "none"}).mandate.neutralise == ()
    assert set(rehearse_space(space).distributions) == {*PARAMS, "buffer", "side", "neutralise"}


MISTAKES = {
    "trial.suggest_float('buffer', -1.0, 1.0)": "'buffer' can be -1.0, must be a number from 0",
    "trial.suggest_categorical('weighting', ['equal', 'size'])": "'weighting' can be 'size', must "
    "be one of equal, score, inverse_volatility, rank",
    "trial.suggest_float('side', 0, 1)": "'side' can be 0, must be one of long, long_short",
    "trial.suggest_float('gross', 0.5, 1.5)": "gross is 1.5, above portfolio.max_gross, 1",
    "trial.suggest_float('max_sector_pct', 0.1, 0.5)": "needs the sector of each name",
    "trial.suggest_categorical('neutralise', ['beta', 'size'])": "needs the size of each company",
    "trial.suggest_float('max_adv_share', 0.1, 0.5)": "needs the value traded in each name",
    "trial.suggest_float('buffr', 0, 1)": "'buffr' is neither a weight",
}

FOR_ALL_TRIALS = {
    "trial.suggest_categorical('benchmark', ['cash'])": "portfolio.benchmark",
    "trial.suggest_float('borrow_cost', 0, 0.1)": "backtest.borrow_cost",
    "trial.suggest_int('execution_lag', 1, 3)": "backtest.execution_lag",
}


@pytest.mark.parametrize(("line", "setting"), FOR_ALL_TRIALS.items())
def test_a_setting_that_cannot_be_drawn_is_told_from_the_rules_that_can(
    compiled: Compile, panel: Panel, settings: Settings, line: str, setting: str
) -> None:
    space = Space.of(compiled(f"{WEIGHTS}    {line}\n"), panel, settings)
    with pytest.raises(ExoError, match="is neither a weight") as failure:
        rehearse_space(space)
    assert f"{setting} is a setting that holds for all trials" in failure.value.hint
    assert "weighting, side, gross" in failure.value.hint


@pytest.mark.parametrize(("line", "words"), MISTAKES.items())
def test_a_rule_out_of_bounds_is_named(
    compiled: Compile, panel: Panel, settings: Settings, line: str, words: str
) -> None:
    space = Space.of(compiled(f"{WEIGHTS}    {line}\n"), panel, settings)
    with pytest.raises(ExoError, match=words):
        rehearse_space(space)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"neutralise": ("sector",)}, "portfolio.neutralise needs the sector of each name"),
        ({"max_sector_pct": 0.3}, "portfolio.max_sector_pct needs the sector of each name"),
        ({"neutralise": ("beta", "size")}, "portfolio.neutralise needs the size"),
        ({"max_adv_share": 0.1}, "portfolio.max_adv_share needs the value traded"),
        ({"gross": 1.5}, "portfolio.gross is 1.5, above portfolio.max_gross, 1"),
    ],
)
def test_settings_that_cannot_hold_are_refused(
    compiled: Compile, panel: Panel, settings: Settings, rules: dict[str, Any], words: str
) -> None:
    with pytest.raises(ExoError, match=words):
        Space.of(compiled(WEIGHTS), panel, with_rules(settings, **rules))


def test_a_factor_s_own_argument_is_the_factor_s(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(
        "import numpy as np\nfrom mech_exo.objective.factor import factor\n"
        "@factor(name='own')\ndef own(market, buffer=1.0):\n    return market.close * buffer\n"
        + WEIGHTS
        + "    trial.suggest_float('buffer', -5.0, 1.0)\n"
    )
    space = Space.of(spec, panel, settings)
    assert space.candidate({**PARAMS, "buffer": -3.0}).mandate is PLAIN
    assert "buffer" not in space.mandates.standing


def test_a_gross_without_a_short_side_is_said(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(WEIGHTS + "    trial.suggest_float('gross', 0.5, 1.0)\n")
    note = "gross changes nothing: side is long (portfolio.side)"
    assert note in rehearse_space(Space.of(spec, panel, settings)).notes
    short = Space.of(spec, panel, with_rules(settings, side="long_short"))
    assert note not in rehearse_space(short).notes


@pytest.mark.parametrize(
    "rules",
    [
        {"side": "long_short", "weighting": "rank"},
        {"weighting": "inverse_volatility", "vol_target": 0.05},
        {"buffer": 1.0, "no_trade_band": 0.01, "neutralise": ("beta",)},
    ],
)
def test_a_trial_runs_and_its_worker_says_the_same(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, rules: dict[str, Any]
) -> None:
    plain = Evaluator(compiled(WEIGHTS), panel, settings, market)
    evaluator = Evaluator(compiled(WEIGHTS), panel, with_rules(settings, **rules), market)
    found = evaluator.evaluate(PARAMS)
    assert found.state == "complete"
    assert found.metrics != plain.evaluate(PARAMS).metrics
    assert evaluator.parts()().evaluate(PARAMS) == found


def test_a_construct_runs_and_its_parameters_are_exported(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    spec = compiled(CONSTRUCT + WEIGHTS + "    trial.suggest_float('tilt', 0.0, 1.0)\n")
    evaluator = Evaluator(spec, panel, settings, market)
    assert set(rehearse(evaluator).params) == {*PARAMS, "tilt"}
    near, far = ({**PARAMS, "tilt": tilt} for tilt in (0.0, 0.8))
    one, two = evaluator.evaluate(near), evaluator.evaluate(far)
    assert one.values != two.values
    assert evaluator.parts()().evaluate(far) == two
    block = evaluator.space.mandates.block(far)
    assert block == {"construct": spec.sha256, "parameters": {"tilt": 0.8}}
    assert portfolio_hash(evaluator.space, near) != portfolio_hash(evaluator.space, far)
    missing = evaluator.evaluate(PARAMS)
    assert (missing.state, missing.reason.split(",")[0]) == (
        "fail",
        "research/obj_utils.py:6: KeyError: 'tilt'",
    )


def test_a_construct_decides_alone(compiled: Compile, panel: Panel, settings: Settings) -> None:
    spec = compiled(CONSTRUCT + WEIGHTS + "    trial.suggest_float('buffer', 0.0, 1.0)\n")
    with pytest.raises(ExoError, match="nor does construct"):
        rehearse_space(Space.of(spec, panel, settings))
    with pytest.raises(ExoError, match=r"weighting is set, and research/obj_utils\.py:5"):
        Space.of(spec, panel, with_rules(settings, weighting="rank"))
    wrong = compiled(CONSTRUCT + WEIGHTS + "    trial.suggest_float('lookback', 0.0, 1.0)\n")
    with pytest.raises(ExoError) as caught:
        rehearse_space(Space.of(wrong, panel, settings))
    assert "Read it in construct, as params['lookback']" in caught.value.hint


def test_a_construct_that_keeps_a_state_is_refused(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    text = (
        "import itertools\nimport numpy as np\nCOUNT = itertools.count(1)\n"
        "def construct(scores, ctx, params):\n"
        "    return np.where(np.isnan(scores), 0.0, 0.03 / next(COUNT))\n"
    )
    with pytest.raises(ExoError, match="construct gives other weights for the same scores"):
        rehearse(Evaluator(compiled(text + WEIGHTS), panel, settings, market))


def test_a_construct_that_remembers_its_first_call_is_refused(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    """For one candidate it always gives the same; for the next one what the first was given."""
    text = (
        "import numpy as np\nFIRST = []\n"
        "def construct(scores, ctx, params):\n"
        "    FIRST.append(params['size'])\n"
        "    return np.where(np.isnan(scores), 0.0, FIRST[0])\n"
    )
    spec = compiled(text + WEIGHTS + "    trial.suggest_float('size', 0.001, 0.01)\n")
    with pytest.raises(ExoError, match="construct gives other weights for the same scores"):
        rehearse(Evaluator(spec, panel, settings, market))
    honest = text.replace("FIRST[0]", "params['size']")
    spec = compiled(honest + WEIGHTS + "    trial.suggest_float('size', 0.001, 0.01)\n")
    assert rehearse(Evaluator(spec, panel, settings, market)).params["size"]


def test_a_file_keeps_the_rules_and_the_hash_covers_them() -> None:
    entry = {"weight": 1.0, "direction": "higher_better", "category": "technical"}
    rules = {"weighting": "rank", "buffer": 0.5, "parameters": {"tilt": 2}}
    file = FactorFile({}, {"technical": {"rsi_14": entry}}, {}, {}, portfolio=rules)  # type: ignore[dict-item]
    back = parse_factor_file(factor_file_text(file), "f.yml")
    assert back.portfolio == rules
    assert back.params == {"weight_rsi_14": 1.0, "tilt": 2, "weighting": "rank", "buffer": 0.5}
    assert back.hash_matches
    other = replace(back, portfolio={**rules, "buffer": 0.6})
    assert other.content_hash != back.content_hash
    assert replace(back, portfolio=None).content_hash == replace(back, portfolio={}).content_hash


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("{weighting: best}", "portfolio.weighting is 'best', expected equal or score or"),
        ("{buffer: -1}", "portfolio.buffer is -1, must be at least 0"),
        ("{vol_target: .nan}", "portfolio.vol_target is nan, expected a finite number"),
        ("{buffr: 1}", "unknown key 'buffr'"),
    ],
)
def test_a_file_s_mistake_is_named(block: str, words: str) -> None:
    text = f"factors: {{technical: {{rsi_14: {{weight: 1}}}}}}\nportfolio: {block}\n"
    with pytest.raises(ExoError, match=words):
        parse_factor_file(text, "f.yml")


def test_liquidity_is_part_of_the_data_where_it_is_read(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    rng = np.random.default_rng(0)
    traded = replace(panel, adv=rng.lognormal(15.0, 1.0, panel.tradable.shape))
    plain, own = compiled(WEIGHTS), compiled(CONSTRUCT + WEIGHTS)
    before = data_identity(panel, None, plain, settings)
    assert data_identity(traded, None, plain, settings) == before
    impact = replace(settings, backtest=BacktestSettings(impact=1.0))
    for spec, rules in ((own, settings), (plain, impact)):
        assert reads_liquidity(rules, spec)
        found = data_identity(traded, None, spec, rules)
        assert found.liquidity
        assert found.fingerprint != before.fingerprint
        assert replace(found, liquidity="") == before


def test_every_rule_is_a_setting_and_a_field_of_the_mandate() -> None:
    assert set(RULES) | {"benchmark"} == set(PortfolioSettings.__dataclass_fields__)
    assert set(RULES) <= set(Mandate.__dataclass_fields__)


def test_a_gross_and_a_smaller_limit_can_both_be_drawn(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    """The limit then scales the portfolio down; one of the settings is an error."""
    spec = compiled(
        WEIGHTS + "    trial.suggest_float('gross', 0.5, 0.9)\n"
        "    trial.suggest_float('max_gross', 0.1, 0.5)\n"
    )
    space = Space.of(spec, panel, with_rules(settings, side="long_short"))
    drawn = space.candidate({**PARAMS, "gross": 0.8, "max_gross": 0.4}).mandate
    assert (drawn.gross, drawn.max_gross) == (0.8, 0.4)
    limited = Space.of(spec, panel, with_rules(settings, side="long_short", max_gross=0.7))
    with pytest.raises(ExoError, match=r"gross is 0\.8, above portfolio\.max_gross, 0\.7"):
        limited.candidate({**PARAMS, "gross": 0.8})
