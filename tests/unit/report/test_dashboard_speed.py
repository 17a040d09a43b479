"""What a poll of the dashboard costs, against plain optuna-dashboard on the same file."""

from pathlib import Path

import pytest

from benchmarks.dashboard import make_study, measure

TRIALS = 2000


@pytest.mark.slow
def test_a_poll_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    make_study(path, TRIALS)
    measured = measure(path, TRIALS)
    first, theirs_first = measured["first load"]
    poll, theirs_poll = measured["poll"]
    assert first.sent <= 600 * TRIALS  # 3 MB at 5,000
    assert poll.sent < 20_000
    assert theirs_first.processor_s / first.processor_s > 4  # 12 measured
    assert theirs_poll.processor_s / poll.processor_s > 30  # 200 measured
