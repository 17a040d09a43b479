"""`exo reoptimize` under faults: whatever happens, the next run ends where an undisturbed one does.

Runs are children forked from this process, which has everything imported; they are killed, or their
writes made to fail, from outside the product's code.
"""

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mech_exo.cli.entry import run
from mech_exo.factor_file.read import read_factor_file
from mech_exo.jobs.weekly_run import only_run
from mech_exo.tuning.records import read_study
from tests.cli.conftest import REPOSITORY
from tests.cli.file_project import SESSIONS, file_project, write_prices
from tests.unit.notify.stand_in import CHAT, TOKEN, StandIn, refused, stand_in

pytestmark = pytest.mark.slow

GROWING = ("fsync", "link", "replace")  # what a full disk refuses
WRITES = ("fsync", "link", "replace", "unlink")
# What depends on when a run is made and on whom it tells, and not on what it finds.
CLOCK = re.compile(
    r"(created_at|elapsed_time_seconds|document_hash|looked|api_base_url|timeout_s"
    r"|min_interval_s): .*"
)

Patch = Callable[[], None]


def reoptimize(
    project: Path, *options: str, patch: Patch | None = None, env: Mapping[str, str] | None = None
) -> int:
    """Run in a child, with its output in run.out; the exit code, or minus the signal."""
    pid = start(project, *options, patch=patch, env=env)
    return ended(pid)


