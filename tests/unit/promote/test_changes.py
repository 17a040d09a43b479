"""Two files side by side."""

from mech_exo.factor_file.read import parse_factor_file
from mech_exo.promote.changes import Change, changes

BEFORE = parse_factor_file(
    """\
factors:
  technical:
    rsi_14: {weight: 0.5, direction: lower_better}
    momentum_12_1: {weight: 0.2}
hyperparameters: {cash_pct: 0.1}
""",
    "before.yml",
)
AFTER = parse_factor_file(
    """\
metadata: {best_sharpe_ratio: 1.5, study_name: s}
factors:
  technical:
    rsi_14: {weight: 0.25}
  own:
    reversal: {weight: -0.1, parameters: {window: 5}}
hyperparameters: {cash_pct: 0.2}
out_of_sample: {metrics: {sharpe: 0.7}}
verdict: {overall: PASS}
""",
    "after.yml",
)


def test_weights_of_raw_scores_largest_change_first() -> None:
    assert changes(BEFORE, AFTER).weights == (
        Change("rsi_14", -0.5, 0.25),
        Change("momentum_12_1", 0.2, None),
        Change("reversal", None, -0.1),
    )


def test_parameters_metrics_and_origins() -> None:
    found = changes(BEFORE, AFTER)
    assert found.parameters == (Change("cash_pct", 0.1, 0.2), Change("window", None, 5))
    assert found.metrics == (
        Change("best_sharpe_ratio", None, 1.5),
        Change("out of sample sharpe", None, 0.7),
    )
    unbound = "none (not judged; the file says PASS, but does not say of which weights it is)"
    assert found.origins["verdict"] == ("none (not judged)", unbound)
    assert found.origins["study"] == ("–", "s")


def test_without_an_incumbent_everything_is_new() -> None:
    found = changes(None, AFTER)
    assert all(c.before is None for c in (*found.weights, *found.parameters, *found.metrics))


def test_a_file_does_not_differ_from_itself() -> None:
    found = changes(AFTER, AFTER)
    every = (*found.weights, *found.parameters, *found.metrics)
    assert not any(change.changed for change in every)
