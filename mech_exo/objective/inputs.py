"""What a search is made of, as a verdict and a verification work on it again."""

from dataclasses import dataclass
from functools import cached_property

from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.spec import ObjectiveSpec


@dataclass(frozen=True, eq=False, kw_only=True)
class Inputs:
    """Settings, objective file and data.

    Attributes
    ----------
    market, panel
        All dates, the holdout included.
    """

    settings: Settings
    objective: ObjectiveFile
    market: Market
    panel: Panel

    @cached_property
    def spec(self) -> ObjectiveSpec:
        """The objective file, compiled."""
        return ObjectiveSpec.compile(self.objective.source, self.objective.label)

    @cached_property
    def split(self) -> int:
        """Position of the first holdout date; T without a holdout."""
        return self.panel.split(self.settings.holdout.fraction)

    @cached_property
    def in_sample(self) -> Panel:
        """What the trials saw."""
        return self.panel.between(0, self.split)

    @property
    def has_holdout(self) -> bool:
        """Whether any date is sealed."""
        return self.split < len(self.panel.dates)

    def evaluator(self, panel: Panel) -> Evaluator:
        """An evaluator of the objective file on a panel."""
        return Evaluator(self.spec, panel, self.settings, self.market)
