"""The one printable error of the program, and its exit codes.

Everything that a user can mend is raised as an `ExoError`: the command line prints its message
in one paragraph and exits with its code. Every other exception is a bug and keeps its traceback.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every `exo` command."""

    DONE = 0
    REFUSED = 1
    BAD_INPUT = 2
    NO_FEASIBLE_TRIAL = 3
    NOT_THE_FILES = 4
    LOCKED = 5
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "done, and the answer is no: a limit is breached, a leak or an error in the "
    "data was found, a file does not verify, a promotion is refused",
    ExitCode.BAD_INPUT: "bad input, or a study that was made under other data, objective or "
    "settings",
    ExitCode.NO_FEASIBLE_TRIAL: "no trial keeps all limits",
    ExitCode.NOT_THE_FILES: "data or code are not those that the file was made with",
    ExitCode.LOCKED: "another run holds the lock",
    ExitCode.INTERRUPTED: "interrupted by a signal; what was finished is kept",
}
"""What each exit code says, for docs/commands.md."""


class ExoError(Exception):
    """A failure that the user can mend.

    Parameters
    ----------
    message
        Names the file, row or field at fault and says what is wrong with it.
    hint
        What to do about it; printed after the message.
    exit_code
        What the process exits with.
    """

    def __init__(
        self, message: str, *, hint: str = "", exit_code: ExitCode = ExitCode.BAD_INPUT
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        between = "" if self.message.endswith("\n") else " "
        return f"{self.message}{between}{self.hint}".rstrip()
