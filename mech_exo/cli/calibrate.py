"""`exo calibrate`: how often luck passes on these data, and what they can show."""

import dataclasses
import sys

import typer

from mech_exo.cli.cluster_options import ClusterOptions
from mech_exo.cli.completion import offer_studies
from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import JsonOption, ProjectOption, StudyFileOption
from mech_exo.cli.options import OUTPUT, SEARCH, STUDY, command, option
from mech_exo.errors import ExoError
from mech_exo.system.typed_fields import filled_from


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class CalibrateOptions(JsonOption, MandateOptions, ClusterOptions, StudyFileOption, ProjectOption):
    """Options of `exo calibrate`."""

    studies: int = option(
        "--studies",
        help="Studies on noise; a quarter of them with each true ratio.",
        default=100,
        min=1,
        panel=SEARCH,
    )
    ratios: str = option(
        "--ratios",
        help="True information ratios, separated by commas.",
        default="0.5,1,1.5,2",
        panel=SEARCH,
    )
    factor: str | None = option(
        "--factor",
        help="Factor that earns the premium.",
        otherwise="the one with a score of most names",
        panel=SEARCH,
    )
    trials: int | None = option(
        "--trials",
        help="Trials of each study.",
        otherwise="those of --study-name, verdict.search_trials, or 50",
        min=1,
        panel=SEARCH,
    )
    placebos: int = option(
        "--placebos",
        help="Placebos of each study.",
        default=19,
        min=2,
        panel=SEARCH,
    )
    study_name: str | None = option(
        "--study-name",
        help="Search as this study did: as many trials, and its rule of stopping.",
        otherwise="none",
        autocompletion=offer_studies,
        panel=STUDY,
    )
    n_jobs: int | None = option(
        "--n-jobs",
        help="Parallel worker processes; the result does not depend on it.",
        otherwise="one for each core",
        min=1,
        panel=STUDY,
    )
    quiet: bool = option(
        "--quiet",
        "-q",
        help="Print only warnings, errors and the result.",
        default=False,
        panel=OUTPUT,
    )


def calibrate(options: CalibrateOptions) -> None:
    """Measure on your own data how often luck passes, and the smallest skill that is seen."""
    from mech_exo import CalibrationRequest, calibrate_data
    from mech_exo.report.calibration_tables import show_calibration
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.plain_json import json_text
    from mech_exo.report.search_progress import SearchProgress

    log = ConsoleLog(quiet=options.quiet)
    request = filled_from(
        options,
        CalibrationRequest,
        ratios=ratios_of(options.ratios),
        inputs=options.request(),
        cluster=options.cluster,
    )
    with SearchProgress(log.console, quiet=options.quiet, noun="studies") as progress:
        record = calibrate_data(request, log, progress)
    if options.json:
        found = {"calibration": record.as_dict(), "study_file": options.study_file}
        typer.echo(json_text(found))
    else:
        show_calibration(record, console(sys.stdout))


def ratios_of(text: str) -> tuple[float, ...]:
    """The ratios that an option names.

    Raises
    ------
    ExoError
        One of them is no number.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ExoError(
            f"--ratios is {text!r}, not numbers separated by commas.",
            hint="--ratios 0.5,1,1.5,2 for example.",
        ) from error


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "calibrate", CalibrateOptions)(calibrate)
