"""The process from which workers are forked, and what a worker does.

The nursery imports NumPy and the package, unpacks the evaluator, prepares it, and then only waits
for orders: a worker is forked from it in milliseconds, with everything in place and shared. It has
no thread, no lock and no database handle that a fork could inherit.

Orders come on a socket, one byte each: `F` with a descriptor forks a worker that serves it and
answers its process id; `W` and a process id ends and reaps that worker and answers its exit
status. When the socket closes, the run is over or dead: all workers are killed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import socket
import struct
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from mech_exo.system.processes import die_with_parent
from mech_exo.system.streams import guard_streams
from mech_exo.workforce.evaluation_work import evaluated

if TYPE_CHECKING:
    from mech_exo.workforce.evaluation_work import Evaluates

FORK, WAIT = b"F", b"W"
NUMBER = struct.Struct("<q")

# One BLAS thread: more would make the small products slower, and their last bits depend on load.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def main(control_descriptor: int, parcel_descriptor: int) -> None:
    """Run the nursery; returns in no process but the nursery itself."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # sent to the whole group
        signal.signal(number, signal.SIG_IGN)
    guard_streams()
    sys.stdout = sys.stderr  # the descriptor is the same, and workers end without flushing
    control = socket.socket(fileno=control_descriptor)
    try:
        evaluator = _prepare(parcel_descriptor)
    except Exception as error:  # noqa: BLE001 (raised again by the parent)
        _answer_start(control, error)
        return
    try:
        _answer_start(control, None)
    except ConnectionError:  # the run was killed while this started
        return
    gc.collect()
    gc.freeze()  # a collection would write to, and so copy, every shared page
    _serve(control, evaluator)


def read_exactly(control: socket.socket, size: int) -> bytes:
    """`size` bytes; EOFError when the other side is gone."""
    received = b""
    while len(received) < size:
        part = control.recv(size - len(received))
        if not part:
            raise EOFError
        received += part
    return received


def _prepare(parcel_descriptor: int) -> Evaluates:
    from mech_exo.system.parcel import unpack

    make: Callable[[], Evaluates] = unpack(parcel_descriptor)
    os.close(parcel_descriptor)
    evaluator = make()
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # libraries that the user's file has loaded, too
    return evaluator


def _answer_start(control: socket.socket, error: Exception | None) -> None:
    try:
        body = pickle.dumps(error)
        pickle.loads(body)  # noqa: S301 (our own; some exceptions cannot be restored)
    except Exception:  # noqa: BLE001
        body = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    control.sendall(NUMBER.pack(len(body)) + body)


def _serve(control: socket.socket, evaluator: Evaluates) -> None:
    children: set[int] = set()
    while True:
        try:
            order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not order:
                break
            if order == FORK:
                children.add(pid := _fork(control, descriptors[0], evaluator))
                control.sendall(NUMBER.pack(pid))
            else:
                (pid,) = NUMBER.unpack(read_exactly(control, NUMBER.size))
                control.sendall(NUMBER.pack(_end(pid)))
                children.discard(pid)
        except (EOFError, ConnectionError):
            break
    for pid in children:
        _end(pid)


def _end(pid: int) -> int:
    """Kill and reap a child; its exit status is that of whatever ended it first."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _fork(control: socket.socket, descriptor: int, evaluator: Evaluates) -> int:
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    status = 1
    try:
        control.close()
        die_with_parent()
        _work(Connection(descriptor), evaluator)
        status = 0
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(status)


def _work(tasks: Connection[Any, Any], evaluator: Evaluates) -> None:
    """Evaluate until the other side closes."""
    while True:
        try:
            index, params, limits = pickle.loads(tasks.recv_bytes())  # noqa: S301 (our parent's)
        except (EOFError, ConnectionError):
            return
        returned = evaluated(evaluator, index, params, limits)
        try:
            tasks.send_bytes(pickle.dumps(tuple(returned), protocol=5))
        except ConnectionError:
            return
