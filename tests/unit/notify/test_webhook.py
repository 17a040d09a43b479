"""Webhooks: what each service is sent, and that no failure delays a run or shows the address."""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify import dispatch
from mech_exo.notify.dispatch import Dispatch
from mech_exo.notify.moments import Moment
from mech_exo.notify.webhook import MOST_BYTES, Webhook
from mech_exo.notify.webhook_formats import DISCORD_LIMIT, SLACK_LIMIT, format_of
from tests.unit.notify.hook_stand_in import PATH, SECRET, HookStandIn, Reply, hook_stand_in

HOSTILE = "<!channel> @everyone <https://x.example|y> **b** `c` & 100 %"


@pytest.fixture
def server() -> Iterator[HookStandIn]:
    with hook_stand_in() as state:
        yield state


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "BACKOFF_S", 0.01)


def hook(
    server: HookStandIn,
    form: str,
    *,
    timeout_s: float = 20.0,
    interval_s: float = 0.0,
    tail: str = "",
) -> Dispatch:
    settings = NotifySettings(timeout_s=timeout_s, min_interval_s=interval_s)
    return Dispatch(Webhook(f"{server.url}{tail}", form, "study ü", settings), settings)


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", "slack"),
        ("https://HOOKS.slack.com/services/T0/B0/x", "slack"),
        ("https://hooks.slack-gov.com/services/T0/B0/x", "slack"),
        ("https://discord.com/api/webhooks/1/x", "discord"),
        ("https://discordapp.com/api/webhooks/1/x", "discord"),
        ("https://canary.discord.com:443/api/webhooks/1/x", "discord"),
        ("https://discord.com/api/webhooks/1/x/slack", "slack"),
        ("https://discord.com.evil.example/api/webhooks/1/x", "plain"),
        ("https://evil.example/hooks.slack.com", "plain"),
        ("https://chat.example/hooks/abc", "plain"),
    ],
)
def test_the_format_is_known_by_the_host(address: str, form: str) -> None:
    assert format_of(urlsplit(address), None).name == form
    assert format_of(urlsplit(address), "discord").name == "discord"


def test_discord_has_one_message_that_is_changed(server: HookStandIn) -> None:
    channel = hook(server, "discord", tail="?thread_id=5")
    for n, text in enumerate(("started", "half", "done"), 1):
        channel.send(text)
        server.wait_for(n)
    assert channel.close() == ""
    assert [(r.method, r.path) for r in server.requests] == [
        ("POST", f"{PATH}?thread_id=5&wait=true"),
        ("PATCH", f"{PATH}/messages/77?thread_id=5"),
        ("PATCH", f"{PATH}/messages/77?thread_id=5"),
    ]
    assert server.texts() == ["started", "half", "done"]


def test_slack_gets_milestones_and_the_end_only(server: HookStandIn) -> None:
    server.always = Reply(body=b"ok")
    channel = hook(server, "slack")
    channel.send("started", Moment.MILESTONE)
    server.wait_for(1)
    channel.send("10/100")
    channel.send("20/100")
    time.sleep(0.1)
    channel.send("done", Moment.END)
    assert channel.close() == ""
    assert server.texts() == ["started", "done"]
    assert {r.method for r in server.requests} == {"POST"}


def test_a_milestone_that_was_not_sent_in_time_is_sent_with_newer_news(server: HookStandIn) -> None:
    channel = hook(server, "slack", interval_s=0.3)
    channel.send("started", Moment.MILESTONE)
    server.wait_for(1)
    channel.send("50/100", Moment.MILESTONE)
    channel.send("60/100")
    server.wait_for(2)
    assert channel.close() == ""
    assert server.texts() == ["started", "60/100"]


def test_what_slack_has_not_heard_is_sent_when_the_run_has_gone(server: HookStandIn) -> None:
    channel = hook(server, "slack")
    channel.send("started", Moment.MILESTONE)
    server.wait_for(1)
    channel.send("40/50")
    assert channel.close() == ""  # without an end: the run was killed
    assert server.texts() == ["started", "40/50"]


