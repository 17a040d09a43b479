"""What a whole run tells its listener: the engine's events, and what comes before and after."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mech_exo.tuning.events import Event

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings
    from mech_exo.tuning.replicates import Progress
    from mech_exo.workflow.optimised import Optimised


@dataclass(frozen=True)
class SettingsResolved:
    """The settings are known; nothing has been read of the data yet."""

    settings: "Settings"


@dataclass(frozen=True)
class ReplicateFinished:
    """One of the verdict's searches is done: `done` of the `total` of its part."""

    part: str
    done: int
    total: int


@dataclass(frozen=True)
class ResultFound:
    """The result is known; `decision` says what the weekly run does with it."""

    result: "Optimised"
    decision: str = ""


RunEvent: TypeAlias = Event | SettingsResolved | ReplicateFinished | ResultFound
RunListener: TypeAlias = Callable[[RunEvent], None]


def each(*listeners: RunListener) -> RunListener:
    """Tell all of them, one after the other."""

    def told(event: RunEvent) -> None:
        for listener in listeners:
            listener(event)

    return told


def unheard(event: RunEvent) -> None:
    """Listen to nothing."""
    del event


def replicates_to(listener: RunListener) -> "Progress":
    """Tell a listener of the verdict's searches."""

    def told(part: str, done: int, total: int) -> None:
        listener(ReplicateFinished(part, done, total))

    return told
