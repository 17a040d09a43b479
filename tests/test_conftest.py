"""The suite passes however it is started: under nohup, without stdin, in another time zone."""

import subprocess
import sys

from tests.cli.conftest import REPOSITORY

START = (
    'trap "" HUP INT TERM QUIT PIPE; umask 077; '
    'exec env COLUMNS=20 FORCE_COLOR=1 TZ=Pacific/Kiritimati LC_ALL=C TERM= "$@" <&-'
)
DELICATE = (
    "tests/cli/test_entry.py::test_a_signal_while_the_data_load_exits_130",
    "tests/unit/report/test_live_progress.py",
    "tests/unit/system/test_whole_files.py",
)


def test_the_suite_does_not_depend_on_how_it_is_started() -> None:
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *DELICATE]
    run = subprocess.run(
        ["sh", "-c", START, "sh", *pytest],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
