"""A factor file keeps to the rules that it was made under, whoever applies it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.factor_file.write import factor_file_text
from mech_exo.portfolio.model import Model, model_of
from mech_exo.verdict.holdout import HoldoutLedger
from mech_exo.workflow.appraiser import Appraisee
from mech_exo.workflow.incumbent import INCUMBENT, comparable, warm_starts
from mech_exo.workflow.session import InputRequest, Session, open_session
from mech_exo.workflow.stated_mandate import check_construct
from tests.unit.portfolio.test_model import Silent

PLAIN = """
MAX_DRAWDOWN_THRESHOLD, VOLATILITY_THRESHOLD = 0.9, 0.9


def suggest_factor_weights(trial):
    trial.suggest_float("weight_momentum_12_1", -1.0, 1.0)
"""
DRAWN = PLAIN + '    trial.suggest_categorical("side", ["long", "long_short"])\n'
CONSTRUCT = (
    PLAIN
    + """

def construct(scores, ctx, params):
    known = ctx.tradable & (scores == scores)
    return known * 0.9 / known.sum(axis=1, keepdims=True).clip(1)
"""
)
MOODY = (
    PLAIN
    + """    trial.suggest_float("power", 1.0, 2.0)


def construct(scores, ctx, params):
    if params["power"] > 1.5:
        raise ValueError("too strong")
    return (ctx.tradable & (scores > 0.0)) * 0.01
