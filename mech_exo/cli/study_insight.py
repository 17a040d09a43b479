"""`exo study importance` and `exo study compare`: what trials, and studies, tell together."""

import dataclasses
import enum
import sys
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.completion import offer_studies
from mech_exo.cli.option_groups import (
    JsonOption,
    ProjectOption,
    SettingsOptions,
    StudyFileOption,
)
from mech_exo.cli.options import argument, option
from mech_exo.cli.study_files import only_name

if TYPE_CHECKING:
    from mech_exo.workflow.study_comparison import StudyComparison


class EvaluatorChoice(enum.StrEnum):
    """How importances are found."""

    ped_anova = "ped-anova"
    fanova = "fanova"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ImportanceOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study importance`."""

    name: str | None = argument(
        help="Name of the study; not needed if the file has one.",
        metavar="[NAME]",
        autocompletion=offer_studies,
        default=None,
    )
    target: str = option(
        "--target",
        help="Judge trials by this metric, constraint or objective.",
        default="",
        show_default="the study's objective",
        metavar="METRIC",
    )
    evaluator: EvaluatorChoice = option(
        "--evaluator",
        help="ped-anova: where the best tenth of the trials lie. fanova: what explains the "
        "variance; minutes for thousands of trials, and needs scikit-learn.",
        default=EvaluatorChoice.ped_anova,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class CompareOptions(SettingsOptions, JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study compare`."""

    names: list[str] = argument(
        help="Two studies or more: NAME of the study file, FILE:NAME, or the FILE of one.",
        metavar="A B …",
        autocompletion=offer_studies,
    )
    holdings: bool = option(
        "--holdings",
        help="Open the data, and run the best trials in sample: correlation of their returns and "
        "overlap of their holdings. No look at the holdout.",
        default=False,
    )


def importance(options: ImportanceOptions) -> None:
    """Show which parameters decide how good a trial is."""
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.importance_tables import importance_json, importance_lines
    from mech_exo.tuning.importance import EVALUATORS, importances
    from mech_exo.tuning.records import read_study

    name = options.name or only_name(options.study_file, "study importance")
    study = read_study(options.study_file, name)
    evaluator = next(e for e in EVALUATORS if e == options.evaluator.value)
    with console(sys.stderr).status(f"{evaluator}, {len(study.current)} trials"):
        found = importances(study, options.target, evaluator)
    if found.doubt:
        ConsoleLog().warn(f"{found.doubt}.")
    if options.json:
        typer.echo(importance_json(name, found))
        return
    out = console(sys.stdout)
    for line in importance_lines(name, found):
        out.print(line, soft_wrap=True)


def compare(options: CompareOptions) -> None:
    """Show studies side by side: inputs that differ, best trials, verdicts, likeness."""
    from mech_exo.report.console import console
    from mech_exo.report.study_comparison_tables import comparison_json, show_comparison
    from mech_exo.workflow.study_comparison import compare_studies

    found, remarks = compare_studies(options.study_file, options.names), dict[str, str]()
    if options.holdings:
        found, remarks = _run(found, options)
    if options.json:
        typer.echo(comparison_json(found, remarks))
    else:
        show_comparison(found, remarks, console(sys.stdout))


def _run(
    found: "StudyComparison", options: CompareOptions
) -> "tuple[StudyComparison, dict[str, str]]":
    from mech_exo.report.console import ConsoleLog
    from mech_exo.workflow.holdings_comparison import with_holdings
    from mech_exo.workflow.session import open_session

    session = open_session(options.request(), ConsoleLog(quiet=options.json))
    with ConsoleLog().console.status("running the best trials in sample"):
        run = with_holdings(session, found)
    return run.comparison, run.remarks
