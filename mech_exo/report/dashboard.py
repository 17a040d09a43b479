"""optuna-dashboard on a study file."""

import errno
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from mech_exo.errors import ExoError
from mech_exo.tuning.database import check_study_file

POLL_S = 1.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are not logged: the page polls."""


def serve(
    study_file: Path,
    host: str,
    port: int,
    *,
    wait: bool = False,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the dashboard until interrupted.

    Parameters
    ----------
    wait
        Wait for a study file that is not there yet instead of raising.

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
    from optuna_dashboard import wsgi

    application = wsgi(f"sqlite:///{study_file.resolve()}")
    try:
        server = make_server(
            host, port, application, server_class=_Server, handler_class=_SilentHandler
        )
    except OSError as error:
        raise _not_bound(host, port, error) from error
    with server:
        address = address_of(host, server.server_port)
        announce(f"dashboard of {study_file}: {address} (Ctrl-C ends it)")
        server.serve_forever()


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
