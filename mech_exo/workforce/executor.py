"""What is asked of those who evaluate: the one interface."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from mech_exo.workforce.evaluation_work import Answer, Loss, Suggestion


class Executor(Protocol):
    """Evaluates suggestions, and gives the answers in any order.

    A context manager: on leaving, nothing of it works any more.
    """

    @property
    def pending(self) -> int:
        """Pieces submitted and not yet returned."""

    @property
    def abreast(self) -> int:
        """Pieces that can be under way at once, as things stand; at least 1."""

    def submit(self, suggestion: Suggestion) -> None:
        """Have a piece done."""

    def poll(self, timeout: float) -> list[Answer | Loss]:
        """What has come back, waiting up to `timeout` seconds for the first.

        Raises
        ------
        ExoError
            If the work cannot go on. What had come back before is the caller's already.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
