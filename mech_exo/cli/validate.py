"""`exo validate`: skill or luck."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.cluster_options import ClusterOptions
from mech_exo.cli.completion import offer_studies
from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import JsonOption, ProjectOption, StudyFileOption
from mech_exo.cli.options import INPUT, OUTPUT, STUDY, command, option
from mech_exo.cli.study_files import named_or_only
from mech_exo.errors import ExoError
from mech_exo.system.typed_fields import filled_from
from mech_exo.tuning.request import DEFAULT_STUDY

if TYPE_CHECKING:
    from mech_exo.workflow.session import InputRequest


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ValidateOptions(JsonOption, MandateOptions, ClusterOptions, StudyFileOption, ProjectOption):
    """Options of `exo validate`."""

    study_name: str | None = option(
        "--study-name",
        help="Judge the best trial of this study.",
        otherwise=f"the only one of the file, or {DEFAULT_STUDY}",
        autocompletion=offer_studies,
        panel=STUDY,
    )
    factors: Path | None = option(
        "--factors",
        help="Judge this factor file instead, under its own settings.",
        metavar="FILE",
        panel=INPUT,
    )
    n_jobs: int | None = option(
        "--n-jobs",
        help="Parallel worker processes; the result does not depend on it.",
        otherwise="one for each core",
        min=1,
        panel=STUDY,
    )
    quick: bool = option(
        "--quick",
        help="Without placebo searches, in seconds: can say no, and not yes; is not kept.",
        default=False,
        panel=STUDY,
    )
    quiet: bool = option(
        "--quiet",
        "-q",
        help="Print only warnings, errors and the one word of the verdict.",
        default=False,
        panel=OUTPUT,
    )

    def request(self) -> "InputRequest":
        """What a session is opened with."""
        return self.judging(super().request(), self.factors)


def validate(options: ValidateOptions) -> None:
    """Ask whether a result is skill or luck; exits with 0 whatever the answer."""
    from mech_exo import JudgeRequest, judge
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.plain_json import json_text
    from mech_exo.report.run_progress import RunProgress
    from mech_exo.report.verdict_tables import show_verdict

    if options.factors is not None and options.study_name is not None:
        raise ExoError(
            "--study-name and --factors name two things to judge.", hint="Leave one out."
        )
    cluster, log = options.cluster, ConsoleLog(quiet=options.quiet)
    study = options.study_name or DEFAULT_STUDY
    if options.factors is None:
        study = named_or_only(options.study_name, options.study_file, "validate --study-name")
    request = filled_from(
        options,
        JudgeRequest,
        study_name=study,
        inputs=options.request(),
        cluster=cluster,
    )
    with RunProgress(log.console, quiet=options.quiet) as progress:
        verdict = judge(request, progress, log)
    if options.json:
        typer.echo(json_text({"verdict": verdict.as_dict(), "study_file": options.study_file}))
    elif options.quiet:
        typer.echo(verdict.overall)
    else:
        show_verdict(verdict, console(sys.stdout))


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "validate", ValidateOptions)(validate)
