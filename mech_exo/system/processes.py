"""Processes of our own: how many at once, this interpreter again, an end with the parent."""

import json
import os
import signal
import sys

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from {module} import main; main(*map(int, sys.argv[2:]))"
)


def call_main(module: str, *numbers: int) -> list[str]:
    """A command that calls `main(*numbers)` of a module, which it finds as this process does.

    `python -m` would look for packages in the working directory first, which is the user's.
    """
    boot = _BOOT.format(module=module)
    return [sys.executable, "-c", boot, json.dumps(sys.path), *map(str, numbers)]


def die_with_parent() -> None:
    """Ask Linux to kill this process with its parent; elsewhere the parent has to do it."""
    if sys.platform != "linux":
        return
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