def test_plain_json_has_fields_with_a_version(server: HookStandIn) -> None:
    server.always = Reply(204, b"")
    channel = hook(server, "plain")
    for n, moment in enumerate(Moment, 1):
        channel.send(f"text {n}", moment)
        server.wait_for(n)
    assert channel.close() == ""
    sent = [r.json for r in server.requests]
    assert [(s["number"], s["moment"], s["text"]) for s in sent] == [
        (1, "progress", "text 1"),
        (2, "milestone", "text 2"),
        (3, "end", "text 3"),
    ]
    assert len({s["run"] for s in sent}) == 1
    assert sent[0] | {"run": ""} == {
        "version": 1,
        "program": "exo",
        "study": "study ü",
        "run": "",
        "number": 1,
        "moment": "progress",
        "text": "text 1",
    }
    other = hook(server, "plain")
    other.send("x")
    assert other.close() == ""
    assert server.requests[-1].json["run"] != sent[0]["run"]


def test_a_hostile_name_calls_nobody(server: HookStandIn) -> None:
    for form in ("slack", "discord"):
        channel = hook(server, form)
        channel.send(HOSTILE, Moment.END)
        assert channel.close() == ""
    slack, discord = (r.json for r in server.requests)
    assert "<" not in slack["text"]
    assert "&lt;!channel&gt;" in slack["text"]
    assert (slack["mrkdwn"], slack["unfurl_links"]) == (False, False)
    assert discord["allowed_mentions"] == {"parse": []}
    assert r"\*\*b\*\* \`c\`" in discord["content"]


def test_a_long_text_is_cut_to_what_a_service_takes(server: HookStandIn) -> None:
    for form, text in (
        ("slack", "x" * 10_000),
        ("discord", "*" * 10_000),
        ("discord", "x" * 9_999),
    ):
        channel = hook(server, form)
        channel.send(text, Moment.END)
        assert channel.close() == ""
    slack, starred, plain = server.texts()
    assert len(slack) == SLACK_LIMIT
    assert len(plain) == DISCORD_LIMIT
    assert len(starred) in (DISCORD_LIMIT - 1, DISCORD_LIMIT)
    assert starred.replace("\\*", "") == ""


def test_a_deleted_message_is_sent_anew(server: HookStandIn) -> None:
    channel = hook(server, "discord")
    channel.send("one")
    server.wait_for(1)
    server.script = [Reply(404, b'{"message": "Unknown Message", "code": 10008}')]
    channel.send("two")
    server.wait_for(3)
    assert channel.close() == ""
    assert [r.method for r in server.requests] == ["POST", "PATCH", "POST"]


def test_a_picture_is_put_into_discords_message(server: HookStandIn) -> None:
    channel = hook(server, "discord")
    channel.send("done", Moment.END)
    server.wait_for(1)
    channel.attach(b"\x89PNG picture")
    assert channel.close() == ""
    last = server.requests[-1]
    assert (last.method, last.json["content"]) == ("PATCH", "done")
    assert last.files == {"files[0]": b"\x89PNG picture"}


@pytest.mark.parametrize("form", ["slack", "plain"])
def test_who_takes_no_picture_is_sent_none(server: HookStandIn, form: str) -> None:
    channel = hook(server, form)
    channel.send("done", Moment.END)
    channel.attach(b"\x89PNG picture")
    assert channel.close() == ""
    assert server.texts() == ["done"]


@pytest.mark.parametrize("header", ["1", "1.0", "date"])
def test_429_is_tried_again_after_the_time_that_the_server_names(
    server: HookStandIn, header: str
) -> None:
    if header == "date":
        header = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    server.script = [Reply(429, b"{}", {"Retry-After": header})]
    channel = hook(server, "plain")
    begun = time.monotonic()
    channel.send("hello")
    server.wait_for(2)
    assert time.monotonic() - begun > 0.9
    assert channel.close() == ""


