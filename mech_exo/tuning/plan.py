"""What a run searches, what it would begin with, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from mech_exo.config import Settings
from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.study_record import StudyRecord, TrialRecord

if TYPE_CHECKING:
    from mech_exo.tuning.events import StudyOpened

Ending = Literal["goal", "patience", "timeout", "signal"]


@dataclass(frozen=True)
class WarmStart:
    """A vector that is worth a trial before the sampler's own.

    Parameters
    ----------
    label
        Where it comes from, in words for the user ("config/factors.yml", "equal weights").
    params
        Parameter name -> value. A name that the space does not have is left out, a parameter
        without a value is drawn; both are said.
    """

    label: str
    params: Mapping[str, Parameter]


@dataclass(frozen=True)
class Search:
    """What is searched, whichever study its trials go to.

    Parameters
    ----------
    problem
        Asked, evaluated and measured.
    components
        Gives the fingerprint's components for the space of parameters (name -> range in Optuna's
        JSON form).
    settings
        The resolved settings; `tuning` and `storage` are the engine's.
    warm_start
        Trials 0, 1, … of a study, or an epoch, that a run begins.
    undivided
        Gives the one hash of the data that older studies have.
    data_findings
        What the data check found, as the study keeps it; {}: nothing.
    """

    problem: Problem
    components: Callable[[Mapping[str, str]], Mapping[str, str]]
    settings: Settings
    warm_start: tuple[WarmStart, ...] = ()
    undivided: Callable[[], str] | None = None
    data_findings: Mapping[str, Any] = field(default_factory=dict)

    def with_patience(self, patience: int) -> Search:
        """The same search, ended by this patience."""
        tuning = replace(self.settings.tuning, patience=patience)
        return replace(self, settings=replace(self.settings, tuning=tuning))


@dataclass(frozen=True)
class Preview:
    """What a run would begin with.

    Parameters
    ----------
    opened
        What its listener would be told when the study is opened.
    study
        The study at that moment; a new one, or a new epoch, is in it.
    busy
        Which run it would wait for, in words; "" for none.
    """

    opened: StudyOpened
    study: StudyRecord
    busy: str = ""


@dataclass(frozen=True)
class StudyOutcome:
    """What a run leaves.

    Parameters
    ----------
    study
        The study as it now stands in its file.
    added
        Trials that this run finished.
    ended
        What ended it: its number of trials, the patience, the time that it had, or a signal.
    elapsed_seconds
        Wall time of the trials, start-up excluded.
    notes
        What the user was told when the study was opened.
    fingerprint
        Of the conditions of this run; that of the epoch, unless settings have been added to exo
        since it began.
    """

    study: StudyRecord
    added: int
    ended: Ending
    elapsed_seconds: float
    notes: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended it before its goal."""
        return self.ended == "signal"

    @property
    def best(self) -> TrialRecord | None:
        """The best feasible trial of the current fingerprint."""
        return self.study.best()
