from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.config.settings import FactorTable, Settings
from mech_exo.data.catalogue import FIRST_FACTORS
from mech_exo.data.identity import DataIdentity, is_part
from mech_exo.tuning.fingerprint import components_of, difference, factors_of, fingerprint_of
from tests.unit.tuning.stored_studies import SPACE, WEIGHT

KERNEL_2 = (
    "backtest kernel: 1 → 2; it needs backtest kernel 1, this exo has kernel 2 "
    "(kernel 2: scores are ranked as means, whatever the size of the weights; a benchmark that "
    "had all set aside pays for its next purchase; what is bought for nothing is not held)"
)
DATA = DataIdentity(
    symbols="AA, BB, CC",
    months="2016-01 0123456789abcdef",
    prices="b" * 64,
    schedule="c" * 64,
    factors={"rsi_14": "d" * 64, "pe_ratio": None},
)


def components(settings: Settings | None = None, **changed: object) -> dict[str, str]:
    given: dict[str, object] = {
        "objective_sha256": "a" * 64,
        "space": SPACE,
        "thresholds": {"max_drawdown": 0.12, "volatility": 0.25, "weight_limit": None},
        "objectives": ("sharpe",),
        "data": DATA,
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
    dearer = replace(DATA, prices="d" * 64, months="2016-01 01234567----cdef")
    assert changed_lines(data=dearer) == ["prices of 2016-03 are gone"]
    assert changed_lines(kernel_version="2") == [KERNEL_2]
    assert changed_lines(objectives=("sharpe", "max_drawdown")) == [
        'objectives: ["sharpe"] → ["sharpe", "max_drawdown"]'
    ]


def undivided(**changed: str) -> dict[str, str]:
    """The components of a study of kernel 1: one hash for all data."""
    divided = components(kernel_version="1")
    kept = {n: v for n, v in divided.items() if not is_part(n)}
    return {**kept, "data": "e" * 64, **changed}


def test_a_study_of_one_hash_is_compared_in_its_own_form() -> None:
    now = components(kernel_version="2")
    assert difference(undivided(), now, lambda: "e" * 64) == [KERNEL_2]
    assert difference(undivided(), now, lambda: "f" * 64) == [
        KERNEL_2,
        f"data: {'e' * 12} → {'f' * 12}",
    ]
    assert factors_of(undivided()) == FIRST_FACTORS
    assert factors_of(now) == ("rsi_14", "pe_ratio")


def test_a_setting_that_is_new_is_no_difference_at_its_default() -> None:
    table = FactorTable(file=Path("a.csv"))
    settings = replace(S, data=replace(S.data, source="files", factors=(table,)))
    now = components(settings)
    for name in ("backtest.stop_lag", "data.factors.0.layout", "tuning.window"):
        older = {n: v for n, v in now.items() if n != name}
        assert difference(older, now) == []
        assert difference(older, {**now, name: "9"}) == [f"{name}: (none) → 9"]
        assert difference(now, older) == [f"{name}: {now[name]} → (none)"]


def test_how_a_table_is_read_counts_where_it_is_stated() -> None:
    def with_table(**stated: object) -> dict[str, str]:
        table = FactorTable(file=Path("a.csv"), **stated)  # type: ignore[arg-type]
        return components(replace(S, data=replace(S.data, source="files", factors=(table,))))

    plain = with_table()
    named = {name for name in plain if name.startswith("data.factors.")}
    assert named == {"data.factors.0.layout", "data.factors.0.factor"}
    assert difference(plain, with_table(availability_lag_days=90)) == [
        "data.factors.0.availability_lag_days: (none) → 90"
    ]
    assert difference(plain, with_table(where={"dimension": ("ARQ",)})) == [
        'data.factors.0.where.dimension: (none) → ["ARQ"]'
    ]
