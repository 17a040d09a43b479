"""Flags that say how scores become a portfolio."""

import pytest

from mech_exo.cli.mandate_options import MandateOptions


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sector", ["sector"]),
        ("beta, size", ["beta", "size"]),
        ("sector+beta", ["sector", "beta"]),  # as a trial draws it
        ("none", []),
    ],
)
def test_what_scores_are_neutral_to(written: str, meant: list[str]) -> None:
    options = MandateOptions(neutralise=written)
    assert options.overrides() == {"portfolio.neutralise": meant}


def test_a_flag_that_is_not_given_changes_nothing() -> None:
    assert MandateOptions().overrides() == {}
