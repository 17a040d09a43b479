"""Work on the workers of a Dask scheduler: the only module that knows the library.

Dask decides which worker does a piece, does it again elsewhere when a worker is lost, and gives a
piece up over which workers have died too often. What it does not give, and what is not needed
here, is an order: answers are put in order by who asked.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import queue
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExoError
from mech_exo.system.parcel import Parcel
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.dask_worker import Content, Installed, carried, evaluate
from mech_exo.workforce.evaluation_work import Answer, Evaluates, Loss, Returned, Suggestion
from mech_exo.workforce.shared_files import put_once

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_S = 10.0
FIRST_WORKER_S = 60.0  # for which a run waits until there is a worker
LOOK_S = 1.0  # between two looks at how many workers there are
RESUBMITS = 3  # of a piece that the scheduler forgot


class DaskExecutor:
    """Evaluates on a cluster.

    Parameters
    ----------
    evaluator
        Packed already, or what is to be packed.
    """

    def __init__(self, evaluator: Callable[[], Evaluates] | Parcel, cluster: Cluster) -> None:
        self._cluster = cluster
        self._lent = isinstance(evaluator, Parcel)
        self._parcel = evaluator if isinstance(evaluator, Parcel) else Parcel.of(evaluator)
        self._open: dict[str, tuple[Suggestion, int]] = {}  # by key: what, and which attempt
        self._futures: dict[str, Future] = {}
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._threads, self._looked = 1, 0.0
        self._client: Client | None = None
        self._content: Content | None = None
        self._body: Future | None = None

    def __enter__(self) -> DaskExecutor:
        try:
            self._client = connected(self._cluster)
            self._wait_for_a_worker()
            self._send()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def pending(self) -> int:
        """Pieces submitted and not yet returned."""
        return len(self._open)

    @property
    def abreast(self) -> int:
        """One for each worker, which may come and go."""
        now = time.monotonic()
        if now - self._looked > LOOK_S:
            self._looked = now
            with self._reached():
                known = self._ours.scheduler_info(n_workers=-1)["workers"]
            self._threads = max(1, len(known))
        return self._threads

    def submit(self, suggestion: Suggestion) -> None:
        """Have a piece done.

        Raises
        ------
        ExoError
            If the scheduler is gone.
        """
        self._submit(suggestion, attempt=0)

    def poll(self, timeout: float) -> list[Answer | Loss]:
        """What has come back, waiting up to `timeout` seconds for the first.

        Raises
        ------
        ExoError
            If the scheduler is gone, or a worker cannot be one.
        """
        keys: list[str] = []
        with contextlib.suppress(queue.Empty):
            keys.append(self._done.get(timeout=timeout) if timeout else self._done.get_nowait())
            while True:
                keys.append(self._done.get_nowait())
        with self._reached():
            whole = [key for key in keys if self._futures[key].status == "finished"]
            answers = self._answers(whole)
            others = [self._unfinished(key) for key in keys if key not in answers]
        return [*answers.values(), *(loss for loss in others if loss is not None)]

    def close(self) -> None:
        """Give up what is under way, and let the cluster forget the data."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, TimeoutError):
                client.cancel(list(self._futures.values()), force=True)
            self._futures.clear()
            self._body = None
            client.close(timeout=5.0)
        if not self._lent:
            self._parcel.close()

    @property
    def _ours(self) -> Client:
        assert self._client is not None, "the executor is not entered"
        return self._client

    def _submit(self, suggestion: Suggestion, attempt: int) -> None:
        limits = None if suggestion.limits is None else dict(suggestion.limits)
        work = self._content, self._body, suggestion.index, dict(suggestion.params), limits
        with self._reached():
            future = self._ours.submit(evaluate, *work, pure=False)
        self._open[future.key] = suggestion, attempt
        self._futures[future.key] = future
        future.add_done_callback(lambda found: self._done.put(found.key))

    def _answers(self, keys: list[str]) -> dict[str, Answer]:
        """The results of finished pieces, fetched together."""
        found = self._ours.gather([self._futures[key] for key in keys], errors="raise")
        for key in keys:
            del self._open[key], self._futures[key]
        return {k: Answer.of(Returned(*one)) for k, one in zip(keys, found, strict=True)}

    def _unfinished(self, key: str) -> Loss | None:
        """What to do of a piece that did not end well; it may be submitted again."""
        from distributed import KilledWorker

        (suggestion, attempt), future = self._open.pop(key), self._futures.pop(key)
        if future.status != "error":  # the scheduler has forgotten it
            if attempt >= RESUBMITS:
                raise self._gone()
            self._submit(suggestion, attempt + 1)
            return None
        error = future.exception()
        if isinstance(error, KilledWorker):
            times = 1 + int(self._ours.run_on_scheduler(_allowed_failures))
            return Loss(suggestion.index, "the Dask worker died", times, given_up=True)
        raise error

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        """Raise an ExoError if the scheduler cannot be reached, before or within."""
        if self._ours.status != "running":
            raise self._gone()
        try:
            yield
        except (OSError, TimeoutError, CancelledError) as error:
            raise self._gone() from error

    def _wait_for_a_worker(self) -> None:
        try:
            self._ours.wait_for_workers(1, timeout=FIRST_WORKER_S)
        except TimeoutError as error:
            raise ExoError(
                f"The Dask scheduler {self._cluster.scheduler} has had no worker for "
                f"{FIRST_WORKER_S:g} s.",
                hint=f"Start some: dask worker {self._cluster.scheduler} --nthreads 1 --nworkers 2",
            ) from error

    def _send(self) -> None:
        """Send the parcel, once for all pieces."""
        digest, size = hashlib.sha256(), 0
        for part in self._parcel.parts():
            digest.update(part)
            size += len(part)
        name, place = digest.hexdigest(), None
        if self._cluster.share is not None:
            place = f"{self._cluster.share.rstrip('/')}/exo-{name}.parcel"
            put_once(place, size, self._parcel.parts())
        self._content = Content(name, Installed.here(), place)
        if place is None:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Sending large graph")
                body = b"".join(self._parcel.parts())
                self._body = self._ours.submit(carried, body, key=f"exo-parcel-{name}")

    def _gone(self) -> ExoError:
        return ExoError(
            f"The Dask scheduler {self._cluster.scheduler} is gone, or has forgotten the run.",
            hint="What was finished is stored: run the same command again, it goes on from there.",
        )


