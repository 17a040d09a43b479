"""The note that the dashboard shows of a study: what it is, its data, verdict, limits, next steps.

It is made when the page asks for it and stands in no file. What a user has written stays above it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mech_exo.report.formats import WRITTEN, number, percent
from mech_exo.system.printable import printable
from mech_exo.tuning.data_findings import findings_of
from mech_exo.tuning.display import BROKEN, broken_by
from mech_exo.tuning.study_record import StudyRecord
from mech_exo.tuning.trial_table import constraint_labels
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.study_commands import StudyCommands
from mech_exo.workflow.trial_detail import TrialDetail

HEADING = "## What exo knows of this study"
"""What comes after this line is made anew each time, and never kept."""

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$:@/])")
_SHOWN = 12  # findings that are named


def study_note(study: StudyRecord, standing: Standing, study_file: Path, plots: str) -> str:
    """Markdown in which nothing of another's making is markup.

    Parameters
    ----------
    standing
        Of the study's best trial.
    plots
        What is to be said of the plots; "" for nothing.
    """
    lines = [HEADING, "", *_what(study), *_data(study), *_verdict(study, standing)]
    return "\n".join([*lines, *_limits(study), *_next(study, study_file, plots)])


def with_own_words(body: str, note: str) -> str:
    """A user's words, and below them what is known now."""
    own = own_words(body)
    return f"{own}\n\n{note}" if own else note


def own_words(body: str) -> str:
    """What the user has written, of a note as the page shows it."""
    return body.partition(HEADING)[0].rstrip()


def literal(text: str) -> str:
    """`text` on one line, as Markdown that means its characters."""
    return _MARKUP.sub(r"\\\1", " ".join(printable(text).split()))


def _what(study: StudyRecord) -> Iterator[str]:
    states = Counter(t.state.lower() for t in study.current)
    counts = ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
    feasible = len(study.feasible_trials)
    yield f"**What.** Study {literal(study.name)}: {len(study.current)} trials"
    yield f"({counts or 'none yet'}), {feasible} of them keep all limits. Searched for: "
    goals = zip(study.directions, study.objective_names or ("?",) * 9, strict=False)
    yield f"{', '.join(f'{direction} {literal(name)}' for direction, name in goals)}."
    earlier = len(study.trials) - len(study.current)
    if earlier:
        yield f"{earlier} trials of earlier data or settings are shown, and count for nothing."
    best = study.best()
    if best is not None:
        yield f"The best is trial {best.number} with {number(best.values[0], 4)}."
    elif len(study.directions) > 1:
        front = ", ".join(str(t.number) for t in study.front())
        yield f"On the Pareto front: {front or 'none yet'}."
    else:
        yield f"There is no best: {literal(study.without_feasible())}."
    yield ""


def _data(study: StudyRecord) -> Iterator[str]:
    components = {} if study.epoch is None else study.epoch.components
    if not components:
        return
    known = [f"source `{_code(components.get('data.source', '?'))}`"]
    symbols = components.get("data.symbols", "")
    if symbols:
        known.append(f"{len(symbols.split(', '))} names")
    months = components.get("data.months", "").partition(" ")[0]
    if months:
        known.append(f"from {literal(months)}")
    factors = sum(name.startswith("data.factor.") for name in components)
    known.append(f"{factors} factors")
    held = components.get("holdout.fraction", "")
    if held not in ("", "0.0"):
        known.append(
            f"the last {percent(float(held), 0)} of the dates held out, which no trial has seen"
        )
    yield f"**Data.** {', '.join(known)}."
    found = [literal(str(f["name"])) for f in findings_of(study)]
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield f"The data check has found: {', '.join(found[:_SHOWN])}{more}."
    yield ""


def _verdict(study: StudyRecord, standing: Standing) -> Iterator[str]:
    if study.best() is None:
        return
    yield f"**Verdict.** {literal(standing.words)}."
    decision = {} if standing.present is None else standing.present.block.get("decision")
    reason = decision.get("reason") if isinstance(decision, dict) else None
    if reason:
        yield literal(str(reason))
    yield ""


def _limits(study: StudyRecord) -> Iterator[str]:
    """Each constraint by name: its limit, the best trial's value, and how many break it."""
    known = [t for t in study.current if t.constraints]
    if not known:
        return
    names = constraint_labels(study, len(known[-1].constraints or ()))
    broken = Counter(name for trial in known for name in broken_by(study, trial))
    shown = study.best() or study.least_violating() or known[-1]
    values = TrialDetail(study, shown, Standing(), ()).constraints
    yield f"**Limits.** What a trial breaks is named in its attribute `{BROKEN}`."
    yield ""
    yield f"| constraint | limit | trial {shown.number} | broken by |"
    yield "|---|---|---|---|"
    for name, value in zip(names, values, strict=False):
        write = WRITTEN[value.unit]
        cells = (literal(name), write(value.limit), write(value.value))
        yield f"| {' | '.join(cells)} | {broken[name]} of {len(known)} |"
    yield ""


def _next(study: StudyRecord, study_file: Path, plots: str) -> Iterator[str]:
    typed = StudyCommands(study, study_file)
    front = study.front() if len(study.directions) > 1 else ()
    commands = [typed.report(), typed.judge(), typed.export("best.yml")]
    words = "skill or luck; the best trial as a factor file"
    if front:
        commands = [typed.report(), typed.judge_trial(front[0].number)]
        words = "one trial of the front as a factor file, and skill or luck"
    yield f"**What to do.** The whole story; {words}:"
    yield ""
    runs = re.findall("`+", f"{study.name} {study_file}")
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    yield f"{fence}bash"
    for command in commands:
        yield printable(command).replace("\n", "\\n")
    yield fence
    if plots:
        yield ""
        yield literal(plots)


def _code(text: str) -> str:
    return printable(text).replace("`", "'").replace("\n", " ")
