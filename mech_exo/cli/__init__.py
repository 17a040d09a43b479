"""The command line: each command parses, calls one function and prints.

Nothing here imports a heavy package at module level, so that `exo --help` stays quick.
"""

import sys


def main() -> None:
    """Run `exo` on the process's arguments; the console script."""
    from mech_exo.cli.entry import run

    sys.exit(run(sys.argv[1:]))