class _LostConnection(logging.Filter):
    """Drops what Dask logs of a connection that is lost: we tell of it in a sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is of something else."""
        trace = record.exc_info[2] if record.exc_info else None
        while trace is not None:
            if str(trace.tb_frame.f_globals.get("__name__")).startswith("distributed."):
                return False
            trace = trace.tb_next
        return True


_LOST_CONNECTION = _LostConnection()


def _quieten() -> None:
    """Keep the tracebacks of lost connections out of the log; some come when the process ends."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":  # each has a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in ("asyncio", "tornado.application"):
        logging.getLogger(name).addFilter(_LOST_CONNECTION)


def _allowed_failures(dask_scheduler: Any) -> int:
    return int(dask_scheduler.allowed_failures)


def connected(cluster: Cluster) -> Client:
    """A client of the scheduler.

    Raises
    ------
    ExoError
        If no scheduler answers.
    """
    from distributed import Client
    from distributed.security import Security

    _quieten()
    files = {
        "tls_ca_file": cluster.tls_ca_file,
        "tls_client_cert": cluster.tls_cert,
        "tls_client_key": cluster.tls_key,
    }
    given = {name: path for name, path in files.items() if path is not None}
    try:
        security = Security(require_encryption=bool(given) or None, **given)
        return Client(
            cluster.scheduler,
            timeout=CONNECT_S,
            security=security,
            set_as_default=False,
            name="exo",
        )
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise ExoError(
            f"--scheduler {cluster.scheduler}: no Dask scheduler answers ({error}).",
            hint="Start one with `dask scheduler`, and write its address: tcp://HOST:8786.",
        ) from error
