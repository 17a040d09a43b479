"""The record of a tear sheet: everything that its page shows, as plain values and arrays."""

from dataclasses import dataclass, fields
from typing import Literal

from mech_exo.errors import ExitCode
from mech_exo.tearsheet.parts.book_history import BookHistory
from mech_exo.tearsheet.parts.calendar_returns import CalendarReturns
from mech_exo.tearsheet.parts.cost_record import CostRecord
from mech_exo.tearsheet.parts.courses import Courses
from mech_exo.tearsheet.parts.data_coverage import DataCoverage
from mech_exo.tearsheet.parts.factor_coefficients import FactorCoefficients
from mech_exo.tearsheet.parts.limit_distances import LimitDistance
from mech_exo.tearsheet.parts.luck import Luck
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.origin import Origin
from mech_exo.tearsheet.parts.performance import Performance
from mech_exo.tearsheet.parts.trial_cloud import TrialCloud
from mech_exo.tearsheet.parts.trial_grid import TrialGrid
from mech_exo.tearsheet.parts.verdict_found import VerdictFound
from mech_exo.tearsheet.parts.weight_history import Weights
from mech_exo.tuning.importance import Importances

FORMAT = 1
"""Of `TearSheet.as_dict`; a field more changes nothing, a field with another meaning does."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TearSheet:
    """One portfolio of a study or of a factor file.

    Attributes
    ----------
    kind, name, label
        As in `Reported`.
    cautions
        What a reader must know before anything else, in sentences.
    exit_code
        Of the command that makes the page: 3 without a feasible trial, 4 without its own data.
    verdict, courses, …
        The parts; `Missing` says why one is not there.
    """

    kind: Literal["study", "file"]
    name: str
    label: str
    cautions: tuple[str, ...]
    exit_code: ExitCode
    verdict: VerdictFound | Missing
    performance: Performance
    courses: Courses | Missing
    calendar: CalendarReturns | Missing
    luck: Luck | Missing
    weights: Weights | Missing
    trials: TrialCloud | Missing
    importance: Importances | Missing
    plateau: TrialGrid | Missing
    book: BookHistory | Missing
    factors: FactorCoefficients | Missing
    data: DataCoverage | Missing
    costs: CostRecord | Missing
    limits: tuple[LimitDistance, ...] | Missing
    origin: Origin

    @property
    def missing(self) -> dict[str, Missing]:
        """Part -> why it is not there."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: part for name, part in found.items() if isinstance(part, Missing)}
