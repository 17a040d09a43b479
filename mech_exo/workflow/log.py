"""Where a run says what it does."""

import logging
from typing import Protocol


class Log(Protocol):
    """Takes a run's notes and warnings."""

    def note(self, text: str) -> None:
        """What the user may want to know."""

    def warn(self, text: str) -> None:
        """What the user must see."""


class PythonLog:
    """To Python's own log, of the name mech_exo: what a program that imports the package wants."""

    def note(self, text: str) -> None:
        """At the level INFO."""
        logging.getLogger("mech_exo").info(text)

    def warn(self, text: str) -> None:
        """At the level WARNING."""
        logging.getLogger("mech_exo").warning(text)
