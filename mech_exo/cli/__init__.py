"""Commands: each parses, calls one function and prints.

Nothing here imports a heavy package at module level, so that `exo --help` stays quick.
"""

import gc
import signal
import sys

from mech_exo.errors import ExoError
from mech_exo.system.host import check_host
from mech_exo.system.streams import guard_streams

ALLOCATIONS = 20_000  # between two collections of garbage: the imports alone make 130,000 objects


def main() -> None:
    """Run `exo` on the process's arguments; the console script."""
    try:
        check_host()
    except ExoError as error:
        sys.exit(_said(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, from the first moment
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    guard_streams()
    gc.set_threshold(ALLOCATIONS)
    try:
        from mech_exo.cli.entry import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the program itself was being loaded, or ended
        print("error: interrupted.", file=sys.stderr)
        code = 130
    gc.freeze()  # or the interpreter's last collection visits all that was imported: 0.5 s
    sys.exit(code)


def _said(error: ExoError) -> int:
    print(f"error: {error}", file=sys.stderr)
    return error.exit_code
