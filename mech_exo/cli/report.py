"""`exo report`: all that is known of a portfolio, on one page."""

import dataclasses
import sys
from pathlib import Path

import typer

from mech_exo.cli.completion import offer_studies
from mech_exo.cli.option_groups import (
    JsonOption,
    ProjectFolder,
    ProjectOption,
    SettingsOptions,
    StudyFileOption,
)
from mech_exo.cli.options import OUTPUT, STUDY, argument, command, option
from mech_exo.cli.study_files import only_name
from mech_exo.errors import ExoError
from mech_exo.system.user_file import is_file

ENDINGS = (".yml", ".yaml")


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ReportOptions(JsonOption, SettingsOptions, StudyFileOption, ProjectOption, ProjectFolder):
    """Options of `exo report`."""

    target: str | None = argument(
        help="Name of the study, or a factor file; not needed if the study file has one study.",
        metavar="[STUDY|FILE]",
        default=None,
        autocompletion=offer_studies,
    )
    study_name: str | None = option(
        "--study-name",
        help="Name of the study, where it looks like that of a file.",
        panel=STUDY,
    )
    trial: int | None = option(
        "--trial",
        help="Show this trial of the study instead of its best.",
        min=0,
        panel=STUDY,
    )
    out: Path | None = option(
        "--out",
        help="The page to write; a report that is there is replaced.",
        otherwise="reports/NAME.html in the project's folder",
        metavar="PAGE.html",
        panel=OUTPUT,
    )
    force: bool = option(
        "--force",
        help="Replace any page that is there, and any PDF: another program's, that of another "
        "study, and one with figures by one without.",
        default=False,
        panel=OUTPUT,
    )
    pdf: bool = option(
        "--pdf",
        help="Print the page too, as PDF beside it; needs a Chromium.",
        default=False,
        panel=OUTPUT,
    )

    @property
    def named(self) -> tuple[str | None, Path | None]:
        """The study's name, or the factor file."""
        if self.target is not None and self.study_name is not None:
            raise ExoError(
                f"{self.target} and --study-name name two things to show.", hint="Leave one out."
            )
        target = self.target
        if target is not None and (target.endswith(ENDINGS) or is_file(Path(target))):
            if self.trial is not None:
                raise ExoError(
                    f"--trial: {target} is a factor file, which holds one portfolio.",
                    hint="Leave --trial out, or name a study.",
                )
            return None, Path(target)
        return self.study_name or target, None


def report(options: ReportOptions) -> None:
    """Show all that is known of a study or a factor file, as one web page."""
    from mech_exo.report.backtest_tables import looks_line
    from mech_exo.report.console import ConsoleLog
    from mech_exo.report.plain_json import json_text
    from mech_exo.tearsheet.opening import ReportRequest
    from mech_exo.tearsheet.report_file import write_report

    name, file = options.named
    if name is None and file is None:
        name = only_name(options.study_file, "report")
    request = ReportRequest(
        study_file=options.study_file,
        study_name=name,
        factors=file,
        trial=options.trial,
        inputs=options.judging(options.request(), file),
    )
    log = ConsoleLog()
    written = write_report(
        request,
        options.out,
        options.root,
        log,
        pdf=options.pdf,
        force=options.force,
    )
    for caution in written.sheet.cautions:
        log.warn(caution)
    if options.json:
        typer.echo(json_text(written.as_dict()))
    else:
        sys.stdout.write(f"report     {written.path} ({written.size / 1e6:.1f} MB)\n")
        shown = written.sheet.performance
        if shown.look and shown.out_of_sample is not None:
            sys.stdout.write(f"{looks_line(shown.look, shown.looks)}\n")
        if written.pdf is not None:
            sys.stdout.write(f"pdf        {written.pdf}\n")
    raise typer.Exit(written.sheet.exit_code)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "report", ReportOptions)(report)
