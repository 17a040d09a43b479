"""Which trials of a table, and in which order."""

import math
from dataclasses import replace

import pytest

from mech_exo.errors import ExoError
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.tuning.trial_choice import TrialChoice, parse
from tests.unit.tuning.stored_studies import CONSTRAINTS, KIND, complete, failed, pruned


def study() -> StudyRecord:
    """Six trials: drawdowns 0.0, 0.0, 0.15, none, 0.0, 0.0; values 1, 3, 2, none, 3, 0.5."""
    kinds = dict(enumerate(["a", 1, True, None, 1.5]))
    trials = [
        complete(0, 1.0),
        complete(1, 3.0),
        complete(2, 2.0, excess=0.05),
        failed(3, "ruined on 2020-03-01 and after"),
        complete(4, 3.0),
        pruned(5, 0.5),
    ]

    def with_kind(trial: TrialRecord) -> TrialRecord:
        return replace(
            trial,
            params={**trial.params, "kind": kinds.get(trial.number, "a")},
            distributions={**trial.distributions, "kind": KIND},
        )

    return StudyRecord(
        "s", ("maximize",), constraint_names=CONSTRAINTS, trials=tuple(map(with_kind, trials))
    )


def chosen(**asked: object) -> list[int]:
    return [row["number"] for row in TrialChoice(**asked).rows(study())]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (["max_drawdown<0.1"], [0, 1, 4, 5]),
        (["max_drawdown < 0.1 and sharpe>=3"], [1, 4]),
        (["max_drawdown<0.1", "sharpe >= 3"], [1, 4]),
        (["max_drawdown<0.1 AND number>1"], [4, 5]),
        (["metric_max_drawdown>0.1"], [2]),
        (["constraint_max_drawdown<=0"], [0, 1, 4, 5]),
        (["value==3"], [1, 4]),
        (["value!=3.0e0"], [0, 2, 5]),
        (["number>=-1"], [0, 1, 2, 3, 4, 5]),
        (["state==fail"], [3]),
        (["state!=COMPLETE"], [3, 5]),
        (["feasible==false"], [2]),
        (["feasible==TRUE"], [0, 1, 4, 5]),
        (["reason=='ruined on 2020-03-01 and after'"], [3]),
        (['reason=="ruined on 2020-03-01 and after" and number>0'], [3]),
        (["kind==a"], [0, 5]),
        (["kind==true"], [2]),
        (["kind==1"], [1]),
        (["kind!=a"], [1, 2, 4]),  # of trial 3 it is undefined
        (["completed>=2025-03-30T12:00:04"], [4, 5]),
        (["calmar<1"], []),  # undefined in all
        (["calmar!=1"], []),
        (["momentum_window>=6 and weight_rsi_14<=1 and rsi_14>=-1"], [0, 1, 2, 3, 4, 5]),
    ],
)
def test_conditions(where: list[str], numbers: list[int]) -> None:
    assert chosen(where=where) == numbers


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"where": ["sharp>1"]}, r"no 'sharp'.*Did you mean sharpe"),
        ({"sort": "max_drawdon:desc"}, r"no 'max_drawdon'.*Did you mean max_drawdown\?"),
        ({"sort": "zzz"}, r"no 'zzz'.*They have: number, epoch"),
        ({"where": ["sharpe"]}, "'sharpe' is no condition"),
        ({"where": ["sharpe=1"]}, "'sharpe=1' is no condition"),
        ({"where": ["1<sharpe<2"]}, "is no condition"),
        ({"where": ["sharpe>1 or sharpe<0"]}, "is no condition"),
        ({"where": ["sharpe>1 and"]}, "'1 and' is none|is no condition"),
        ({"where": [""]}, "is no condition"),
        ({"where": ["__import__('os')>1"]}, "is no condition"),
        ({"where": ["sharpe>1%"]}, "'1%' is none.*not per cent"),
        ({"where": ["reason<b"]}, "is not compared by <"),
        ({"where": ["state==complet"]}, "no state 'complet'"),
        ({"state": "done"}, "--state: there is no state 'done'"),
    ],
)
def test_mistakes_have_one_clear_error(asked: dict[str, object], words: str) -> None:
    with pytest.raises(ExoError, match=words):
        chosen(**asked)


def test_the_order_is_stable_and_the_undefined_come_last() -> None:
    assert chosen(sort="value") == [5, 0, 2, 1, 4, 3]
    assert chosen(sort="value:asc") == chosen(sort="value")
    assert chosen(sort="value:desc") == [1, 4, 2, 0, 5, 3]
    assert chosen(sort="sharpe:DESC", limit=2) == [1, 4]
    assert chosen(sort="calmar") == [0, 1, 2, 3, 4, 5]
    assert len(chosen(sort="kind")) == 6


def test_state_feasible_and_limit() -> None:
    assert chosen(state="complete") == [0, 1, 2, 4]
    assert chosen(feasible=True) == [0, 1, 4]
    assert chosen(feasible=True, state="Complete", limit=1) == [0]
    assert chosen() == [0, 1, 2, 3, 4, 5]


def test_a_study_without_trials_has_none_and_mistakes_are_still_said() -> None:
    empty = StudyRecord("e", ("maximize",))
    assert TrialChoice(where=["sharpe>1"], sort="sharpe").rows(empty) == []
    with pytest.raises(ExoError, match="no condition"):
        TrialChoice(where=["sharpe>"]).rows(empty)


def test_what_is_named_is_known_to_the_table() -> None:
    columns = ["number", "value", "param_weight_rsi_14", "metric_sharpe", "constraint_sharpe"]
    choice = TrialChoice(where=["rsi_14>0 and sharpe>1"], sort="constraint_sharpe:desc")
    assert choice.named(columns) == ["constraint_sharpe", "param_weight_rsi_14", "metric_sharpe"]


def test_quotes_hold_texts_together() -> None:
    assert parse("a == 'x and y<2' and b<1") == [("a", "==", "x and y<2"), ("b", "<", "1")]
    assert math.isinf(float(parse("a<inf")[0][2]))
