"""Telegram in a process of its own, so that nothing of it takes the sampler's time.

A thread would not do: importing the library, and encrypting, hold the interpreter for 0.4 s of a
run of five. The courier gets a line of JSON for every text, and the end of the input is the end
of the run: also if that was killed, the courier delivers what it has, and ends.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict

from mech_exo.config.settings import NotifySettings
from mech_exo.system.processes import call_main

GRACE_S = 2.0  # for the courier to end by itself, after `notify.timeout_s`


class Courier:
    """The message of one run in one chat; see `Channel`."""

    def __init__(self, token: str, chat: str, settings: NotifySettings) -> None:
        self._timeout_s = settings.timeout_s
        self._process = subprocess.Popen(  # noqa: S603 (this interpreter, our own code)
            call_main("mech_exo.notify.courier"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is the run's, whose last message says so
        )
        assert self._process.stdin is not None
        self._input = self._process.stdin
        os.set_blocking(self._input.fileno(), False)
        self._begun = _line([token, chat, asdict(settings)])  # what has to be written to its end
        self._next = b""
        self._write()

    def send(self, text: str, *, last: bool = False) -> None:
        """Make `text` the run's message; replaces one that the courier has not taken yet."""
        self._next = _line([text, last])
        self._write()

    def close(self) -> str:
        """Wait for the last text, `GRACE_S` longer than the courier; the first failure, or ""."""
        wait = self._timeout_s + GRACE_S
        os.set_blocking(self._input.fileno(), True)
        with self._process:
            try:
                said, _ = self._process.communicate(self._begun + self._next, timeout=wait)
            except subprocess.TimeoutExpired:
                self._process.kill()
                return f"the last message was not delivered within {wait:g} s"
        if self._process.returncode != 0 or not said:
            return f"the process that sends has died (status {self._process.returncode})"
        failure: str = json.loads(said)
        return failure

    def _write(self) -> None:
        """Hand over what fits into the pipe."""
        try:
            while self._begun or self._next:
                if not self._begun:
                    self._begun, self._next = self._next, b""
                self._begun = self._begun[os.write(self._input.fileno(), self._begun) :]
        except BlockingIOError:
            pass  # with the next text
        except BrokenPipeError:
            self._begun = self._next = b""  # `close` says why


def main() -> None:
    """Deliver what comes in; the courier itself."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the end of the input is what ends it
    from mech_exo.notify.telegram import Telegram

    token, chat, settings = json.loads(sys.stdin.readline())
    channel = Telegram(token, chat, NotifySettings(**settings))
    for line in sys.stdin:
        text, last = json.loads(line)
        channel.send(text, last=last)
    print(json.dumps(channel.close()), flush=True)
    os._exit(0)  # the run is waiting, and nothing is left to be put in order


def _line(content: object) -> bytes:
    return f"{json.dumps(content)}\n".encode()
