"""What to do next in a project: one command, by the first rule that applies."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from mech_exo.overview.project_overview import Overview, StudyStanding


@dataclass(frozen=True)
class NextStep:
    """A command, and why it is the next one."""

    command: str
    reason: str


@dataclass(frozen=True)
class StepRule:
    """When a command is proposed.

    Attributes
    ----------
    applies
        Whether it is the next step, where no rule before it is.
    command, reason
        What is proposed, and why.
    """

    applies: Callable[[Overview], bool]
    command: Callable[[Overview], str]
    reason: str


def next_step(overview: Overview) -> NextStep:
    """What the first rule that applies proposes; the last one always does."""
    rule = next(rule for rule in RULES if rule.applies(overview))
    return NextStep(rule.command(overview), rule.reason)


def _always(command: str) -> Callable[[Overview], str]:
    return lambda _: command


def _on_last(before: str, after: str = "") -> Callable[[Overview], str]:
    """A command on the study that was run last: its name, and its file if that is another."""

    def command(overview: Overview) -> str:
        study = overview.last
        assert study is not None  # the rule asks first
        glance = study.glance
        words = [before, shlex.quote(glance.name), after]
        if not study.default_file:
            words.append(f"--study-file {shlex.quote(str(glance.file))}")
        return " ".join(filter(None, words))

    return command


def _has_last(asked: Callable[[StudyStanding], bool]) -> Callable[[Overview], bool]:
    return lambda overview: overview.last is not None and asked(overview.last)


def _demo(overview: Overview) -> bool:
    return overview.data is not None and overview.data.source == "demo"


def _passed(study: StudyStanding) -> bool:
    return study.known.present is not None and study.known.present.overall == "PASS"


def _not_staged(overview: Overview) -> bool:
    """Whether the best trial of the last study passed and is neither staged nor in production."""
    study = overview.last
    if study is None or study.glance.best is None or not _passed(study):
        return False
    wanted = (study.glance.name, study.glance.best[0])
    files = (overview.staged, overview.production)
    return all(f is None or (f.study, f.trial) != wanted for f in files)


def _promotable(overview: Overview) -> bool:
    staged = overview.staged
    ready = staged is not None and not (staged.trouble or staged.against or staged.demo)
    return ready and not overview.staged_is_production


RULES = (
    StepRule(
        lambda o: bool(o.trouble),
        _always("exo data check"),
        "the settings cannot be read; mend the file, then check the data",
    ),
    StepRule(
        lambda o: o.data is not None and bool(o.data.trouble),
        _always("exo data check"),
        "the data cannot be read",
    ),
    StepRule(
        lambda o: any(s.glance.running for s in o.studies),
        _always("exo dashboard"),
        "a run is under way; watch it",
    ),
    StepRule(
        lambda o: bool(o.broken) or any(s.glance.damage for s in o.studies),
        _always("exo docs operations"),
        "a study file is damaged; the page says how to save what can be read",
    ),
    StepRule(
        lambda o: o.data is not None and o.data.stale,
        _always("exo data fetch --help"),
        "the prices are older than reoptimize.max_data_age_days; fetch newer ones",
    ),
    StepRule(
        lambda o: o.last is None or o.last.glance.trials == 0,
        _always("exo optuna-run --n-trials 20"),
        "there are no trials yet",
    ),
    StepRule(
        _has_last(lambda s: s.glance.objectives > 1),
        _on_last("exo study show"),
        "the study has several objectives; choose a trial of its front (--trial)",
    ),
    StepRule(
        _has_last(lambda s: s.glance.best is None),
        _on_last("exo study show"),
        "no trial keeps all limits; allow more in the objective file, or run more trials",
    ),
    StepRule(
        lambda o: _demo(o) and o.production is None,
        _always("exo docs sources"),
        "the demo market is made up; the page has the settings for data of your own",
    ),
    StepRule(_promotable, _always("exo factors promote --dry-run"), "a staged file is waiting"),
    StepRule(
        _has_last(lambda s: s.known.present is None),
        _on_last("exo validate --study-name"),
        "the best trial is not judged yet: skill or luck",
    ),
    StepRule(
        _not_staged, _on_last("exo factors stage"), "the best trial has passed and is not staged"
    ),
    StepRule(
        lambda o: o.production is None,
        _on_last("exo optuna-run --accept-changes --study-name"),
        "the verdict is no PASS; change the factors or the data, then search again",
    ),
    StepRule(
        lambda o: not o.paper,
        _always("exo paper step"),
        "the file in production is not on paper yet",
    ),
    StepRule(
        lambda _: True, _always("exo reoptimize --dry-run"), "all is in place for the weekly run"
    ),
)
