"""What `exo verify` says about a file of another kernel."""

import pytest

from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.errors import ExitCode
from mech_exo.report.verification_table import verification_line
from mech_exo.verification.comparisons import KERNEL, FieldComparison, Verification, compare

SHARPE, VOLATILITY = "metadata.best_sharpe_ratio", "metadata.volatility"


def found(stated: str | None, *values: FieldComparison) -> Verification:
    kernel = FieldComparison(KERNEL, stated, KERNEL_VERSION, stated == KERNEL_VERSION)
    return Verification((), values, kernel=kernel, made_by="mech-exo 0.1.0")


def test_a_file_of_an_older_kernel_says_what_it_needs_and_how_to_go_on() -> None:
    other = found("1", compare(SHARPE, 1.0, 1.1), compare(VOLATILITY, 0.1, 0.1))
    assert other.exit_code == ExitCode.NOT_THE_FILES
    assert verification_line(other) == (
        "NOT verified: 1 figure differs under this one; to verify the file, made by mech-exo 0.1.0"
        ", it needs backtest kernel 1, this exo has kernel 2 (kernel 2: scores are ranked as means"
        ", whatever the size of the weights; a benchmark that had all set aside pays for its next "
        "purchase; what is bought for nothing is not held). Verify it with the exo that made it, "
        "or tune and export again with this one."
    )


def test_figures_that_come_out_all_the_same_are_verified() -> None:
    same = found("1", compare(SHARPE, 1.0, 1.0 + 1e-12), compare(VOLATILITY, None, float("nan")))
    assert same.exit_code == ExitCode.DONE
    assert verification_line(same) == (
        "verified: made under kernel 1; all 2 values come out under kernel 2 as well."
    )


@pytest.mark.parametrize("stated", ["3", None])
def test_a_file_of_a_later_kernel_says_which(stated: str | None) -> None:
    words = f"it needs backtest kernel {stated}, this exo has kernel 2. Verify"
    assert words in verification_line(found(stated, compare(SHARPE, 1.0, 1.1)))


def test_what_no_kernel_decides_is_an_edit() -> None:
    edited = found("1", compare(SHARPE, 1.0, 1.1), FieldComparison("provenance.seed", 7, 42, False))
    assert edited.exit_code == ExitCode.REFUSED
    assert "provenance.seed differs" in verification_line(edited)
