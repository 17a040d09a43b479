"""What `exo verify` says about a file of another kernel."""

from mech_exo.backtest.version import KERNEL_VERSION
from mech_exo.report.verification_table import verification_line
from mech_exo.verdict.verify import Comparison, Verification


def line(stated: str | None) -> str:
    kernel = Comparison("provenance.kernel_version", stated, KERNEL_VERSION, False)
    return verification_line(Verification((kernel,), ()))


def test_a_file_of_an_older_kernel_says_what_it_needs_and_how_to_go_on() -> None:
    assert line("1") == (
        "NOT verified: the backtest code is not that of the file: it needs backtest kernel 1, this "
        "exo has kernel 2 (kernel 2: scores are ranked as means, whatever the size of the weights; "
        "a benchmark that had all set aside pays for its next purchase; what is bought for nothing "
        "is not held). Its figures were not computed again. Verify it with the exo that made it, "
        "or tune and export again with this one."
    )


def test_a_file_of_a_later_kernel_says_which() -> None:
    assert "it needs backtest kernel 3, this exo has kernel 2. Its" in line("3")
    assert "it needs backtest kernel None, this exo has kernel 2. Its" in line(None)
