"""Who may ask the dashboard, and for what.

The page has no password. What protects it is that it answers this machine's own pages only: a
browser sends the name under which it found the server (`Host`), and where a request comes from
(`Origin`, `Sec-Fetch-Site`). A name that an attacker points at this machine (DNS rebinding) is
none of ours; another site's page has another origin, and no page may frame this one.
"""

import ipaddress
import json
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Environment = dict[str, Any]  # of a WSGI request
Start = Callable[..., Any]
Application = Callable[[Environment, Start], Iterable[bytes]]

LOOPBACK = ("localhost", "127.0.0.1", "::1")
READING = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}
_FRAMES = "frame-ancestors 'none'"


def is_local(host: str) -> bool:
    """Whether only this machine reaches a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@dataclass(frozen=True)
class Guard:
    """A WSGI application that passes on what is allowed.

    Parameters
    ----------
    application
        What is guarded.
    host
        Address that the server listens on.
    allowed
        Further names under which it is asked.
    writable
        Whether requests that change something are passed on at all.
    """

    application: Application
    host: str
    allowed: tuple[str, ...] = ()
    writable: bool = False

    def __call__(self, environment: Environment, start: Start) -> Iterable[bytes]:
        """Answer a request (WSGI)."""

        def start_guarded(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, _with_headers(headers), *rest)

        refusal = self._refusal(environment)
        if refusal is None:
            return self.application(environment, start_guarded)
        api = environment.get("PATH_INFO", "").startswith("/api/")
        body = (json.dumps({"reason": refusal}) if api else f"{refusal}\n").encode()
        kind = "application/json" if api else "text/plain; charset=utf-8"
        start_guarded("403 Forbidden", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    @property
    def names(self) -> tuple[str, ...]:
        """Names under which the dashboard is asked, in lower case, addresses without brackets."""
        own = () if is_local(self.host) else (socket.gethostname(),)
        named = (*LOOPBACK, self.host, *own, *self.allowed)
        return tuple(dict.fromkeys(name.strip("[]").rstrip(".").lower() for name in named))

    def _refusal(self, environment: Environment) -> str | None:
        """Why a request is refused, in words; None if it is not."""
        host = environment.get("HTTP_HOST", "")
        if not self._is_ours(host):
            shown = host if _HOST.fullmatch(host) else "this name"
            return (
                f"The dashboard does not answer to {shown}, only to {', '.join(self.names)}. "
                "Start it with --allowed-host NAME for another name."
            )
        site = environment.get("HTTP_SEC_FETCH_SITE", "none")
        reading = environment["REQUEST_METHOD"] in READING
        if site not in ("none", "same-origin") and (not reading or _is_data(environment)):
            return "Requests of other sites are refused."
        if reading:
            return None
        if not self.writable:
            return "The dashboard is read-only. Start it with: exo dashboard --writable"
        origin = environment.get("HTTP_ORIGIN")
        if origin is not None and origin.lower() not in _origins(host.lower()):
            return "Requests of other sites are refused."
        return None

    def _is_ours(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].strip("[]").rstrip(".").lower()
        if name in self.names:
            return True
        return not is_local(self.host) and _is_address(name)  # an address cannot be rebound


def _is_data(environment: Environment) -> bool:
    """Whether a request reads data; a link of another site may still open the page."""
    path = environment.get("PATH_INFO", "")
    return bool(path.startswith(("/api/", "/csv/", "/artifacts/")))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _origins(host: str) -> tuple[str, str]:
    return f"http://{host}", f"https://{host}"


def _with_headers(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of an answer and ours; the policy of the page itself is kept."""
    policies = [value for name, value in headers if name.lower() == "content-security-policy"]
    ours = {**_HEADERS, "Content-Security-Policy": ";".join([*policies, _FRAMES])}
    kept = [(name, value) for name, value in headers if name.title() not in ours]
    return [*kept, *ours.items()]
