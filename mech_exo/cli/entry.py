"""Running the application: every expected failure becomes one line and an exit code."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, cast

import typer
from typer.main import get_command

from mech_exo.cli.app import app
from mech_exo.cli.pipes import discard_output
from mech_exo.errors import ExitCode, ExoError
from mech_exo.notify.credentials import withheld
from mech_exo.system.printable import printable


class _UsageError(Protocol):
    """What Typer raises for a command line it cannot parse."""

    def format_message(self) -> str: ...


# UsageError itself lives in another module from one version of Typer to the next.
USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__bases__[0])


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    with withheld(os.environ) as messengers:
        return _run(arguments, messengers)


def _run(arguments: Sequence[str], messengers: Mapping[str, str]) -> int:
    try:
        code: object = ExitCode.DONE
        with _help_may_be_cut():
            code = get_command(app).main(
                list(arguments), prog_name="exo", standalone_mode=False, obj=messengers
            )
    except ExoError as error:
        return _fail(str(error), error.exit_code)
    except USAGE_ERROR as error:
        message = _usage(error)
        return _fail(message, ExitCode.BAD_INPUT) if message else _flushed(ExitCode.BAD_INPUT)
    except PermissionError as error:  # of a folder that may not even be looked into
        return _fail(f"{error.filename}: {error.strerror}.", ExitCode.BAD_INPUT)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return _fail(f"{error.filename}: {error.strerror}.", ExitCode.BAD_INPUT)
    except MemoryError as error:
        words = f" ({error})" if str(error) else ""
        return _fail(f"not enough memory{words}. Use fewer names or dates.", ExitCode.BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted.", ExitCode.INTERRUPTED)
    return _flushed(code if isinstance(code, int) else ExitCode.DONE)


@contextlib.contextmanager
def _help_may_be_cut() -> Iterator[None]:
    """End without an error when the reader of a help page has left: Typer would exit 1."""
    try:
        yield
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        discard_output()


def _usage(error: Exception) -> str:
    """The error on one line; empty where Typer has printed the help page instead."""
    message = " ".join(cast("_UsageError", error).format_message().split())
    if not message:
        return ""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "exo"
    return f"{message}{'' if message.endswith(('.', '?')) else '.'} See `{path} --help`."


def _fail(message: str, code: ExitCode) -> int:
    try:
        print(f"error: {printable(message)}", file=sys.stderr)
    except BrokenPipeError:
        discard_output()
    return _flushed(code)


def _flushed(code: int) -> int:
    """`code`, after the output has been written; a reader that has left is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
    except ExoError as error:  # a full disk; the stream drops the rest
        return _fail(str(error), error.exit_code)
    return code
