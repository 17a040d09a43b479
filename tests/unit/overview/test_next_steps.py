"""Which command is proposed when."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mech_exo.overview.data_glance import DataGlance
from mech_exo.overview.factor_file_glance import FactorFileGlance
from mech_exo.overview.next_steps import RULES, next_step
from mech_exo.overview.project_overview import Overview, StudyStanding
from mech_exo.tuning.kept_verdicts import KeptVerdict
from mech_exo.tuning.study_glance import StudyGlance
from mech_exo.tuning.study_record import Epoch
from mech_exo.verdict.standing import Standing
from tests.cli.test_documentation import called, fault

NOON = datetime(2026, 1, 1, tzinfo=UTC)
FILE = Path("studies/factor_opt.db")
GLANCE = StudyGlance(
    FILE, "s", trials=9, current=9, epoch=Epoch(0, "f", {}, 0, NOON), best=(4, 1.5), last=NOON
)
FRESH = DataGlance("files", "2026-01-01", 0, read=True)
NOTHING = Overview(Path(), Path("config/settings.yml"), "", FRESH, (), (), None, None, False)
FACTORS = FactorFileGlance(Path("f.yml"), NOON, "s", 4, "PASS", text="a")


def judged(overall: str) -> Standing:
    return Standing(KeptVerdict("c", "f", "d", 9, {}, {"overall": overall}))


def run(*, known: Standing = Standing(), **changes: object) -> StudyStanding:  # noqa: B008
    return StudyStanding(replace(GLANCE, **changes), known)  # type: ignore[arg-type]


PASSED = replace(NOTHING, studies=(run(known=judged("PASS")),))
CASES = [
    (replace(NOTHING, trouble="config/settings.yml: x", data=None), "exo data check"),
    (replace(NOTHING, data=DataGlance("files", trouble="no file")), "exo data check"),
    (replace(PASSED, studies=(run(running=True),)), "exo dashboard"),
    (replace(NOTHING, broken=("x.db is no database.",)), "exo docs operations"),
    (replace(NOTHING, studies=(run(damage="torn"),)), "exo docs operations"),
    (replace(PASSED, data=replace(FRESH, stale=True)), "exo data fetch --help"),
    (NOTHING, "exo optuna-run --n-trials 20"),
    (replace(NOTHING, studies=(run(trials=0, best=None),)), "exo optuna-run --n-trials 20"),
    (replace(NOTHING, studies=(run(best=None, objectives=2),)), "exo study show s"),
    (replace(NOTHING, studies=(run(best=None),)), "exo study show s"),
    (replace(PASSED, data=DataGlance("demo")), "exo docs sources"),
    (replace(NOTHING, studies=(run(),)), "exo validate --study-name s"),
    (replace(NOTHING, studies=(run(name="it's"),)), "exo validate --study-name 'it'\"'\"'s'"),
    (
        replace(NOTHING, studies=(run(file=Path("studies/b c.db")),)),
        "exo validate --study-name s --study-file 'studies/b c.db'",
    ),
    (PASSED, "exo factors stage s"),
    (
        replace(NOTHING, studies=(run(known=judged("FAIL")),)),
        "exo optuna-run --accept-changes --study-name s",
    ),
    (replace(PASSED, staged=FACTORS), "exo factors promote --dry-run"),
    (replace(PASSED, staged=FACTORS, production=FACTORS), "exo paper step"),
    (replace(PASSED, staged=FACTORS, production=FACTORS, paper=True), "exo reoptimize --dry-run"),
    (
        replace(PASSED, staged=replace(FACTORS, text="b"), production=FACTORS),
        "exo factors promote --dry-run",
    ),
    (
        replace(PASSED, staged=replace(FACTORS, text="b", against="FAIL"), production=FACTORS),
        "exo paper step",
    ),
]


@pytest.mark.parametrize(("overview", "command"), CASES)
def test_the_first_rule_that_applies_decides(overview: Overview, command: str) -> None:
    assert next_step(overview).command == command


def test_every_rule_is_tried_here_and_names_a_command_that_exists() -> None:
    steps = [next_step(overview) for overview, _ in CASES]
    assert {step.reason for step in steps} == {rule.reason for rule in RULES}
    for step in steps:
        (words,) = called(step.command)
        assert fault(words) == "", step.command
