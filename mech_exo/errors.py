"""The one printable error of the program, and its exit codes.

Everything that a user can mend is raised as an `ExoError`: the command line prints its message
in one paragraph and exits with its code. Every other exception is a bug and keeps its traceback.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every `exo` command."""

    DONE = 0
    REFUSED = 1  # a limit is breached, a leak found, a file does not verify, a promotion refused
    BAD_INPUT = 2  # bad input, or a study of another fingerprint
    NO_FEASIBLE_TRIAL = 3
    NOT_THE_FILES = 4  # data or code are not those of the file
    LOCKED = 5  # another run holds the lock
    INTERRUPTED = 130


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
