"""Sending from a process of its own: the run never waits, and what goes wrong is said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify import courier
from mech_exo.notify.channel import open_channel
from mech_exo.notify.courier import Courier
from mech_exo.notify.messengers import Recipient
from mech_exo.notify.moments import Moment
from mech_exo.notify.telegram import LIMIT
from tests.unit.notify.stand_in import CHAT, TOKEN, StandIn, refused, stand_in, wait_for

TO_CHAT = (Recipient("telegram", "Telegram", "the chat 42", (TOKEN, CHAT)),)


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as state:
        yield state


def settings(url: str, timeout_s: float = 30.0) -> NotifySettings:
    return NotifySettings(api_base_url=url, timeout_s=timeout_s, min_interval_s=0.0)


def test_one_message_that_is_edited(server: StandIn) -> None:
    channel = Courier(TO_CHAT, "s", settings(server.url))
    channel.send("started")
    wait_for(server, 1)
    channel.send("done\nwith a second line, ü and ”", Moment.END)
    assert channel.close() == []
    assert server.texts() == ["started", "done\nwith a second line, ü and ”"]
    assert [m for m, _ in server.requests] == ["sendMessage", "editMessageText"]


def test_a_picture_goes_through_the_pipe_whole(server: StandIn) -> None:
    picture = b"\x89PNG" + bytes(range(256)) * 2000  # 512 kB: no pipe takes that at once
    channel = Courier(TO_CHAT, "s", settings(server.url))
    channel.send("done", Moment.END)
    channel.attach(picture)
    assert channel.close() == []
    assert server.requests[-1][1]["photo"].encode("latin-1") == picture


def test_what_the_server_refuses_is_said(server: StandIn) -> None:
    server.always = refused(401, "Unauthorized")
    channel = Courier(TO_CHAT, "s", settings(server.url))
    channel.send("hello")
    [failure] = channel.close()
    assert failure.startswith("Telegram: ")
    assert TOKEN.split(":")[1] not in failure


def test_a_courier_that_stands_still_holds_nobody_up(server: StandIn) -> None:
    channel = Courier(TO_CHAT, "s", settings(server.url))
    channel.send("started")
    wait_for(server, 1)
    os.kill(channel._process.pid, signal.SIGSTOP)
    texts = [f"{n:04d}" * (LIMIT // 4) for n in range(1000)]  # 4 MB: no pipe takes that
    for text in texts:
        channel.send(text)
    os.kill(channel._process.pid, signal.SIGCONT)
    assert channel.close() == []
    assert server.texts()[-1] == texts[-1]
    assert set(server.texts()[1:]) <= set(texts)  # whole ones


def test_a_courier_that_stands_still_for_ever_is_given_up(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "GRACE_S", 0.1)
    channel = Courier(TO_CHAT, "s", settings(server.url, timeout_s=0.1))
    os.kill(channel._process.pid, signal.SIGSTOP)
    channel.send("x" * LIMIT * 100)
    assert "not delivered" in channel.close()[0]
    assert channel._process.poll() is not None


def test_a_courier_that_dies_is_reported(server: StandIn) -> None:
    channel = Courier(TO_CHAT, "s", settings(server.url))
    channel._process.kill()
    channel._process.wait()
    channel.send("hello")
    channel.send("again")
    assert "has died" in channel.close()[0]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_the_token_is_in_no_command_line(server: StandIn) -> None:
    channel = Courier(TO_CHAT, "s", settings(server.url))
    channel.send("hello")
    wait_for(server, 1)
    line = Path(f"/proc/{channel._process.pid}/cmdline").read_bytes()
    assert b"courier" in line
    assert TOKEN.split(":")[1].encode() not in line
    assert channel.close() == []


def test_when_the_run_is_killed_the_last_text_arrives_and_the_courier_ends(
    server: StandIn,
) -> None:
    program = (
        "import os, sys; from mech_exo.config.notify_settings import NotifySettings; "
        "from mech_exo.notify.courier import Courier; "
        "from mech_exo.notify.messengers import Recipient; "
        f"to = Recipient('telegram', 'Telegram', 'the chat', ({TOKEN!r}, {CHAT!r})); "
        "c = Courier([to], 's', NotifySettings(api_base_url=sys.argv[1])); "
        "c.send('40/50 trials'); print(c._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, server.url], capture_output=True, text=True, check=False
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    wait_for(server, 1)
    assert server.texts() == ["40/50 trials"]
    until = time.monotonic() + 60.0
    while _runs(int(run.stdout)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(int(run.stdout))


def test_a_machine_without_processes_costs_the_messages_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", fail)
    warned: list[str] = []
    environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": CHAT}
    assert open_channel(environment, NotifySettings(), "s", say=print, warn=warned.append) is None
    assert len(warned) == 1
    assert "temporarily unavailable" in warned[0]


def _runs(pid: int) -> bool:
    """Whether the process does anything; a zombie that nobody reaps does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
