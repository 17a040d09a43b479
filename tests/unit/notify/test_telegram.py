"""Sending never blocks, never raises and never shows the token."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mech_exo.config.settings import NotifySettings
from mech_exo.notify.telegram import QUEUE, DryRun, Telegram, open_channel

TOKEN = "123456:SECRET-token"


class Answers(BaseHTTPRequestHandler):
    """A stand-in for Telegram's server."""

    requests: list[tuple[str, bytes]]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).requests.append((self.path, body))
        method = self.path.rsplit("/", 1)[-1]
        me = b'{"id": 1, "is_bot": true, "first_name": "b", "username": "b"}'
        sent = b'{"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}'
        result = me if method == "getMe" else sent
        content = b'{"ok": true, "result": ' + result + b"}"
        if self.status != 200:
            content = b'{"ok": false, "error_code": 401, "description": "Unauthorized"}'
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Answers]]]:
    handler = type("Handler", (Answers,), {"requests": []})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}", handler
    http.shutdown()
    thread.join()
    http.server_close()


def test_sends_to_the_chat(server: tuple[str, type[Answers]]) -> None:
    url, handler = server
    channel = Telegram(TOKEN, "42", NotifySettings(api_base_url=url))
    channel.send("hello")
    assert channel.close() == ""
    path, body = handler.requests[-1]
    assert path == f"/bot{TOKEN}/sendMessage"
    assert b"hello" in body
    assert b"42" in body


def test_a_refused_token_is_reported_once_without_the_token(
    server: tuple[str, type[Answers]],
) -> None:
    url, handler = server
    handler.status = 401
    channel = Telegram(TOKEN, "42", NotifySettings(api_base_url=url))
    channel.send("one")
    channel.send("two")
    failure = channel.close()
    assert failure
    assert TOKEN not in failure


def test_a_server_that_never_answers_costs_a_bounded_time() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as silent:  # listens, serves nothing
        url = f"http://127.0.0.1:{silent.server_port}"
        channel = Telegram(TOKEN, "42", NotifySettings(api_base_url=url, timeout_s=0.2))
        for _ in range(3 * QUEUE):  # far more than the queue holds
            channel.send("hello")
        assert channel.close()


def test_dry_run_says_what_it_would_send() -> None:
    said: list[str] = []
    channel = open_channel(
        {"TELEGRAM_DRY_RUN": "true", "TELEGRAM_BOT_TOKEN": TOKEN},
        NotifySettings(),
        say=said.append,
        warn=said.append,
    )
    assert isinstance(channel, DryRun)
    channel.send("hello")
    assert said == ["telegram (dry run): hello"]


@pytest.mark.parametrize(
    "environment", [{}, {"TELEGRAM_BOT_TOKEN": TOKEN}, {"TELEGRAM_BOT_TOKEN": "", "X": "1"}]
)
def test_without_token_or_chat_one_warning(environment: dict[str, str]) -> None:
    warned: list[str] = []
    channel = open_channel(environment, NotifySettings(), say=print, warn=warned.append)
    assert channel is None
    assert len(warned) == 1
    assert "TELEGRAM_CHAT_ID" in warned[0]
    assert TOKEN not in warned[0]
