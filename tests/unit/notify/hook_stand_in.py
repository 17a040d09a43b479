"""A server that takes what webhooks are sent, over real HTTP, and can be made to misbehave."""

import email
import email.policy
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "B0SECRETpart"
PATH = f"/api/webhooks/1234567/{SECRET}"


@dataclass(frozen=True)
class Reply:
    """An answer: whole, or in pieces with pauses; `drop` closes the connection instead."""

    status: int = 200
    body: bytes = b'{"id": "77"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: int = 1
    pause_s: float = 0.0
    drop: bool = False


@dataclass(frozen=True)
class Asked:
    """One request: its JSON, and the files beside it."""

    method: str
    path: str
    json: dict[str, Any]
    files: dict[str, bytes]


@dataclass
class HookStandIn:
    """What was asked, and what is answered: `script` first, then `always`."""

    port: int = 0
    requests: list[Asked] = field(default_factory=list)
    script: list[Reply] = field(default_factory=list)
    always: Reply = field(default_factory=Reply)
    stalled: threading.Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def texts(self) -> list[str]:
        """What was said, whatever the format calls it."""
        return [str(r.json.get("content", r.json.get("text"))) for r in self.requests]

    def reply(self, asked: Asked) -> Reply:
        self.requests.append(asked)
        if self.stalled is not None:
            self.stalled.wait(20.0)
        return self.script.pop(0) if self.script else self.always

    def wait_for(self, requests: int) -> None:
        """Until so many requests have come."""
        until = time.monotonic() + 60.0
        while len(self.requests) < requests and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.requests) >= requests


@contextmanager
def hook_stand_in() -> Iterator[HookStandIn]:
    """A server on a free port for as long as the block lasts."""
    state = HookStandIn()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state.reply))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    state.port = http.server_port
    try:
        yield state
    finally:
        if state.stalled is not None:
            state.stalled.set()
        http.shutdown()
        thread.join()
        http.server_close()


def _asked(method: str, path: str, kind: str, body: bytes) -> Asked:
    if not kind.startswith("multipart/"):
        return Asked(method, path, json.loads(body), {})
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.default)
    parts: dict[str, Any] = {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in message.iter_parts()
    }
    return Asked(method, path, json.loads(parts.pop("payload_json")), parts)


def _handler(reply: Callable[[Asked], Reply]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = _asked(self.command, self.path, self.headers["Content-Type"], body)
            answer = reply(asked)
            self.close_connection = answer.drop or answer.pieces > 1
            if answer.drop:
                return
            try:
                self._write(answer)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_PATCH = do_POST  # noqa: N815

        def _write(self, answer: Reply) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) * answer.pieces))
            self.end_headers()
            for _ in range(answer.pieces):
                self.wfile.write(answer.body)
                time.sleep(answer.pause_s)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
