"""Messengers in a process of their own, so that nothing of them takes the sampler's time.

A thread would not do: importing the libraries, and encrypting, hold the interpreter for 0.4 s of a
run of five. The courier gets a line of JSON for every text, and the end of the input is the end
of the run: also if that was killed, the courier delivers what it has, and ends. Each messenger has
a thread there, so that none waits for another.
"""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify.dispatch import Dispatch
from mech_exo.notify.messengers import Recipient, transport_of
from mech_exo.notify.moments import Moment
from mech_exo.system.processes import call_main

GRACE_S = 2.0  # for the courier to end by itself, after `notify.timeout_s`


class Courier:
    """The message of one run in all places; see `Channel`."""

    def __init__(
        self, recipients: Sequence[Recipient], study: str, settings: NotifySettings
    ) -> None:
        self._timeout_s = settings.timeout_s
        self.takes_pictures = any(one.takes_pictures for one in recipients)
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
        known = asdict(replace(settings, webhook=None))  # the file has been read
        orders = [[asdict(one) for one in recipients], study, known]
        self._begun = _line(orders)  # what has to be written to its end
        self._next = b""
        self._moment = Moment.PROGRESS  # of `_next`
        self._picture = b""
        self._write()

    def send(self, text: str, moment: Moment = Moment.PROGRESS) -> None:
        """Make `text` the run's message; replaces one that the courier has not taken yet."""
        self._moment = max(moment, self._moment) if self._next else moment
        self._next = _line({"text": text, "moment": self._moment})
        self._write()

    def attach(self, picture: bytes) -> None:
        """Put a picture beside the last text; it is handed over by `close`."""
        self._picture = _line({"picture": base64.b64encode(picture).decode()})

    def close(self) -> list[str]:
        """Wait for the last text, `GRACE_S` longer than the courier; what went wrong."""
        wait = self._timeout_s + GRACE_S
        os.set_blocking(self._input.fileno(), True)
        left = self._begun + self._next + self._picture
        with self._process:
            try:
                said, _ = self._process.communicate(left, timeout=wait)
            except subprocess.TimeoutExpired:
                self._process.kill()
                return [f"Messages: the last one was not delivered within {wait:g} s"]
        if self._process.returncode != 0 or not said:
            status = self._process.returncode
            return [f"Messages: the process that sends has died (status {status})"]
        failures: list[str] = json.loads(said)
        return failures

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
    orders, study, known = json.loads(sys.stdin.readline())
    settings = NotifySettings(**known)
    recipients = [Recipient(**order) for order in orders]
    dispatches = [Dispatch(transport_of(one, study, settings), settings) for one in recipients]
    for line in sys.stdin:
        news = json.loads(line)
        for dispatch in dispatches:
            if "picture" in news:
                dispatch.attach(base64.b64decode(news["picture"]))
            else:
                dispatch.send(news["text"], Moment(news["moment"]))
    for dispatch in dispatches:
        dispatch.end()  # of all at once: they have the same time
    failures = [(one.title, d.close()) for one, d in zip(recipients, dispatches, strict=True)]
    print(json.dumps([f"{title}: {words}" for title, words in failures if words]), flush=True)
    os._exit(0)  # the run is waiting, and nothing is left to be put in order


def _line(content: object) -> bytes:
    return f"{json.dumps(content)}\n".encode()
