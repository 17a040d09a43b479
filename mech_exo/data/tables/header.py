"""The names of a file's columns, and what may not stand there."""

from pathlib import Path

from mech_exo.errors import ExoError


def check_header(path: Path, header: list[str]) -> None:
    """Raise an ExoError for a header without names, with one column, or with a name twice."""
    if not header:
        raise ExoError(f"{path}: is empty.")
    if len(header) == 1:
        raise ExoError(
            f"{path}: has a single column, {header[0][:60]!r}.",
            hint="Separate the columns by commas, semicolons or tabs.",
        )
    seen: set[str] = set()
    for position, name in enumerate(header, start=1):
        if not name and position > 1:
            raise ExoError(f"{path}: column {position} has no name.")
        if name in seen:
            raise ExoError(f"{path}: has the column {name!r} twice, again as number {position}.")
        seen.add(name)


def first_line(error: BaseException) -> str:
    """The first line of what another library says about a file."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
