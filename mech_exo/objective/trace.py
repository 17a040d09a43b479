"""Whose mistake an exception is, and on which line of the user's file."""

import difflib
from types import TracebackType

from mech_exo.errors import ExoError


class SpaceError(BaseException):
    """A trial was asked for something that it cannot give.

    Not an Exception: an `except Exception` in the user's file must not hide it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class TrialFailure(BaseException):
    """The tuner's own trial raised `error` inside the user's function; no mistake of the user."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def line_of(error: BaseException, filename: str) -> int | None:
    """The line of `filename` that was running when `error` was raised; the innermost one."""
    if isinstance(error, SyntaxError) and error.filename == filename:
        return error.lineno
    line = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def reason(error: BaseException, label: str) -> str:
    """In one line, for a trial's record: `ZeroDivisionError at obj_utils.py:48: division by …`."""
    line = line_of(error, label)
    where = f" at {label}:{line}" if line else ""
    said = " ".join(_message(error).split())
    return f"{type(error).__name__}{where}{': ' if said else ''}{said}"


def mistake(error: BaseException, label: str, source: bytes) -> ExoError:
    """`error` as one for the user: file, line, what was raised, and the line of source."""
    line = line_of(error, label)
    where = f"{label}:{line}" if line else label
    said = " ".join(_message(error).split())
    kind = "" if isinstance(error, (SpaceError, ExoError)) else f"{type(error).__name__}: "
    code = _source_line(source, line)
    shown = f", in `{code}`." if code else "."
    hint = error.hint if isinstance(error, (SpaceError, ExoError)) else _nearest(error)
    return ExoError(f"{where}: {kind}{said.rstrip('.')}{shown}", hint=hint)


def _message(error: BaseException) -> str:
    if isinstance(error, (SpaceError, ExoError)):
        return error.message
    if isinstance(error, SyntaxError):
        return error.msg
    if isinstance(error, KeyError) and error.args:
        return repr(error.args[0])
    return str(error)


def _source_line(source: bytes, line: int | None) -> str:
    if line is None:
        return ""
    lines = source.decode("utf-8", errors="replace").splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _nearest(error: BaseException) -> str:
    """The name that was probably meant, for an attribute that is not there."""
    if not isinstance(error, AttributeError) or error.name is None or error.obj is None:
        return ""
    names = [name for name in dir(error.obj) if not name.startswith("_")]
    near = difflib.get_close_matches(error.name, names, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"There is: {', '.join(names)}."
