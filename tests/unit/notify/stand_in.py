"""A server that speaks Telegram's Bot API over real HTTP, and can be made to misbehave."""

import email
import email.policy
import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "123456:SECRET-token"
CHAT = "42"

Answer = tuple[int, dict[str, Any]]


@dataclass
class StandIn:
    """What was asked, and what is answered.

    Attributes
    ----------
    requests
        (method, parameters) of each, in order.
    script
        Answers of the next requests; after them, success.
    always
        Answer of every request, if set.
    stalled
        Requests wait for this event before they are answered.
    """

    url: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    script: list[Answer] = field(default_factory=list)
    always: Answer | None = None
    stalled: threading.Event | None = None

    def texts(self, method: str = "") -> list[str]:
        """Texts of the requests."""
        return [p["text"] for m, p in self.requests if method in ("", m) and "text" in p]

    def answer(self, method: str, parameters: dict[str, str]) -> Answer:
        self.requests.append((method, parameters))
        if self.stalled is not None:
            self.stalled.wait(20.0)
        if self.always is not None:
            return self.always
        if self.script:
            return self.script.pop(0)
        message = {"message_id": 7, "date": 0, "chat": {"id": 42, "type": "private"}}
        return 200, {"ok": True, "result": message}


def wait_for(server: StandIn, requests: int) -> None:
    """Until so many requests have come."""
    until = time.monotonic() + 60.0
    while len(server.requests) < requests and time.monotonic() < until:
        time.sleep(0.01)
    assert len(server.requests) >= requests


def refused(code: int, words: str, **parameters: Any) -> Answer:
    """An error as Telegram words it."""
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": words}
    return code, body | ({"parameters": parameters} if parameters else {})


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A server on a free port for as long as the block lasts."""
    state = StandIn()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state.answer))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield state
    finally:
        if state.stalled is not None:
            state.stalled.set()
        http.shutdown()
        thread.join()
        http.server_close()


def fields_of(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form; of a file, its bytes as Latin-1."""
    if not kind.startswith("multipart/"):
        return dict(urllib.parse.parse_qsl(body.decode()))
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.default)
    found: dict[str, Any] = {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in message.iter_parts()
    }
    return {name: content.decode("latin-1") for name, content in found.items()}


def _handler(answer: Callable[[str, dict[str, str]], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parameters = fields_of(self.headers["Content-Type"], body)
            bot, method = self.path.removeprefix("/").split("/")
            assert bot == f"bot{TOKEN}", bot
            status, content = answer(method, parameters)
            data = json.dumps(content).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