def start(
    project: Path, *options: str, patch: Patch | None = None, env: Mapping[str, str] | None = None
) -> int:
    pid = forked()
    if pid:
        return pid
    code = 99
    try:
        os.setsid()  # so that a kill reaches the workers as well
        out = os.open(project / "run.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        for name in [n for n in os.environ if n.startswith(("EXO_", "TELEGRAM_"))]:
            del os.environ[name]
        os.environ |= dict(env or {}) | {"PYTHONPATH": str(REPOSITORY)}
        if patch is not None:
            patch()
        code = run(["reoptimize", "--project", str(project), "--n-jobs", "1", *options])
    finally:
        sys.stderr.flush()
        os._exit(code)


def forked(patience: int = 20) -> int:
    """Fork this process, which is large: where memory is short just now, a little later."""
    for _ in range(patience):
        try:
            return os.fork()
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise
            time.sleep(1.0)
    return os.fork()


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def output(project: Path) -> str:
    return (project / "run.out").read_text()


def state(project: Path) -> dict[str, Any]:
    """All that a run leaves but its logs, less the times."""
    staging = project / "config/staging"
    files = [CLOCK.sub(r"\1", p.read_text()) for p in sorted(staging.glob("factors_*.yml"))]
    (study,) = (project / "studies").glob("factor_opt.db")
    record = read_study(study, f"factor_opt_{date.today():%Y%m%d}")
    production = project / "config/factors.yml"
    return {
        "staged": files,
        "trials": [(t.number, t.state, t.params, t.values) for t in record.trials],
        "production": production.read_bytes() if production.exists() else None,
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every run works: a factor file knows the path of its data."""
    return tmp_path_factory.mktemp("work") / "project"


@pytest.fixture(scope="module")
def fresh(place: Path, tmp_path_factory: pytest.TempPathFactory) -> "Kept":
    """A project that has never run, with a hand-written incumbent."""
    project = file_project(tmp_path_factory.mktemp("fresh") / "project")
    (project / "config/factors.yml").write_text(
        "factors:\n  technical:\n    rsi_14: {weight: -0.2}\n    momentum_12_1: {weight: 0.1}\n"
        "hyperparameters: {cash_pct: 0.4, stop_loss_pct: 0.05, position_size_pct: 0.2}\n"
    )
    text = (project / "config/settings.yml").read_text()
    (project / "config/settings.yml").write_text(text + "promote: {margin: -0.9, level: 0.5}\n")
    return Kept(project, place)


@pytest.fixture(scope="module")
def done(fresh: "Kept", tmp_path_factory: pytest.TempPathFactory) -> "Kept":
    """The same after an undisturbed run."""
    project = fresh.unpack()
    assert reoptimize(project) == 0, output(project)
    kept = shutil.copytree(project, tmp_path_factory.mktemp("done") / "project")
    return Kept(kept, project)


@pytest.fixture(scope="module")
def tuned(done: "Kept", tmp_path_factory: pytest.TempPathFactory) -> "Kept":
    """The same before anything was staged."""
    kept = shutil.copytree(done.path, tmp_path_factory.mktemp("tuned") / "project")
    shutil.rmtree(kept / "config/staging")
    return Kept(kept, done.place)


@dataclass(frozen=True)
class Kept:
    """A project as it was at some moment."""

    path: Path
    place: Path

    def unpack(self) -> Path:
        """A copy to work in, always in the same place."""
        shutil.rmtree(self.place, ignore_errors=True)
        return shutil.copytree(self.path, self.place)


def pages(project: Path) -> dict[str, bytes]:
    """The reports beside the staged files."""
    return {p.name: p.read_bytes() for p in (project / "config/staging").glob("*.html")}


def test_stages_what_is_better_and_leaves_production_alone(done: Kept, fresh: Kept) -> None:
    project = done.path
    assert len(state(project)["staged"]) == 2
    assert "staged: the challenger is better" in output(project)
    production = (project / "config/factors.yml").read_bytes()
    assert production == (fresh.path / "config/factors.yml").read_bytes()
    latest = project / "config/staging/factors_optuna_latest.yml"
    assert read_factor_file(latest).verdict is not None
    (log,) = (project / "logs").iterdir()
    assert "staged" in log.read_text()
    assert not (project / "studies/reoptimize.lock").exists()


def test_the_same_day_again_changes_nothing(done: Kept) -> None:
    again = done.unpack()
    assert reoptimize(again) == 0, output(again)
    assert state(again) == state(done.path)
    assert pages(again) == pages(done.path)
    assert len(list((again / "logs").iterdir())) == 2


def test_the_page_beside_the_staged_file(done: Kept, tuned: Kept) -> None:
    ((name, page),) = pages(done.path).items()
    assert name.removesuffix(".html") in {p.stem for p in (done.path / "config/staging").iterdir()}
    assert page.startswith(b"<!DOCTYPE html>")
    project = tuned.unpack()
    assert reoptimize(project, env={"EXO_REOPTIMIZE__REPORT": "false"}) == 0, output(project)
    assert not pages(project)
    project = tuned.unpack()
    (project / "config/staging" / name).mkdir(parents=True)
    assert reoptimize(project) == 0, output(project)
    assert "no report was written" in output(project)
    assert state(project)["staged"] == state(done.path)["staged"]


def test_no_change_is_a_good_result(tuned: Kept) -> None:
    project = tuned.unpack()
    assert reoptimize(project, env={"EXO_PROMOTE__MARGIN": "0.9"}) == 0
    assert "no change" in output(project)
    assert not list((project / "config/staging").iterdir())


def counting(act: Callable[[], None], at: int, names: tuple[str, ...] = WRITES) -> Patch:
    """Before the `at`-th write of the process, `act`."""

    def patch() -> None:
        count = 0

        def counted(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **options: object) -> object:
                nonlocal count
                count += 1
                if count == at:
                    act()
                return real(*arguments, **options)

            return call

        for name in names:
            setattr(os, name, counted(getattr(os, name)))

    return patch


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_killed_between_any_two_writes_of_files(done: Kept, tuned: Kept) -> None:
    point, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        point += 1
        project = tuned.unpack()
        code = reoptimize(project, patch=counting(die, point))
        assert code in (0, -signal.SIGKILL)
        read_factor_file(project / "config/factors.yml")
        latest = project / "config/staging/factors_optuna_latest.yml"
        if latest.exists():
            read_factor_file(latest)
        if code:
            assert reoptimize(project) == 0, output(project)
        assert state(project) == state(done.path), point
        assert pages(project) == pages(done.path), point
    assert point > 8


def test_disk_full_at_any_write_of_a_file(done: Kept, tuned: Kept) -> None:
    failed = 0
    for point in range(1, 8):
        project = tuned.unpack()
        code = reoptimize(project, patch=counting(no_space, point, GROWING))
        read_factor_file(project / "config/factors.yml")
        if code:
            failed += 1
            assert code == 2, output(project)
            assert output(project).splitlines()[-1].startswith("error: ")
            assert "Traceback" not in output(project)
            assert reoptimize(project) == 0, output(project)
        assert state(project) == state(done.path), point
    assert failed >= 3


def test_killed_at_random_moments(done: Kept, fresh: Kept) -> None:
    """With its workers, as by a power cut, until a run comes through."""
    project = fresh.unpack()
    chance = random.Random(20261125)
    kills = 0
    for _ in range(5):
        pid = start(project)
        time.sleep(chance.uniform(0.2, 4.0))
        os.killpg(pid, signal.SIGKILL) if os.getpgid(pid) == pid else os.kill(pid, signal.SIGKILL)
        kills += ended(pid) == -signal.SIGKILL
        read_factor_file(project / "config/factors.yml")
    assert kills
    assert reoptimize(project) == 0, output(project)
    assert state(project) == state(done.path)


def test_leftovers_of_an_earlier_crash(done: Kept, tuned: Kept) -> None:
    project = tuned.unpack()
    staging = project / "config/staging"
    staging.mkdir()
    (staging / "factors_optuna_latest.yml").write_text("metadata:\n  created_at: 20")
    leftover = staging / ".factors_optuna_latest.yml.0123456789ab.tmp"
    leftover.write_text("half")
    os.utime(leftover, (0, 0))
    assert reoptimize(project) == 0, output(project)
    assert state(project) == state(done.path)
    assert not leftover.exists()


@pytest.mark.parametrize("fault", ["garbage", "missing", "folder", "stale", "shorter"])
def test_data_that_are_not_fit(done: Kept, tuned: Kept, fault: str) -> None:
    project = tuned.unpack()
    prices = project / "prices.csv"
    whole = prices.read_bytes()
    prices.unlink()
    if fault == "garbage":
        prices.write_bytes(os.urandom(500))
    elif fault == "folder":
        prices.mkdir()
    elif fault == "stale":
        write_prices(prices, date.today() - timedelta(days=30))
    elif fault == "shorter":
        write_prices(prices, date.today(), SESSIONS - 100)
    assert reoptimize(project) == 2, output(project)
    last = output(project).splitlines()[-1]
    assert last.startswith("error: ")
    assert "prices.csv" in last
    assert "Traceback" not in output(project)
    newest = max((project / "logs").iterdir(), key=lambda p: p.stat().st_mtime)
    assert "error: " in newest.read_text()
    shutil.rmtree(prices) if prices.is_dir() else prices.unlink(missing_ok=True)
    prices.write_bytes(whole)
    assert reoptimize(project) == 0, output(project)
    assert state(project) == state(done.path)


def telegram(url: str, timeout_s: float = 20.0) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_CHAT_ID": CHAT,
        "EXO_NOTIFY__API_BASE_URL": url,
        "EXO_NOTIFY__TIMEOUT_S": str(timeout_s),
        "EXO_NOTIFY__MIN_INTERVAL_S": "0",
    }


def no_token_in(project: Path) -> None:
    secrets = [s.encode() for s in (TOKEN, TOKEN.split(":")[1])]
    for path in project.rglob("*"):
        if path.is_file():
            assert not any(secret in path.read_bytes() for secret in secrets), path


def test_telegram_gets_one_message_with_the_digest(tuned: Kept, done: Kept) -> None:
    project = tuned.unpack()
    with stand_in() as server:
        assert reoptimize(project, env=telegram(server.url)) == 0, output(project)
    assert state(project) == state(done.path)
    assert [m for m, _ in server.requests].count("sendMessage") == 1
    digest = server.texts()[-1]
    for words in ("verdict: ", "incumbent", "largest changes: ", "staged: the challenger"):
        assert words in digest
    no_token_in(project)


def test_telegram_is_told_of_a_failure(tuned: Kept) -> None:
    project = tuned.unpack()
    (project / "prices.csv").write_text("nothing")
    with stand_in() as server:
        assert reoptimize(project, env=telegram(server.url)) == 2
    assert "failed. " in server.texts()[-1]
    assert "prices.csv" in server.texts()[-1]


def unauthorised(server: StandIn) -> None:
    server.always = refused(401, "Unauthorized")


def broken(server: StandIn) -> None:
    server.always = refused(500, "Internal Server Error")


def busy(server: StandIn) -> None:
    server.always = refused(429, "Too Many Requests: retry after 3600", retry_after=3600)


@pytest.mark.parametrize("trouble", [unauthorised, broken, busy, None])
def test_telegram_down_changes_nothing_and_is_said_once(
    tuned: Kept, done: Kept, trouble: Callable[[StandIn], None] | None
) -> None:
    project = tuned.unpack()
    with stand_in() as server:
        if trouble is not None:
            trouble(server)
        url = server.url
        if trouble is not None:
            code = reoptimize(project, env=telegram(url))
    if trouble is None:  # nobody listens there any more
        code = reoptimize(project, env=telegram(url))
    assert code == 0, output(project)
    assert state(project) == state(done.path)
    assert output(project).count("Telegram: ") == 1
    no_token_in(project)


def test_two_at_the_same_minute(tuned: Kept) -> None:
    project = tuned.unpack()
    with only_run(project):
        assert reoptimize(project) == 5
    assert re.search(rf"is being run by process {os.getpid()} on ", output(project))
    assert reoptimize(project) == 0, output(project)


def test_dry_run_writes_nothing(fresh: Kept) -> None:
    project = fresh.unpack()
    before = {p.relative_to(project) for p in project.rglob("*")}
    assert reoptimize(project, "--dry-run") == 0, output(project)
    assert "would run  trials 0 to 7; then the verdict" in output(project)
    made = {p.relative_to(project) for p in project.rglob("*")} - before
    assert made == {Path("run.out")}


def test_the_lines_of_the_crontab_in_crons_own_environment(
    fresh: Kept, done: Kept, tmp_path: Path
) -> None:
    """No variables but cron's, the working directory /, no terminal."""
    project = fresh.unpack()
    program = tmp_path / "exo"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m mech_exo.cli "$@"\n'
    )
    program.chmod(0o755)
    lines = (REPOSITORY / "scripts/crontab.example").read_text().splitlines()
    entries = [entry for entry in lines if re.match(r"[\d*]", entry)]
    commands = [entry.split(maxsplit=5)[5] for entry in entries]
    assert "%" not in "".join(commands)  # a newline to cron
    assert [command.split()[1] for command in commands] == ["reoptimize", "paper", "risk"]
    set_above = [entry.split("=")[0] for entry in lines if re.match(r"[A-Z]+=", entry)]
    assert set_above == ["EXO", "PROJECT"]
    cron = {
        "HOME": str(tmp_path),
        "LOGNAME": "nobody",
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
        "EXO": str(program),
        "PROJECT": str(project),
        # the last bits depend on the kernels that BLAS takes on this machine
        **{name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")},
    }
    ran = [
        subprocess.run(
            ["/bin/sh", "-c", command],
            cwd="/",
            env=cron,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        for command in commands
    ]
    assert [run.returncode for run in ran[:2]] == [0, 0], [run.stderr for run in ran]
    assert ran[0].stdout.startswith("staged: ")
    assert (ran[1].stdout, ran[1].stderr) == ("", "")
    assert (project / "paper/ledger.db").is_file()
    assert (ran[2].returncode, "BREACHED" in ran[2].stdout) in ((0, False), (1, True))
    assert state(project) == state(done.path)


def test_the_log_shows_the_searches_of_the_verdict_with_the_time(done: Kept) -> None:
    (log,) = (done.path / "logs").glob("reoptimize_*.log")
    lines = log.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) for line in lines)
    told = [line[20:] for line in lines if line[20:].startswith("verdict    ")]
    for part in ("placebos", "windows"):
        counts = [tuple(map(int, t.split()[2].split("/"))) for t in told if part in t]
        total = counts[0][1]
        assert total >= 2
        assert counts == [(count, total) for count in range(total + 1)]


def test_logs_are_rotated(tuned: Kept) -> None:
    project = tuned.unpack()
    for n in range(5):
        old = project / f"logs/reoptimize_2020010{n}_000000.log"
        old.write_text("old")
        os.utime(old, (n, n))
    (project / "logs/mine.txt").write_text("kept")
    assert reoptimize(project, env={"EXO_REOPTIMIZE__KEEP_LOGS": "2"}) == 0
    names = sorted(p.name for p in (project / "logs").iterdir())
    assert "mine.txt" in names
    assert len(names) == 3


def test_exit_codes_of_a_search_that_finds_nothing(fresh: Kept) -> None:
    project = fresh.unpack()
    objective = project / "research/obj_utils.py"
    text = re.sub(
        r"MAX_DRAWDOWN_THRESHOLD = .*", "MAX_DRAWDOWN_THRESHOLD = 1e-9", objective.read_text()
    )
    objective.write_text(text)
    assert reoptimize(project) == 3, output(project)
    assert "no change" in output(project)
    staging = project / "config/staging"
    assert not staging.exists() or not list(staging.iterdir())
