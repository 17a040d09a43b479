"""Webhooks of real runs: two messengers, wrong settings, a killed run, no secret anywhere."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from mech_exo.notify.channel import TEST_MESSAGE
from tests.cli.conftest import Exo, environment, one_error
from tests.cli.file_project import file_project
from tests.unit.notify.hook_stand_in import PATH, SECRET, Reply, hook_stand_in
from tests.unit.notify.stand_in import CHAT, TOKEN, refused, stand_in

TELEGRAM = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": CHAT}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = file_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "TELEGRAM_DRY_RUN", "EXO_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EXO_NOTIFY__MIN_INTERVAL_S", "0")
    return folder


def tune(name: str, *options: str) -> int:
    base = ["optuna-run", "--quiet", "--n-jobs", "1", "--n-trials", "6", "--study-name", name]
    return run([*base, "--notify-progress", "--progress-interval", "1", *options])


def no_secret(folder: Path, printed: str) -> None:
    for secret in (SECRET, TOKEN.split(":")[1]):
        assert secret not in printed
        for path in folder.rglob("*"):
            ours = path.name == "hook.txt"
            assert ours or not path.is_file() or secret.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("form", ["slack", "discord", "plain"])
def test_a_run_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    with hook_stand_in() as server:
        (folder / "hook.txt").write_text(f"{server.url}\n")
        monkeypatch.setenv("EXO_NOTIFY__WEBHOOK", "hook.txt")
        monkeypatch.setenv("EXO_NOTIFY__WEBHOOK_FORMAT", form)
        assert tune("told", "--export-yaml", "best.yml") == 0
    texts = [text.replace("\\", "") for text in server.texts()]
    assert texts[-1].startswith("told: done, 6 trials, best ")
    assert {r.method for r in server.requests} <= (
        {"POST", "PATCH"} if form == "discord" else {"POST"}
    )
    if form == "slack":
        assert len(texts) <= 5  # started, three quarters, done
    if form == "plain":
        assert server.requests[-1].json["moment"] == "end"
        assert server.requests[-1].json["study"] == "told"
    printed = capsys.readouterr()
    assert printed.err == ""
    no_secret(folder, printed.out + printed.err)
    assert "webhook_format" in (folder / "best.yml").read_text()  # a setting like others


@pytest.mark.parametrize("broken", ["telegram", "webhook"])
def test_one_that_fails_does_not_hurt_the_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    with stand_in() as telegram, hook_stand_in() as hook:
        for name, value in TELEGRAM.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", telegram.url)
        monkeypatch.setenv("EXO_WEBHOOK_URL", hook.url)
        if broken == "telegram":
            telegram.always = refused(401, "Unauthorized")
        else:
            hook.always = Reply(403, f"go away {PATH}".encode())
        assert tune("told") == 0
        assert run(["notify", "test"]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("The run is not affected") == 1
    if broken == "telegram":
        assert "Telegram: " in printed.err
        assert "Webhook: sent." in printed.out
        assert any(text.startswith("told: done") for text in hook.texts())
        assert hook.texts()[-1] == TEST_MESSAGE
    else:
        assert "Webhook: it answers 403 Forbidden: go away" in printed.err
        assert "Telegram: sent." in printed.out
        assert any(text.startswith("told: done") for text in telegram.texts())
        assert telegram.texts()[-1] == TEST_MESSAGE
    no_secret(folder, printed.out + printed.err)


def test_one_that_never_answers_holds_up_neither_the_run_nor_the_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with stand_in() as telegram, hook_stand_in() as hook:
        hook.stalled = threading.Event()
        for name, value in TELEGRAM.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", telegram.url)
        monkeypatch.setenv("EXO_WEBHOOK_URL", hook.url)
        monkeypatch.setenv("EXO_NOTIFY__TIMEOUT_S", "6")
        assert tune("told") == 0  # while the server still holds the first request
        assert not hook.stalled.is_set()
        assert len(hook.requests) <= 3
    assert telegram.texts()[-1].startswith("told: done, 6 trials")
    printed = capsys.readouterr()
    assert printed.err.count("Webhook: ") == 1
    assert "Telegram: " not in printed.err


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"hooks.example{PATH}", "https://"),
        (f"http://hooks.example{PATH}", "everyone on the way"),
        ("", "hook.txt"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        ("optuna-run", "--notify-progress", "--n-trials", "1"),
        ("optuna-run", "--notify-progress", "--n-trials", "1", "--dry-run"),
        ("reoptimize",),
        ("reoptimize", "--dry-run"),
        ("notify", "test"),
    ],
)
def test_what_is_set_up_wrongly_is_one_error_before_the_run(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    address: str,
    words: str,
) -> None:
    monkeypatch.setenv("EXO_NOTIFY__WEBHOOK", "hook.txt")
    if address:
        (folder / "hook.txt").write_text(address)
    assert run(command) == 2
    printed = capsys.readouterr()
    assert printed.err.count("error: ") == 1
    assert words in printed.err
    assert not (folder / "studies" / "factor_opt.db").exists()
    no_secret(folder, printed.out + printed.err)


def test_a_dry_run_says_who_would_be_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXO_WEBHOOK_URL", f"https://discord.com{PATH}")
    for name, value in TELEGRAM.items():
        monkeypatch.setenv(name, value)
    assert run(["optuna-run", "--n-trials", "1", "--notify-progress", "--dry-run"]) == 0
    line = "messages   would go to the chat 42 and a webhook of Discord"
    printed = capsys.readouterr()
    assert line in printed.out.splitlines()
    assert SECRET not in printed.out + printed.err


def test_without_anybody_to_tell(
    exo: Exo, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "EXO_WEBHOOK_URL not set" in one_error(exo("notify", "test", cwd=folder))
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    with hook_stand_in() as server:
        monkeypatch.setenv("EXO_WEBHOOK_URL", server.url)
        assert tune("told") == 0
        assert server.texts()
    assert "TELEGRAM_CHAT_ID not set: nothing is sent by Telegram" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_killed_run_is_told_to_its_last_text_and_nobody_sees_the_address(folder: Path) -> None:
    with hook_stand_in() as server:
        env = environment({"EXO_WEBHOOK_URL": server.url, "EXO_NOTIFY__WEBHOOK_FORMAT": "slack"})
        command = [sys.executable, "-m", "mech_exo.cli", "optuna-run", "--notify-progress"]
        command += ["--n-trials", "100000", "--progress-interval", "1", "--n-jobs", "1"]
        with subprocess.Popen(
            command, cwd=folder, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as process:
            server.wait_for(1)
            _wait_for_trials(folder / "studies/factor_opt.db")
            for pid in _family(process.pid):
                seen = Path(f"/proc/{pid}/cmdline").read_bytes()
                if pid != process.pid:  # the run's own is what the shell gave it
                    seen += Path(f"/proc/{pid}/environ").read_bytes()
                assert SECRET.encode() not in seen
            os.kill(process.pid, signal.SIGKILL)
            assert process.stderr is not None
            said = process.stderr.read()
        server.wait_for(2)
    assert server.texts()[0].startswith("factor_weight_optimization: started")
    assert " trials, best " in server.texts()[-1] or "no feasible" in server.texts()[-1]
    no_secret(folder, said.decode())


def _wait_for_trials(path: Path) -> None:
    from mech_exo.tuning.records import read_study

    until = time.monotonic() + 60.0
    while time.monotonic() < until:
        if path.exists() and len(read_study(path, "factor_weight_optimization").trials) > 4:
            return
        time.sleep(0.05)
    raise AssertionError("no trials")


def _family(pid: int) -> set[int]:
    """A process and all that it has started."""
    family = {pid}
    for _ in range(3):
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent in family:
                family.add(int(folder.name))
    assert len(family) > 1
    return family


def test_the_error_names_only_what_was_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with hook_stand_in() as hook:
        monkeypatch.setenv("EXO_WEBHOOK_URL", hook.url)
        hook.always = Reply(403, b"")
        assert run(["notify", "test"]) == 2
    said = capsys.readouterr().err
    assert "Webhook: it answers 403" in said
    assert "check EXO_WEBHOOK_URL and" in said
    assert "TELEGRAM" not in said
