"""One BLAS thread per process.

Two threads make the products of small arrays many times slower, and let the last bits of a
result depend on the machine's load.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

_GUESTS: list[Any] = []  # of `caller_threads_kept`, in whatever thread; the first restores
_DOOR = threading.Lock()


def one_blas_thread() -> None:
    """Limit every BLAS that is loaded; costs nothing when nothing was imported since."""
    _limit(len(sys.modules))


@lru_cache(maxsize=1)
def _limit(modules: int) -> None:  # noqa: ARG001 - the key: a new import may bring a new BLAS
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


@contextmanager
def caller_threads_kept() -> Iterator[None]:
    """Give the number of BLAS threads back on leaving, when the last of several leaves."""
    from threadpoolctl import threadpool_limits

    with _DOOR:
        _GUESTS.append(threadpool_limits(limits=None) if not _GUESTS else None)
    try:
        yield
    finally:
        with _DOOR:
            before = _GUESTS[0]
            _GUESTS.pop()
            if not _GUESTS:
                before.restore_original_limits()
                _limit.cache_clear()
