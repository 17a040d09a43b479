"""Requests to the dashboard's WSGI application, without a server."""

import io
import json
import sys
import zlib
from dataclasses import dataclass
from typing import Any

from mech_exo.report.dashboard_guard import Application

Headers = dict[str, str]


@dataclass(frozen=True)
class Reply:
    """What the application answered; header names in lower case."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        """The body as strict JSON: no NaN, no Infinity, as a browser reads it."""
        packed = self.headers.get("content-encoding") == "gzip"
        body = zlib.decompress(self.body, 31) if packed else self.body
        return json.loads(body, parse_constant=_refuse)


def ask(
    application: Application,
    path: str,
    method: str = "GET",
    *,
    headers: Headers | None = None,
    body: Any = None,
) -> Reply:
    """The answer to a request of this machine's own page, but for `headers` ("" is none)."""
    path, _, query = path.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    named = {"Host": "localhost:8080", "Accept-Encoding": "identity"} | (headers or {})
    answered: list[tuple[str, list[tuple[str, str]]]] = []
    environment = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
    } | {f"HTTP_{n.upper().replace('-', '_')}": v for n, v in named.items() if v}
    answer = application(environment, lambda status, head, *_: answered.append((status, head)))
    try:
        sent = b"".join(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    [(status, head)] = answered
    return Reply(int(status.split()[0]), {n.lower(): v for n, v in head}, sent)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
