from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.config.settings import FactorTable, Settings
from mech_exo.tuning.fingerprint import components_of, difference, fingerprint_of
from tests.unit.tuning.stored_studies import SPACE, WEIGHT


def components(settings: Settings | None = None, **changed: object) -> dict[str, str]:
    given: dict[str, object] = {
        "objective_sha256": "a" * 64,
        "space": SPACE,
        "thresholds": {"max_drawdown": 0.12, "volatility": 0.25, "weight_limit": None},
        "objectives": ("sharpe",),
        "data_fingerprint": "b" * 64,
        "kernel_version": "1",
    }
    return components_of(settings or Settings(), **{**given, **changed})  # type: ignore[arg-type]


def changed_lines(settings: Settings | None = None, **changed: object) -> list[str]:
    return difference(components(), components(settings, **changed))


def test_the_same_conditions_have_the_same_fingerprint_in_any_order() -> None:
    one = components()
    assert fingerprint_of(one) == fingerprint_of(dict(reversed(one.items())))
    assert len(fingerprint_of(one)) == 64
    assert difference(one, components()) == []


S = Settings()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (replace(S, tuning=replace(S.tuning, seed=43)), "tuning.seed: 42 → 43"),
        (replace(S, tuning=replace(S.tuning, sampler="cmaes")), "tuning.sampler: tpe → cmaes"),
        (replace(S, tuning=replace(S.tuning, pruner="median")), "tuning.pruner: none → median"),
        (replace(S, tuning=replace(S.tuning, window=8)), "tuning.window: 4 → 8"),
        (
            replace(S, backtest=replace(S.backtest, commission_bps=0.1)),
            "backtest.commission_bps: 5.0 → 0.1",
        ),
        (
            replace(S, holdout=replace(S.holdout, fraction=0.25)),
            "holdout.fraction: 0.2 → 0.25",
        ),
        (replace(S, factors=replace(S.factors, winsorise=0.0)), "factors.winsorise: 0.01 → 0.0"),
        (
            replace(S, hyperparameters=replace(S.hyperparameters, cash_pct=0.1)),
            "hyperparameters.cash_pct: 0.05 → 0.1",
        ),
        (
            replace(S, data=replace(S.data, demo=replace(S.data.demo, seed=8))),
            "data.demo.seed: 7 → 8",
        ),
        (replace(S, data=replace(S.data, max_age_days=400)), "data.max_age_days: null → 400"),
    ],
)
def test_a_setting_that_can_change_a_trial_is_named(settings: Settings, line: str) -> None:
    assert changed_lines(settings) == [line]
    assert fingerprint_of(components()) != fingerprint_of(components(settings))


@pytest.mark.parametrize(
    "settings",
    [
        replace(S, tuning=replace(S.tuning, warm_start=False)),
        replace(S, storage=replace(S.storage, journal_mode="delete")),
        replace(S, notify=replace(S.notify, timeout_s=1.0)),
        replace(S, verdict=replace(S.verdict, placebos=9)),
        replace(S, data=replace(S.data, prices=Path("elsewhere.csv"))),
    ],
)
def test_what_cannot_change_a_trial_is_not_in_it(settings: Settings) -> None:
    assert changed_lines(settings) == []


def test_a_factor_table_counts_but_not_where_it_lies() -> None:
    def with_table(file: str, layout: str) -> Settings:
        table = FactorTable(file=Path(file), layout=layout, columns={"pe": "pe_ratio"})  # type: ignore[arg-type]
        return replace(S, data=replace(S.data, source="files", factors=(table,)))

    one = components(with_table("a.csv", "long"))
    assert difference(one, components(with_table("b.csv", "long"))) == []
    assert difference(one, components(with_table("a.csv", "wide"))) == [
        "data.factors.0.layout: long → wide"
    ]
    assert one["data.factors.0.columns.pe"] == "pe_ratio"
    assert not [name for name in one if name.startswith("data.demo")]


def test_the_space_the_thresholds_and_the_files_are_named() -> None:
    wider = WEIGHT.replace("1.0", "2.0")
    assert changed_lines(space={**SPACE, "weight_rsi_14": wider, "cash_pct": WEIGHT}) == [
        "space.weight_rsi_14: float -1.0 … 1.0 → float -2.0 … 2.0",
        "space.cash_pct: (none) → float -1.0 … 1.0",
    ]
    assert changed_lines(
        thresholds={"max_drawdown": 0.1, "volatility": 0.25, "weight_limit": 2.0}
    ) == ["thresholds.max_drawdown: 0.12 → 0.1", "thresholds.weight_limit: null → 2.0"]
    assert changed_lines(objective_sha256="c" * 64) == [f"objective file: {'a' * 12} → {'c' * 12}"]
    assert changed_lines(data_fingerprint="d" * 64) == [f"data: {'b' * 12} → {'d' * 12}"]
    assert changed_lines(kernel_version="2") == [
        "backtest kernel: 1 → 2; it needs backtest kernel 1, this exo has kernel 2 "
        "(kernel 2: scores are ranked as means, whatever the size of the weights; a benchmark that "
        "had all set aside pays for its next purchase; what is bought for nothing is not held)"
    ]
    assert changed_lines(objectives=("sharpe", "max_drawdown")) == [
        'objectives: ["sharpe"] → ["sharpe", "max_drawdown"]'
    ]
