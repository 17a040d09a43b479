"""`exo study importance`: what a study's trials tell together."""

import dataclasses
import enum
import sys

import typer

from mech_exo.cli.option_groups import JsonOption, ProjectOption, StudyFileOption
from mech_exo.cli.options import argument, option
from mech_exo.cli.study_files import only_name


class EvaluatorChoice(enum.StrEnum):
    """How importances are found."""

    ped_anova = "ped-anova"
    fanova = "fanova"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ImportanceOptions(JsonOption, StudyFileOption, ProjectOption):
    """Options of `exo study importance`."""

    name: str | None = argument(
        help="Name of the study; not needed if the file has one.", metavar="[NAME]", default=None
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


def importance(options: ImportanceOptions) -> None:
    """Show which parameters decide how good a trial is."""
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.importance_tables import importance_json, importance_lines
    from mech_exo.tuning.importance import EVALUATORS, importances
    from mech_exo.tuning.records import read_study

    name = options.name or only_name(options.study_file, "importance")
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
