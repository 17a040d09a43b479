"""Studies side by side: by what they differ, and what came of each. No look at the holdout is made.

What is said of the holdout was seen before: a verdict that the study file keeps, and what its
ledger of looks kept of the best trial.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mech_exo.errors import ExoError
from mech_exo.system.user_file import is_file
from mech_exo.tuning.fingerprint import difference
from mech_exo.tuning.study_access import SQLITE_MAGIC
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.trial_detail import looks_at_trial

if TYPE_CHECKING:
    from mech_exo.tuning.looks import Look

SHARED_PERIODS = 6
"""Holding periods that two looks must share for a correlation."""


@dataclass(frozen=True)
class SeenOutside:
    """What a look at the holdout had shown of a portfolio.

    Attributes
    ----------
    by, looked
        What looked, and when.
    start, end
        The dates seen.
    periods
        Holding periods.
    coefficient
        Mean information coefficient of a period; NaN where there is none.
    skill
        Sum of the hedged active return.
    """

    by: str
    looked: str
    start: str
    end: str
    periods: int
    coefficient: float
    skill: float

    @classmethod
    def of(cls, look: "Look") -> "SeenOutside | None":
        """What a look keeps; None for one of an earlier version, which kept nothing."""
        if look.periods is None or not len(look.periods):
            return None
        cells = look.periods.cells
        known = cells["coefficient"][np.isfinite(cells["coefficient"])].astype(float)
        return cls(
            by=look.origin,
            looked=look.looked,
            start=look.first_date,
            end=look.last_date,
            periods=len(cells),
            coefficient=float(known.mean()) if len(known) else float("nan"),
            skill=float(cells["skill"].astype(float).sum()),
        )


@dataclass(frozen=True)
class ComparedStudy:
    """A study, its best trial, and what is known of that.

    Attributes
    ----------
    label
        As it was named.
    best
        None without a feasible trial, and in a study of several objectives.
    looks
        At the best trial's portfolio on the holdout, oldest first.
    """

    label: str
    file: Path
    study: StudyRecord
    best: TrialRecord | None
    standing: Standing
    looks: "tuple[Look, ...]"

    @property
    def components(self) -> Mapping[str, str] | None:
        """The inputs of the current epoch; None where the study does not know them."""
        return None if self.study.epoch is None else self.study.epoch.components

    @property
    def outside(self) -> SeenOutside | None:
        """What the longest look showed; None if nobody looked, or nothing was kept."""
        shown = [found for look in self.looks if (found := SeenOutside.of(look)) is not None]
        return max(shown, key=lambda s: s.periods, default=None)

    @property
    def holdout(self) -> Mapping[str, Any] | None:
        """The holdout in the verdict that counts; None without one."""
        present = self.standing.present
        found = None if present is None else present.block.get("holdout")
        return found if isinstance(found, Mapping) else None


@dataclass(frozen=True)
class Pair:
    """How alike the best portfolios of two studies are.

    Attributes
    ----------
    first, second
        Labels of the studies.
    source
        "seen": of the hedged active returns that looks had shown on the holdout; "run": of daily
        returns in sample, run on the data at hand.
    correlation
        Of their returns; NaN where one of them does not move.
    over
        Holding periods, or sessions, that both have.
    overlap
        Share of the portfolio that both hold in the same names on the same side, mean of the
        executions; None where holdings are not known.
    """

    first: str
    second: str
    source: Literal["seen", "run"]
    correlation: float
    over: int
    overlap: float | None = None


@dataclass(frozen=True)
class StudyComparison:
    """Studies side by side.

    Attributes
    ----------
    studies
        In the order in which they were named.
    differences
        Label of each but the first -> in what its inputs differ from the first one's, in words;
        None where one of them does not know its inputs.
    pairs
        Of those whose likeness is known.
    """

    studies: tuple[ComparedStudy, ...]
    differences: Mapping[str, list[str] | None]
    pairs: tuple[Pair, ...]


def compare_studies(study_file: Path, names: Sequence[str]) -> StudyComparison:
    """Studies side by side, from what their files hold.

    Parameters
    ----------
    names
        Of studies in `study_file`; FILE:NAME, or the FILE of one study, of others.

    Raises
    ------
    ExoError
        There are less than two, or one of them is not there.
    """
    if len(set(names)) < 2:
        raise ExoError(
            "two studies or more are compared.", hint="Name them: exo study compare A B."
        )
    studies = tuple(_compared(study_file, name) for name in dict.fromkeys(names))
    first = studies[0].components
    differences = {
        other.label: None
        if first is None or other.components is None
        else difference(first, other.components)
        for other in studies[1:]
    }
    return StudyComparison(studies, differences, tuple(_seen_pairs(studies)))


def _compared(study_file: Path, name: str) -> ComparedStudy:
    from mech_exo.tuning.records import read_study
    from mech_exo.workflow.remembered_verdicts import standing_of_best

    file, own = _located(study_file, name)
    study = read_study(file, own)
    best = study.best()
    seen = best or study.least_violating()  # which a run without a feasible trial looks at
    looks = () if seen is None else looks_at_trial(study, file, seen)
    return ComparedStudy(name, file, study, best, standing_of_best(study, file), looks)


def _located(study_file: Path, name: str) -> tuple[Path, str]:
    """File and name of a study as it was named."""
    from mech_exo.tuning.records import study_names

    here = study_names(study_file)
    if name in here:
        return study_file, name
    parts = name.split(":")  # a colon may stand in the name of a file, and in that of a study
    for count in range(1, len(parts)):
        path = Path(":".join(parts[:count]))
        if is_file(path):
            return path, ":".join(parts[count:])
    if is_file(Path(name)):
        return Path(name), _only_study(Path(name))
    raise ExoError(
        f"{name!r} is neither a study in {study_file} nor FILE:STUDY.",
        hint=f"It holds: {', '.join(here)}." if here else "It holds no study.",
    )


def _only_study(path: Path) -> str:
    from mech_exo.tuning.records import study_names

    with path.open("rb") as file:
        database = file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    if not database:
        raise ExoError(
            f"{path} is no study file.", hint="`exo factors diff A B` compares factor files."
        )
    names = study_names(path)
    if len(names) != 1:
        raise ExoError(
            f"{path} holds {len(names)} studies.", hint=f"Name one of them: {path}:STUDY."
        )
    return names[0]


def _seen_pairs(studies: Sequence[ComparedStudy]) -> Iterator[Pair]:
    """What looks had shown, on the holding periods that both saw."""
    for one, other in combinations(studies, 2):
        shared = _shared_skill(one, other)
        if shared is not None:
            yield Pair(one.label, other.label, "seen", correlation(*shared), len(shared[0]))


def _shared_skill(
    one: ComparedStudy, other: ComparedStudy
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None":
    columns = [_by_period(study) for study in (one, other)]
    shared = sorted(columns[0].keys() & columns[1].keys())
    if len(shared) < SHARED_PERIODS:
        return None
    first, second = (np.array([column[period] for period in shared]) for column in columns)
    return first, second


def _by_period(study: ComparedStudy) -> dict[tuple[int, int], float]:
    """First and last day of each holding period -> the hedged active return in it."""
    cells = [look.periods.cells for look in study.looks if look.periods is not None]
    longest = max(cells, key=len, default=None)
    if longest is None:
        return {}
    return {(int(c["first"]), int(c["last"])): float(c["skill"]) for c in longest}


def correlation(first: "np.ndarray[Any, Any]", second: "np.ndarray[Any, Any]") -> float:
    """Pearson's, of two series [T]; NaN where one of them does not move."""
    if len(first) < 2 or not (np.ptp(first) > 0.0 and np.ptp(second) > 0.0):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
