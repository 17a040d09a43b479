"""`exo study archive` and `exo study delete`."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.completion import offer_studies
from mech_exo.cli.option_groups import JsonOption, ProjectOption, StudyFileOption
from mech_exo.cli.options import argument, option
from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.request import DEFAULT_STUDY

if TYPE_CHECKING:
    from mech_exo.tuning.study_removal import Removal


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ArchiveOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study archive`."""

    name: str | None = argument(
        help="Study to copy; without one, all studies of the file.",
        metavar="[NAME]",
        autocompletion=offer_studies,
        default=None,
    )
    out: Path = option("--out", help="File to write.", metavar="FILE", default=dataclasses.MISSING)
    force: bool = option("--force", help="Replace a file that is there.", default=False)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class DeleteOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study delete`."""

    name: str = argument(help="Name of the study.", metavar="NAME", autocompletion=offer_studies)
    yes: bool = option("--yes", help="Do not ask.", default=False)


def archive(options: ArchiveOptions) -> None:
    """Copy a study, or the whole file, to one small file; a run may go on meanwhile."""
    from mech_exo.report.console import console
    from mech_exo.report.plain_json import json_text
    from mech_exo.tuning.study_archive import archive as carry_out

    with console(sys.stderr).status("copying and checking"):
        made = carry_out(options.study_file, options.out, options.name, overwrite=options.force)
    if options.json:
        typer.echo(json_text(made))
        return
    out = console(sys.stdout)
    for name, trials in made.trials.items():
        out.print(f"archived   {name}, {trials} trials", soft_wrap=True)
    out.print(f"to         {made.out} ({made.size / 1e6:.1f} MB)", soft_wrap=True)


def delete(options: DeleteOptions) -> None:
    """Remove a study and all that is its own; looks at the holdout stay. Asks first."""
    from mech_exo.report.console import ConsoleLog
    from mech_exo.report.plain_json import json_text
    from mech_exo.tuning.study_removal import delete_study, give_space_back, removal_of

    doomed = removal_of(options.study_file, options.name)
    if not options.yes:
        _ask(doomed, options.study_file)
    removed = delete_study(options.study_file, options.name)
    why = give_space_back(options.study_file)
    if options.json:
        typer.echo(json_text(removed))
    else:
        ConsoleLog().console.print(f"deleted    {_words(removed)}", soft_wrap=True)
    if why:
        ConsoleLog().warn(
            f"{options.study_file} keeps its size ({why}); sqlite3 FILE VACUUM makes it smaller."
        )


def _ask(doomed: "Removal", study_file: Path) -> None:
    """Go on if the person at the terminal says so.

    Raises
    ------
    ExoError
        Nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise ExoError(
            f"study {doomed.study!r} is not deleted: there is no terminal to ask at.",
            hint="--yes deletes it without asking.",
        )
    typer.echo(f"{study_file} loses {_words(doomed)}", err=True)
    if not typer.confirm("Delete it?", err=True):
        typer.echo("Nothing was deleted.", err=True)
        raise typer.Exit(ExitCode.REFUSED)


def _words(removal: "Removal") -> str:
    counts = {
        "trial": removal.trials,
        "verdict": removal.verdicts,
        "calibration": removal.calibrations,
        "finished search": removal.searches,
    }
    parts = [
        f"{count} {noun}{'es' if noun.endswith('ch') else 's'}" if count != 1 else f"1 {noun}"
        for noun, count in counts.items()
        if count or noun == "trial"
    ]
    stay = ""
    if removal.looks:
        looks = "look" if removal.looks == 1 else f"{removal.looks} looks"
        stays = "stays" if removal.looks == 1 else "stay"
        stay = f". The {looks} at the holdout {stays}: what was seen was seen"
    return f"study {removal.study}: {', '.join(parts)}{stay}."


def named_or_only(name: str | None, study_file: Path, command: str) -> str:
    """The study that was named; else the only one of a file, or that of the default name."""
    return name or only_name(study_file, command, otherwise=DEFAULT_STUDY)


def only_name(study_file: Path, command: str, *, otherwise: str | None = None) -> str:
    """Name of the only study of a file; of several, `otherwise` if that is one."""
    from mech_exo.tuning.records import study_names
    from mech_exo.tuning.study_access import check_study_file

    check_study_file(study_file)
    names = study_names(study_file)
    if otherwise in names:
        return otherwise
    if len(names) != 1:
        holds = f"{len(names)} studies ({', '.join(names)})" if names else "no study"
        raise ExoError(f"{study_file} holds {holds}.", hint=f"Name one: exo {command} NAME.")
    return names[0]
