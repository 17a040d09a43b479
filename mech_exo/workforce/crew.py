"""The worker processes, as the asking process sees them.

Workers only evaluate. One that dies is replaced and its trial evaluated again, at most twice; a
third loss makes the trial FAIL. A single job has a worker process, too: the asking of the next
trial overlaps with it, and a crash in the user's code cannot take the study down.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from mech_exo.system.parcel import Parcel
from mech_exo.system.processes import call_main
from mech_exo.workforce.evaluation_work import Answer, Evaluates, Loss, Returned, Suggestion
from mech_exo.workforce.nursery import FORK, NUMBER, THREAD_VARIABLES, WAIT, read_exactly

MAX_LOSSES = 3  # evaluations of a trial that may be lost before it is given up
NURSERY_STARTS = 5  # nurseries without a single result before giving up


@dataclass
class _Worker:
    pid: int
    link: Connection[Any, Any]
    nursery: _Nursery  # whose child it is: no other can reap it
    queue: deque[Suggestion] = field(default_factory=deque)


class NurseryLostError(ConnectionError):
    """The process that forks the workers has died."""


class _Nursery:
    """The forking process: started from its parcel, asked for workers."""

    def __init__(self, parcel: Parcel) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}
            descriptors = (theirs.fileno(), parcel.fileno())
            self._process = subprocess.Popen(  # noqa: S603 (this interpreter, our own code)
                call_main("mech_exo.workforce.nursery", *descriptors),
                pass_fds=descriptors,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=2,  # what the user's file prints must not mix with the run's output
            )
        try:
            (size,) = NUMBER.unpack(self._read(NUMBER.size))
            error = pickle.loads(self._read(size))  # noqa: S301 (our own child's)
        except BaseException:
            self.close()
            raise
        if error is not None:
            self.close()
            raise error

    def fork(self) -> _Worker:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [FORK], [theirs.fileno()])
            (pid,) = NUMBER.unpack(self._read(NUMBER.size))
        except OSError as error:
            ours.close()
            raise NurseryLostError from error
        return _Worker(pid, Connection(ours.detach()), self)

    def end(self, pid: int) -> str:
        """End and reap a worker; how it died, in words."""
        try:
            self._control.sendall(WAIT + NUMBER.pack(pid))
            (status,) = NUMBER.unpack(self._read(NUMBER.size))
        except OSError as error:
            raise NurseryLostError from error
        if status < 0:
            name = signal.Signals(-status).name
            memory = "; out of memory?" if -status == signal.SIGKILL else ""
            return f"the worker was killed by {name}{memory}"
        return f"the worker ended with status {status}"

    def close(self) -> None:
        self._control.close()  # at which it kills its workers and ends
        try:
            self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:  # busy in the user's file, not yet serving
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def _read(self, size: int) -> bytes:
        try:
            return read_exactly(self._control, size)
        except EOFError as error:
            raise NurseryLostError from error


class Crew:
    """Up to `size` workers for one evaluator.

    Use as a context manager: on leaving, every process is gone.

    Parameters
    ----------
    evaluator
        Packed already, or what is to be packed.
    """

    def __init__(self, evaluator: Callable[[], Evaluates] | Parcel, size: int) -> None:
        self._size = size
        self._lent = isinstance(evaluator, Parcel)
        self._parcel = evaluator if isinstance(evaluator, Parcel) else Parcel.of(evaluator)
        self._workers: list[_Worker] = []
        self._waiting: deque[Suggestion] = deque()
        self._losses: dict[int, int] = {}
        self._notices: list[Loss] = []
        self._starts = 0
        self._nursery: _Nursery | None = None
        self._seconds = 0.0  # mean time of a trial, running

    def __enter__(self) -> Crew:
        try:
            self._man()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [w.pid for w in self._workers]

    @property
    def abreast(self) -> int:
        """Pieces of work that can be under way at once."""
        return self._size

    @property
    def pending(self) -> int:
        """Trials submitted and not yet returned."""
        return len(self._waiting) + sum(len(w.queue) for w in self._workers)

    def submit(self, suggestion: Suggestion) -> None:
        """Have a trial evaluated."""
        self._waiting.append(suggestion)
        self._hand_out()

    def poll(self, timeout: float) -> list[Answer | Loss]:
        """What has come back, waiting up to `timeout` seconds for the first."""
        results: list[Answer | Loss] = []
        ready = wait([w.link for w in self._workers], timeout)
        for worker in [w for w in self._workers if w.link in ready]:
            try:
                while True:
                    results.append(self._receive(worker))
                    if not worker.link.poll(0):
                        break
            except (EOFError, ConnectionError):
                self._bury(worker)
        if len(self._workers) < self._size:
            self._man()
        results.extend(self._notices)
        self._notices.clear()
        self._hand_out()
        return results

    def close(self) -> None:
        """End all processes at once; trials that run are lost."""
        if self._nursery is not None:
            self._nursery.close()  # kills its children
        for worker in self._workers:
            worker.link.close()
        self._workers.clear()
        if not self._lent:
            self._parcel.close()

    def _receive(self, worker: _Worker) -> Answer:
        returned = Returned(*pickle.loads(worker.link.recv_bytes()))  # noqa: S301
        answer = Answer.of(returned)
        worker.queue.popleft()
        self._starts = 0
        self._losses.pop(answer.index, None)
        self._seconds += 0.2 * (returned.completed - returned.started - self._seconds)
        return answer

    def _hand_out(self) -> None:
        """Give waiting trials to the least busy workers.

        Short trials are queued one ahead, so that a worker need not wait while this process asks;
        long ones are not, so that none waits behind a long one while another worker is free.
        """
        depth = 2 if self._seconds < 0.02 else 1
        while self._waiting and self._workers:
            worker = min(self._workers, key=lambda w: len(w.queue))
            if len(worker.queue) >= depth:
                return
            task = self._waiting.popleft()
            worker.queue.append(task)
            limits = None if task.limits is None else dict(task.limits)
            body = pickle.dumps((task.index, dict(task.params), limits), protocol=5)
            with contextlib.suppress(ConnectionError):  # dead: `poll` finds it so
                worker.link.send_bytes(body)

    def _bury(self, worker: _Worker) -> None:
        """Take a dead worker out; put its trials back in front."""
        self._workers.remove(worker)
        worker.link.close()
        reason = "the worker died with the process that forks them"
        if worker.nursery is self._nursery:
            try:
                reason = worker.nursery.end(worker.pid)
            except NurseryLostError:
                self._drop_nursery()
        index = worker.queue[0].index if worker.queue else None
        attempt = 0
        if index is not None:
            attempt = self._losses[index] = self._losses.get(index, 0) + 1
        given_up = attempt >= MAX_LOSSES
        if given_up:
            worker.queue.popleft()
        self._waiting.extendleft(reversed(worker.queue))
        self._notices.append(Loss(index, reason, attempt, given_up))

    def _man(self) -> None:
        """Bring the workers to their number."""
        while len(self._workers) < self._size:
            if self._nursery is None:
                self._starts += 1
                if self._starts > NURSERY_STARTS:
                    raise RuntimeError("worker processes cannot be started: they die at once")
                try:
                    self._nursery = _Nursery(self._parcel)
                except NurseryLostError:
                    continue
            try:
                self._workers.append(self._nursery.fork())
            except NurseryLostError:
                self._drop_nursery()

    def _drop_nursery(self) -> None:
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery = None
