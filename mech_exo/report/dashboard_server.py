"""optuna-dashboard on a study file."""

import errno
import io
import json
import re
import socket
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from mech_exo.errors import ExoError
from mech_exo.report.dashboard_guard import Application, Environment, Guard, Start, is_local
from mech_exo.tuning.study_access import check_study_file

if TYPE_CHECKING:
    from mech_exo.report.study_story import StudyStory
    from mech_exo.tuning.display import DisplayStorage

POLL_S = 1.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _ServerOfSix(_Server):
    address_family = socket.AF_INET6


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are not logged: the page polls."""


def serve(
    study_file: Path,
    host: str,
    port: int,
    *,
    wait: bool = False,
    writable: bool = False,
    allowed: tuple[str, ...] = (),
    project: Path | None = None,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the dashboard until interrupted.

    Parameters
    ----------
    wait
        Wait for a study file that is not there yet instead of raising.
    writable
        Whether the page may change and delete studies.
    allowed
        Names under which the page is asked, beside those of this machine.
    project
        The folder from whose settings and data best trials are backtested; None: they are not.

    Raises
    ------
    ExoError
        If the file holds no study or the port is taken.
    """
    if wait and not holds_studies(study_file):
        announce(f"waiting for {study_file}")
        while not holds_studies(study_file):
            time.sleep(POLL_S)
    check_study_file(study_file)
    dashboard = application(study_file, writable=writable, project=project)
    guarded = Guard(dashboard, host, allowed, writable)
    server_class = _ServerOfSix if ":" in host else _Server
    try:
        server = make_server(
            host, port, guarded, server_class=server_class, handler_class=_SilentHandler
        )
    except OSError as error:
        raise _not_bound(host, port, error) from error
    with server:
        if not is_local(host):
            announce(_warning(host, writable))
        address = address_of(host, server.server_port)
        announce(f"dashboard of {study_file}: {address} (Ctrl-C ends it)")
        server.serve_forever()


def application(
    study_file: Path, *, writable: bool = False, project: Path | None = None
) -> Application:
    """The dashboard of a study file as a WSGI application, without its guard."""
    from optuna_dashboard import wsgi

    from mech_exo.report.study_story import StudyStory
    from mech_exo.tuning.display import DisplayStorage

    storage = DisplayStorage(study_file, writable=writable)
    story = StudyStory(study_file, project)
    theirs: Application = wsgi(storage)

    def answer(environment: Environment, start: Start) -> Iterable[bytes]:
        ours = _ours(storage, story, environment)
        if ours is None:
            environment.setdefault("HTTP_ACCEPT_ENCODING", "")  # optuna-dashboard takes it for sure
            _keep_own_words(environment)
            return theirs(environment, start)
        status, text = ours
        return _send(environment, start, status, text)

    return answer


_NOTE = re.compile(r"/api/studies/[0-9]{1,18}/note/?")
_STUDY = re.compile(r"/api/studies/([0-9]{1,18})(/rename)?/?")


def _ours(
    storage: "DisplayStorage", story: "StudyStory", environment: Environment
) -> tuple[str, str] | None:
    """Status and JSON of an answer that is not optuna-dashboard's own; None if it is."""
    from mech_exo.report.study_detail import study_detail

    match = _STUDY.fullmatch(environment["PATH_INFO"])
    method = environment["REQUEST_METHOD"]
    if match is None:
        return None
    study_id = int(match[1])
    try:
        if match[2] and method == "POST" and storage.shown(study_id) is not None:
            return "400 Bad Request", json.dumps({"reason": _NO_RENAME})
        after = parse_qs(environment.get("QUERY_STRING", "")).get("after", ["0"])[-1]
        if match[2] or method != "GET" or not re.fullmatch("[0-9]{1,18}", after):
            return None
        text = study_detail(storage, study_id, int(after), story)
    except ExoError as error:
        return "500 Internal Server Error", json.dumps({"reason": str(error)})
    return None if text is None else ("200 OK", text)


def _keep_own_words(environment: Environment) -> None:
    """Of a study's note that is to be kept, keep what the user has written."""
    from mech_exo.report.study_story import without_story

    length = environment.get("CONTENT_LENGTH", "")
    if environment["REQUEST_METHOD"] != "PUT" or not _NOTE.fullmatch(environment["PATH_INFO"]):
        return
    if length.isdecimal():
        content = without_story(environment["wsgi.input"].read(int(length)))
        environment["wsgi.input"] = io.BytesIO(content)
        environment["CONTENT_LENGTH"] = str(len(content))


_NO_RENAME = (
    "A study of exo is not renamed here: optuna-dashboard would copy its trials without what exo "
    "needs to go on with them."
)


def _send(environment: Environment, start: Start, status: str, text: str) -> Iterable[bytes]:
    """Answer with JSON, packed where the browser can unpack it."""
    body = text.encode()
    headers = [("Content-Type", "application/json"), ("Vary", "Accept-Encoding")]
    if "gzip" in environment.get("HTTP_ACCEPT_ENCODING", ""):
        packer = zlib.compressobj(1, wbits=31)  # the quickest level: digits do not pack better
        body = packer.compress(body) + packer.flush()
        headers.append(("Content-Encoding", "gzip"))
    start(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]


def _warning(host: str, writable: bool) -> str:
    what = "sees, changes and deletes" if writable else "sees"
    return (
        f"warning: the dashboard listens on {host} and has no password: whoever reaches this "
        f"machine {what} its studies. In a container, publish the port on 127.0.0.1 only."
    )


def address_of(host: str, port: int) -> str:
    """Where to look at a page that listens on `host`: no browser finds "all addresses"."""
    name = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def holds_studies(study_file: Path) -> bool:
    """Whether the file exists and has Optuna's tables.

    Raises
    ------
    ExoError
        If it is another kind of file.
    """
    if not study_file.is_file() or study_file.stat().st_size == 0:
        return False
    try:
        connection = sqlite3.connect(f"file:{study_file.resolve().as_posix()}?mode=ro", uri=True)
        try:
            query = "SELECT 1 FROM sqlite_master WHERE name = 'version_info'"
            return connection.execute(query).fetchone() is not None
        finally:
            connection.close()
    except sqlite3.OperationalError:  # being written for the first time
        return False
    except sqlite3.DatabaseError as error:
        raise ExoError(f"{study_file}: is not an SQLite database ({error}).") from error


def _not_bound(host: str, port: int, error: OSError) -> ExoError:
    if error.errno == errno.EADDRINUSE:
        return ExoError(
            f"port {port} on {host} is in use by another program.",
            hint=f"Choose another: exo dashboard --port {port + 1}.",
        )
    return ExoError(f"cannot listen on {host}:{port} ({error.strerror}).")