@pytest.mark.parametrize("header", ["", "soon", "nan", "inf", "-5"])
def test_a_429_that_names_no_sensible_time_is_no_flood(
    server: HookStandIn, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BACKOFF_S", 3600.0)
    server.always = Reply(429, b"", {"Retry-After": header} if header else {})
    channel = hook(server, "plain")
    channel.send("hello")
    server.wait_for(1)
    time.sleep(0.1)
    assert "429" in channel.close()
    assert len(server.requests) == 1


def test_a_429_without_end_ends_after_three_attempts(
    server: HookStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BACKOFF_S", 0.01)
    server.always = Reply(429, b"", {"Retry-After": "0"})
    channel = hook(server, "plain")
    channel.send("hello")
    server.wait_for(dispatch.ATTEMPTS)
    time.sleep(0.2)
    assert "429" in channel.close()
    assert len(server.requests) == dispatch.ATTEMPTS == 3


def test_a_429_of_an_hour_is_reported_at_once_at_the_end(server: HookStandIn) -> None:
    server.always = Reply(429, b"", {"Retry-After": "3600"})
    channel = hook(server, "slack")
    channel.send("hello", Moment.END)
    server.wait_for(1)
    begun = time.monotonic()
    assert channel.close() == "it answers 429 Too Many Requests"
    assert time.monotonic() - begun < 15.0


def test_500_is_tried_again_and_given_up_some_time(server: HookStandIn) -> None:
    server.script = [Reply(500), Reply(503)]
    channel = hook(server, "plain")
    channel.send("hello")
    server.wait_for(3)
    assert channel.close() == ""
    server.always = Reply(502)
    channel = hook(server, "plain")
    channel.send("hello")
    assert channel.close() == "it answers 502 Bad Gateway"
    assert len(server.requests) == 3 + dispatch.ATTEMPTS


def test_a_connection_that_is_closed_is_tried_again(server: HookStandIn) -> None:
    server.script = [Reply(drop=True), Reply(drop=True)]
    channel = hook(server, "plain")
    channel.send("hello")
    server.wait_for(3)
    assert channel.close() == ""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: HookStandIn, status: int) -> None:
    with hook_stand_in() as elsewhere:
        server.always = Reply(status, b"", {"Location": elsewhere.url})
        channel = hook(server, "plain")
        channel.send("hello")
        failure = channel.close()
        assert elsewhere.requests == []
    assert f"it answers {status}" in failure
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"no_service", "404 Not Found: no_service"),
        (403, f"invalid_token {PATH} {SECRET}".encode(), "403 Forbidden: invalid_token"),
        (400, b"<html>" + b"x" * 5000, "400 Bad Request"),
        (401, b"\x1b[31m\x00\xff red", "401 Unauthorized: [31m red"),
    ],
)
def test_what_no_repetition_helps_is_asked_once(
    server: HookStandIn, status: int, body: bytes, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.always = Reply(status, body)
    channel = hook(server, "plain")
    channel.send("one")
    server.wait_for(1)
    channel.send("two")
    failure = channel.close()
    assert words in failure
    assert len(server.requests) == 1
    for secret in (PATH, SECRET):
        assert secret not in failure
        assert secret not in caplog.text


def test_an_endless_answer_is_not_read_to_its_end(server: HookStandIn) -> None:
    server.always = Reply(body=b"x" * MOST_BYTES, pieces=100_000)
    channel = hook(server, "plain")
    channel.send("hello")
    assert channel.close() == ""
    assert server.texts() == ["hello"]


def test_an_answer_that_drips_costs_a_bounded_time(server: HookStandIn) -> None:
    server.always = Reply(body=b"x", pieces=1000, pause_s=0.05)  # 50 s in all
    channel = hook(server, "plain", timeout_s=0.5)
    begun = time.monotonic()
    channel.send("hello")
    assert "0.5 s" in channel.close()
    assert time.monotonic() - begun < 20.0


def test_an_answer_that_is_not_discords_is_said(server: HookStandIn) -> None:
    for body in (b"ok", b"[]", b"{}", b'{"id": "../../x"}', b'{"id": 7}'):
        server.always = Reply(body=body)
        channel = hook(server, "discord")
        channel.send("hello")
        server.wait_for(1)
        assert channel.close() == "the answer is not one of Discord's"


def test_what_goes_to_this_machine_by_http_goes_through_no_proxy(
    server: HookStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hook_stand_in() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        channel = hook(server, "plain")
        channel.send("hello")
        assert channel.close() == ""
        assert proxy.requests == []
    assert server.texts() == ["hello"]


def test_a_proxy_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "gopher://user:PASSWORD@127.0.0.1:9")
    settings = NotifySettings(timeout_s=5.0)
    channel = Dispatch(Webhook(f"https://127.0.0.1:9{PATH}", "plain", "s", settings), settings)
    channel.send("hello")
    failure = channel.close()
    assert failure.startswith("the environment's proxy cannot be used")
    assert "PASSWORD" not in failure
    assert SECRET not in failure


def test_a_server_that_is_not_there_is_reported_without_its_address(server: HookStandIn) -> None:
    settings = NotifySettings(timeout_s=5.0)
    for address in (f"http://127.0.0.1:9{PATH}", f"https://127.0.0.1:{server.port}{PATH}"):
        channel = Dispatch(Webhook(address, "plain", "s", settings), settings)
        channel.send("hello")
        failure = channel.close()
        assert failure.startswith("no connection")
        assert SECRET not in failure
