"""One BLAS thread per process.

Two threads make the small products of a backtest many times slower, and let the last bits of a
result depend on the machine's load.
"""

import sys
from functools import lru_cache


def one_blas_thread() -> None:
    """Limit every BLAS that is loaded; costs nothing when nothing was imported since."""
    _limit(len(sys.modules))


@lru_cache(maxsize=1)
def _limit(modules: int) -> None:  # noqa: ARG001 - the key: a new import may bring a new BLAS
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
