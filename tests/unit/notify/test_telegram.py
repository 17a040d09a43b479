"""One message a run; no failure of the server delays the run, is lost, or shows the token."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify import dispatch
from mech_exo.notify.dispatch import Dispatch
from mech_exo.notify.moments import Moment
from mech_exo.notify.telegram import LIMIT, Telegram
from tests.unit.notify.stand_in import CHAT, TOKEN, StandIn, refused, stand_in, wait_for


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as state:
        yield state


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "BACKOFF_S", 0.01)


def settings(url: str, timeout_s: float = 20.0, min_interval_s: float = 0.0) -> NotifySettings:
    return NotifySettings(api_base_url=url, timeout_s=timeout_s, min_interval_s=min_interval_s)


def to_chat(settings: NotifySettings, token: str = TOKEN) -> Dispatch:
    return Dispatch(Telegram(token, CHAT, settings), settings)


def test_one_message_that_is_edited(server: StandIn) -> None:
    channel = to_chat(settings(server.url))
    for n, text in enumerate(("started", "half", "done"), 1):
        channel.send(text)
        wait_for(server, n)
    assert channel.close() == ""
    assert [m for m, _ in server.requests] == ["sendMessage", "editMessageText", "editMessageText"]
    assert server.texts() == ["started", "half", "done"]
    assert all(p["chat_id"] == CHAT for _, p in server.requests)
    assert [p.get("message_id") for _, p in server.requests] == [None, "7", "7"]


def test_texts_that_come_faster_than_the_server_are_left_out(server: StandIn) -> None:
    server.stalled = threading.Event()
    channel = to_chat(settings(server.url))
    channel.send("first")
    wait_for(server, 1)
    for n in range(1000):
        channel.send(f"progress {n}")
    server.stalled.set()
    assert channel.close() == ""
    assert server.texts() == ["first", "progress 999"]


def test_no_more_than_one_request_an_interval(server: StandIn) -> None:
    channel = to_chat(settings(server.url, min_interval_s=0.3))
    channel.send("a")
    wait_for(server, 1)
    begun = time.monotonic()
    channel.send("b")
    wait_for(server, 2)
    assert time.monotonic() - begun > 0.15
    assert channel.close() == ""
    assert server.texts() == ["a", "b"]


def test_the_last_text_does_not_wait_for_the_interval(server: StandIn) -> None:
    channel = to_chat(settings(server.url, min_interval_s=3600.0))
    channel.send("a")
    wait_for(server, 1)
    channel.send("b")
    channel.send("c")
    assert channel.close() == ""
    assert server.texts() == ["a", "c"]


def test_a_text_that_is_said_to_be_the_last_does_not_either(server: StandIn) -> None:
    channel = to_chat(settings(server.url, min_interval_s=3600.0))
    channel.send("a")
    wait_for(server, 1)
    channel.send("b", Moment.END)
    wait_for(server, 2)
    assert channel.close() == ""
    assert server.texts() == ["a", "b"]


def test_a_slow_server_gets_fewer_edits(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "PATIENCE", 1e9)  # of any answer, however quick
    channel = to_chat(settings(server.url))
    channel.send("a")
    wait_for(server, 1)
    channel.send("b")
    time.sleep(0.2)
    assert server.texts() == ["a"]
    assert channel.close() == ""


def test_a_long_text_is_cut_to_what_telegram_takes(server: StandIn) -> None:
    channel = to_chat(settings(server.url))
    channel.send("x" * 10_000)
    assert channel.close() == ""
    assert server.texts() == ["x" * LIMIT]


def test_429_is_tried_again_after_the_time_that_the_server_names(server: StandIn) -> None:
    server.script = [refused(429, "Too Many Requests: retry after 1", retry_after=1)]
    channel = to_chat(settings(server.url))
    begun = time.monotonic()
    channel.send("hello")
    wait_for(server, 2)
    assert time.monotonic() - begun > 0.9
    assert channel.close() == ""
    assert server.texts("sendMessage") == ["hello", "hello"]


def test_429_longer_than_the_end_of_the_run_waits_is_reported_at_once(server: StandIn) -> None:
    server.always = refused(429, "Too Many Requests: retry after 3600", retry_after=3600)
    channel = to_chat(settings(server.url))
    channel.send("hello")
    wait_for(server, 1)
    begun = time.monotonic()
    assert "Retry in" in channel.close()
    assert time.monotonic() - begun < 15.0  # not the 20 s of the timeout, let alone the hour
    assert len(server.requests) == 1


def test_a_429_that_names_no_sensible_time_is_no_flood(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BACKOFF_S", 3600.0)
    server.always = refused(429, "Too Many Requests", retry_after=-5)
    channel = to_chat(settings(server.url))
    channel.send("hello")
    wait_for(server, 1)
    time.sleep(0.2)
    assert channel.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [{"ok": True, "result": {"x": 1}}, {"ok": True, "result": [7]}])
def test_an_answer_that_is_not_telegrams_is_said(server: StandIn, answer: dict[str, Any]) -> None:
    server.always = (200, answer)
    channel = to_chat(settings(server.url))
    channel.send("hello")
    assert "makes no sense" in channel.close()


def test_500_is_tried_again(server: StandIn) -> None:
    server.script = [refused(500, "Internal Server Error"), refused(502, "Bad Gateway")]
    channel = to_chat(settings(server.url))
    channel.send("hello")
    wait_for(server, 3)
    assert channel.close() == ""


def test_500_without_end_is_given_up_and_reported_once(server: StandIn) -> None:
    server.always = refused(500, "Internal Server Error")
    channel = to_chat(settings(server.url))
    channel.send("hello")
    assert "Internal Server Error" in channel.close()
    assert len(server.requests) == dispatch.ATTEMPTS


def test_a_deleted_message_is_sent_anew(server: StandIn) -> None:
    channel = to_chat(settings(server.url))
    channel.send("one")
    wait_for(server, 1)
    server.script = [refused(400, "Bad Request: message to edit not found")]
    channel.send("two")
    wait_for(server, 3)
    assert channel.close() == ""
    assert [m for m, _ in server.requests] == ["sendMessage", "editMessageText", "sendMessage"]


def test_an_unchanged_text_is_no_failure(server: StandIn) -> None:
    channel = to_chat(settings(server.url))
    channel.send("one")
    wait_for(server, 1)
    server.script = [refused(400, "Bad Request: message is not modified")]
    channel.send("one")
    assert channel.close() == ""
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("code", "words"),
    [(401, "Unauthorized"), (403, "Forbidden: bot was blocked"), (400, "chat not found")],
)
def test_what_no_repetition_helps_is_asked_once(
    server: StandIn, code: int, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.always = refused(code, words)
    channel = to_chat(settings(server.url))
    channel.send("one")
    wait_for(server, 1)
    channel.send("two")
    failure = channel.close()
    assert failure
    assert len(server.requests) == 1
    for secret in (TOKEN, TOKEN.split(":")[1]):
        assert secret not in failure
        assert secret not in caplog.text


@pytest.mark.parametrize("token", ["no token", "12:a b\nc", "123456:päss"])
def test_a_malformed_token_is_in_no_text(token: str, capfd: pytest.CaptureFixture[str]) -> None:
    channel = to_chat(settings("http://127.0.0.1:9", timeout_s=5.0), token)
    channel.send("one")
    failure = channel.close()
    printed = capfd.readouterr()
    assert failure
    assert token not in failure + printed.out + printed.err
    assert "Traceback" not in printed.err


def test_a_server_that_never_answers_costs_a_bounded_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, says nothing
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        channel = to_chat(settings(url, timeout_s=0.5))
        begun = time.monotonic()
        for _ in range(1000):
            channel.send("hello")
        assert time.monotonic() - begun < 5.0
        assert channel.close()
        assert time.monotonic() - begun < 30.0


def test_a_dead_socket_is_reported_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    channel = to_chat(settings(url))
    channel.send("hello")
    failure = channel.close()
    assert failure
    assert TOKEN not in failure


def test_the_picture_comes_after_the_last_text(server: StandIn) -> None:
    channel = to_chat(settings(server.url))
    channel.send("done, best 1.2\nverdict: PASS", Moment.END)
    channel.attach(b"\x89PNG" + bytes(range(256)) * 400)
    assert channel.close() == ""
    assert [m for m, _ in server.requests] == ["sendMessage", "sendPhoto"]
    sent = server.requests[1][1]
    assert sent["caption"] == "done, best 1.2"
    assert sent["chat_id"] == CHAT
    assert sent["photo"].encode("latin-1") == b"\x89PNG" + bytes(range(256)) * 400


def test_a_picture_that_is_refused_costs_no_text(server: StandIn) -> None:
    channel = to_chat(settings(server.url))
    channel.send("done", Moment.END)
    wait_for(server, 1)
    server.always = refused(400, "Bad Request: not enough rights to send photos")
    channel.attach(b"\x89PNG")
    failure = channel.close()
    assert failure.startswith("the picture: ")
    assert "rights" in failure
    assert server.texts() == ["done"]


def test_a_picture_is_tried_again(server: StandIn) -> None:
    channel = to_chat(settings(server.url))
    channel.send("done", Moment.END)
    wait_for(server, 1)
    server.script = [refused(500, "Internal Server Error"), refused(429, "wait", retry_after=0)]
    channel.attach(b"\x89PNG")
    assert channel.close() == ""
    assert [m for m, _ in server.requests[1:]] == ["sendPhoto"] * 3