"""
)
OUTSIDE = MOODY.replace(
    'params["power"] > 1.5', 'params["power"] > 1.5 and str(ctx.dates[-1]) > "{}"'
)


def opened(folder: Path, text: str = PLAIN, **portfolio: Any) -> Session:
    objective = folder / "objective.py"
    objective.write_text(text)
    overrides = {"data.demo.symbols": 20, "data.demo.years": 3, "factors.min_history": 60}
    overrides |= {f"portfolio.{name}": value for name, value in portfolio.items()}
    request = InputRequest(objective=objective, overrides=overrides, cwd=folder)
    return open_session(request, Silent())


def made_by(session: Session, **params: Any) -> FactorFile:
    """What the session would export of a trial."""
    params = {"weight_momentum_12_1": 1.0, **params}
    return FactorFile(
        metadata={"created_at": "2000-01-01"},
        factors={
            "technical": {
                "momentum_12_1": {
                    "weight": 1.0,
                    "direction": "higher_better",
                    "category": "technical",
                }
            }
        },
        hyperparameters={"cash_pct": 0.1, "stop_loss_pct": 0.9, "position_size_pct": 0.2},
        provenance={
            "settings": session.settings.as_dict(),
            "objective_sha256": session.spec.sha256,
        },
        portfolio=dict(session.appraiser.space.mandates.block(params)) or None,
    )


def by_hand(portfolio: str = "") -> FactorFile:
    return parse_factor_file(
        f"factors: {{technical: {{momentum_12_1: {{weight: 1.0}}}}}}\n{portfolio}", "hand.yml"
    )


def same(one: Model, other: Model) -> bool:
    return np.array_equal(one.result.returns, other.result.returns)


LONG_SHORT = {"side": "long_short", "benchmark": "cash"}


@pytest.mark.parametrize(
    ("made", "here", "words"),
    [
        ({}, {"side": "long_short"}, "portfolio.side is long_short, the file has long"),
        ({}, {"side": "long", "max_gross": 1.0}, ""),  # what it is by default
        ({"side": "long_short"}, {}, ""),  # the settings say nothing
        ({"side": "long_short", "gross": 0.5}, {"side": "long_short"}, ""),
        ({}, {"vol_target": 0.1}, "portfolio.vol_target is 0.1, the file has none"),
        ({}, {"neutralise": ["beta"]}, "portfolio.neutralise is beta, the file has none"),
        (
            LONG_SHORT,
            {"benchmark": "universe"},
            "portfolio.benchmark is universe, the file has cash",
        ),
        ({"buffer": 0.5}, {"buffer": 1.0, "no_trade_band": 0.1}, "portfolio.no_trade_band is 0.1"),
    ],
)
def test_it_is_applied_under_the_rules_it_was_made_under(
    tmp_path: Path, made: dict[str, Any], here: dict[str, Any], words: str
) -> None:
    first = opened(tmp_path, **made)
    file = made_by(first)
    own = model_of(first, file, "f.yml")
    other = model_of(opened(tmp_path, **here), file, "f.yml")
    assert other.candidate.mandate == own.candidate.mandate
    assert same(own, other)
    assert other.content == own.content
    assert own.otherwise == ""
    assert words in other.otherwise
    assert bool(words) == bool(other.otherwise)


def test_what_a_trial_drew_is_said_only_where_the_setting_has_changed(tmp_path: Path) -> None:
    first = opened(tmp_path, DRAWN, side="long")
    file = made_by(first, side="long_short")
    assert model_of(first, file, "f.yml").candidate.mandate.side == "long_short"
    assert model_of(first, file, "f.yml").otherwise == ""
    unset = made_by(opened(tmp_path, DRAWN), side="long_short")
    here = model_of(opened(tmp_path, side="long"), unset, "f.yml")
    assert here.candidate.mandate.side == "long_short"
    assert "portfolio.side is long, the file has long_short" in here.otherwise


def test_what_is_written_by_hand_takes_the_settings_and_says_so(tmp_path: Path) -> None:
    session = opened(tmp_path, side="long_short", buffer=0.5)
    plain = model_of(session, by_hand(), "hand.yml")
    assert plain.candidate.mandate.side == "long_short"
    assert "portfolio.side: long_short; portfolio.buffer: 0.5" in plain.otherwise
    stating = model_of(session, by_hand("portfolio: {side: long, buffer: 0.5}"), "hand.yml")
    assert stating.candidate.mandate.side == "long"
    assert stating.otherwise == (
        "keeps to its own rules, not to the settings (portfolio.side is long_short, the file has "
        "long)"
    )


def test_a_construct_is_written_read_and_part_of_the_content(tmp_path: Path) -> None:
    session = opened(tmp_path, CONSTRUCT)
    file = made_by(session)
    assert file.portfolio == {"construct": session.spec.sha256}
    back = parse_factor_file(factor_file_text(file), "f.yml")
    assert back.portfolio == file.portfolio
    assert "construct" not in back.params
    bare = FactorFile(file.metadata, file.factors, file.hyperparameters)
    assert back.content_hash != bare.content_hash
    assert model_of(session, back, "f.yml").candidate.mandate.construct is not None
    with pytest.raises(ExoError, match=r"portfolio\.construct is 'mine', expected"):
        by_hand("portfolio: {construct: mine}")
    assert made_by(opened(tmp_path)).portfolio is None


@pytest.mark.parametrize(
    ("made", "here", "words"),
    [
        (CONSTRUCT, PLAIN, "and objective.py has none"),
        (CONSTRUCT, CONSTRUCT.replace("0.9 /", "0.8 /"), "made with another construct"),
        (PLAIN, CONSTRUCT, "was made without a construct, and objective.py:9 has one"),
    ],
)
def test_another_construct_is_refused(tmp_path: Path, made: str, here: str, words: str) -> None:
    file = made_by(opened(tmp_path, made))
    session = opened(tmp_path, here)
    with pytest.raises(ExoError) as caught:
        model_of(session, file, "f.yml")
    assert words in caught.value.message.replace(str(tmp_path) + "/", "")
    assert "--objective" in caught.value.hint
    assert caught.value.exit_code == ExitCode.NOT_THE_FILES
    assert not comparable(session, file)
    assert [s.label for s in warm_starts(session, file)] == ["equal weights"]


def test_what_is_written_by_hand_can_name_the_construct(tmp_path: Path) -> None:
    session = opened(tmp_path, CONSTRUCT)
    with pytest.raises(ExoError) as caught:
        model_of(session, by_hand(), "hand.yml")
    named = f'construct: "{session.spec.sha256}"'
    assert named in caught.value.hint
    check_construct(by_hand(f"portfolio: {{{named}}}"), "hand.yml", session.spec)


@pytest.mark.parametrize(
    ("text", "made", "here", "is_one"),
    [
        (PLAIN, {}, {}, True),
        (PLAIN, {"side": "long_short"}, {"side": "long_short"}, True),
        (PLAIN, {}, {"side": "long"}, True),
        (PLAIN, {}, {"benchmark": "cash"}, True),  # the same portfolio
        (PLAIN, {}, {"side": "long_short"}, False),
        (PLAIN, {"side": "long_short"}, {}, False),
        (DRAWN, {"side": "long_short"}, {}, True),  # a trial can draw it
        (DRAWN, {"buffer": 0.5}, {}, False),
    ],
)
def test_an_incumbent_of_another_mandate_is_not_compared(
    tmp_path: Path, text: str, made: dict[str, Any], here: dict[str, Any], is_one: bool
) -> None:
    file = made_by(opened(tmp_path, **made))
    session = opened(tmp_path, text, **here)
    assert comparable(session, file) == is_one
    labels = [s.label for s in warm_starts(session, file)]
    assert labels == [INCUMBENT, "equal weights"][not is_one :]


def test_an_incumbent_that_does_not_say_its_rules_does_not_end_a_run(tmp_path: Path) -> None:
    session = opened(tmp_path)
    file = made_by(session)
    assert file.provenance is not None
    file.provenance["settings"]["portfolio"] = {"of_tomorrow": 1}
    assert not comparable(session, file)
    with pytest.raises(ExoError, match="of_tomorrow"):
        model_of(session, file, "f.yml")


@pytest.mark.parametrize("part", ["in sample", "holdout"])
def test_an_incumbent_that_fails_is_left_out_of_the_figures(tmp_path: Path, part: str) -> None:
    text = MOODY
    if part == "holdout":
        split = opened(tmp_path).in_sample.dates[-1]
        text = OUTSIDE.replace("{}", str(split))
    session = opened(tmp_path, text)
    ledger = HoldoutLedger(tmp_path / "study.db", session.panel, session.split)
    weight = {"weight_momentum_12_1": 1.0}
    asked = [
        Appraisee(INCUMBENT, {**weight, "power": 1.9}, "a test", spare=True),
        Appraisee("trial 0", {**weight, "power": 1.1}, "a test"),
    ]
    found = session.appraiser.appraise(asked, ledger)
    assert [p.label for p in found.portfolios] == ["trial 0"]
    assert "too strong" in found.failures[INCUMBENT]
    assert found.portfolios[0].looks == 1  # what was not seen is no look
    with pytest.raises(ExoError, match="too strong"):
        session.appraiser.appraise([asked[0]._replace(spare=False), asked[1]], ledger)
