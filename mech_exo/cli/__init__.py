"""The command line: each command parses, calls one function and prints.

Nothing here imports a heavy package at module level, so that `exo --help` stays quick.
"""

import signal
import sys

from mech_exo.tuning.streams import guard_streams


def main() -> None:
    """Run `exo` on the process's arguments; the console script."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, from the first moment
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    guard_streams()
    try:
        from mech_exo.cli.entry import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the program itself was being loaded, or ended
        print("error: interrupted.", file=sys.stderr)
        code = 130
    sys.exit(code)
