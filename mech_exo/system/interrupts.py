"""Signals of a run: the first ends it in order, the second at once."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """While entered, SIGINT, SIGTERM and SIGHUP are noted; the handlers are put back on leaving.

    The first sets `requested` if the run is `polite` (it can finish what runs), otherwise and at
    the second KeyboardInterrupt is raised. A SIGHUP that is ignored (nohup) stays ignored. Outside
    the main thread nothing is installed.
    """

    def __init__(self) -> None:
        self.requested = ""  # name of the signal
        self.polite = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                    continue
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        second = bool(self.requested)
        self.requested = signal.Signals(number).name
        if second or not self.polite:
            raise KeyboardInterrupt
