"""For all tests: what the machine or the shell that starts them must not decide."""

import os
import signal
import time

from hypothesis import HealthCheck, settings

# no example of a property test fails by the clock, machines are shared
settings.register_profile("exo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("exo")

# nohup ignores SIGHUP, a shell its background jobs' Ctrl-C, a supervisor may block either; the
# programs under test inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD, signal.SIGALRM):
    signal.signal(number, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, set())

os.umask(0o022)
try:
    os.fstat(0)
except OSError:  # closed: the next file that is opened would become stdin
    os.open(os.devnull, os.O_RDONLY)

# variables that change what a program prints, and when it thinks it is
STEERING = """
COLUMNS LINES NO_COLOR FORCE_COLOR CLICOLOR CLICOLOR_FORCE TTY_COMPATIBLE TTY_INTERACTIVE
TERMINAL_WIDTH TYPER_USE_RICH TZ LANGUAGE LC_ALL LC_CTYPE PYTHONIOENCODING PYTHONUTF8
PYTHONWARNINGS PYTHONUNBUFFERED PYTHONSAFEPATH
"""
for name in STEERING.split():
    os.environ.pop(name, None)
os.environ |= {"LANG": "C.UTF-8", "TERM": "xterm"}
time.tzset()
