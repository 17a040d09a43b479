"""What `exo study` takes on a long study, against a plain read of the same rows."""

from pathlib import Path

import pytest

from benchmarks.dashboard import make_study
from benchmarks.study_commands import NAME, plain_read, study_command, taken

TRIALS = 5000


@pytest.mark.slow
def test_a_long_study_is_shown_quickly(tmp_path: Path) -> None:
    """Measured: show 4, csv 4.4 times a plain read, of which most is the interpreter's start."""
    path = tmp_path / "f.db"
    make_study(path, TRIALS, name=NAME)
    plain = taken(plain_read(path), 3).processor
    for words in ("show", f"trials {NAME} --format csv", f"trials {NAME} --sort sharpe"):
        assert taken(study_command(words, path), 3).processor < 12 * plain, words
