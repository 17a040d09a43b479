"""A factor file from a study's trial."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mech_exo.factor_file.document import FIGURES, PRUNERS, FactorEntry, FactorFile
from mech_exo.system.plain_values import defined

if TYPE_CHECKING:
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord


@dataclass(frozen=True, kw_only=True)
class Export:
    """What a factor file is made of.

    Attributes
    ----------
    study, trial
        The trial and the study that it stands in.
    weights, hyperparameters
        Of the trial; a factor without data has the weight 0.
    categories
        Factor -> its section.
    data_points
        Daily returns that the trial was judged on: sessions times names with a price.
    parameters
        Factor -> the arguments or windows that it takes, where it has any.
    portfolio
        The block of that name (`Mandates.block`); {}: the file has none.
    sampler_label
        What the file calls the sampler.
    sampler, pruner
        Their settings' names.
    provenance, out_of_sample
        The blocks of those names.
    elapsed_seconds
        Wall time of the run that exports.
    chosen
        "plateau" is noted in the metadata: the portfolio is not the trial itself.
    """

    study: "StudyRecord"
    trial: "TrialRecord"
    weights: Mapping[str, float]
    categories: Mapping[str, str]
    hyperparameters: Mapping[str, float]
    data_points: int
    sampler: str
    sampler_label: str
    pruner: str
    provenance: dict[str, Any]
    out_of_sample: dict[str, Any] | None
    elapsed_seconds: float
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    portfolio: Mapping[str, Any] = field(default_factory=dict)
    chosen: str = "best"
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: datetime = field(default_factory=datetime.now)

    def factor_file(self) -> FactorFile:
        """The document."""
        return FactorFile(
            metadata=self._metadata(),
            factors=factors_of(self.weights, self.categories, self.parameters),
            hyperparameters=dict(self.hyperparameters),
            provenance=self.provenance,
            out_of_sample=self.out_of_sample,
            portfolio=dict(self.portfolio) or None,
        )

    def _metadata(self) -> dict[str, Any]:
        violated = sum(not c <= 0.0 for c in self.trial.constraints or ())
        return {
            "created_at": self.created.isoformat(timespec="microseconds"),
            "optimization_method": f"optuna_{self.sampler}",
            "run_id": self.run_id,
            "study_name": self.study.name,
            "best_trial_number": self.trial.number,
            **{name: defined(self.trial.metrics.get(m)) for name, m in FIGURES.items()},
            "constraints_satisfied": violated == 0,
            "constraint_violations": violated,
            "total_trials": len(self.study.trials),
            "elapsed_time_seconds": self.elapsed_seconds,
            "sampler": self.sampler_label,
            "pruner": PRUNERS[self.pruner],
            "data_points": self.data_points,
            **({} if self.chosen == "best" else {"chosen": self.chosen}),
        }


def factors_of(
    weights: Mapping[str, float],
    categories: Mapping[str, str],
    parameters: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, FactorEntry]]:
    """The block `factors`: category -> factor -> entry, with the parameters that it consumed."""
    factors: dict[str, dict[str, FactorEntry]] = {}
    for name, weight in weights.items():
        category = categories[name]
        entry: FactorEntry = {
            "weight": weight,
            "direction": "higher_better",
            "category": category,
        }
        if parameters.get(name):
            entry["parameters"] = dict(parameters[name])
        factors.setdefault(category, {})[name] = entry
    return factors
