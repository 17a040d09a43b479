"""The trials that a sampler sees, in memory: exactly those that have been told.

Optuna's samplers read their study's storage. This one holds no more than they may know, so that
asking costs only the sampler: the trial being asked is not listed, nothing is copied.
"""

from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from mech_exo.data.panel import FloatArray
from mech_exo.tuning.cube import from_json
from mech_exo.tuning.study_record import TrialRecord

_STATES = {
    "COMPLETE": TrialState.COMPLETE,
    "PRUNED": TrialState.PRUNED,
    "FAIL": TrialState.FAIL,
}


class ToldTrial(FrozenTrial):
    """A finished trial. Its constraints are asked for at every ask, so they are kept ready."""

    @property
    def constraints(self) -> dict[str, float]:
        """Constraint values by position; a NaN counts as an infinite violation."""
        kept: dict[str, float] = self.__dict__["kept_constraints"]
        return kept


class ToldTrials(InMemoryStorage):
    """Storage of one study for its sampler; trial id = position in the epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[TrialRecord] = []
        self._shown: list[ToldTrial] = []  # of the first records, made when a sampler looks
        self._asked: FrozenTrial | None = None
        self._columns: dict[str, FloatArray] = {}
        self._spaces: dict[tuple[tuple[str, str], ...], dict[str, BaseDistribution]] = {}
        self._attributes: dict[int, dict[str, Any]] = {}  # set by a sampler while it asked
        self.next_index = 0
        self.next_fixed: Mapping[str, Any] = {}
        self.asked_params: dict[str, Any] = {}
        self.asked_space: dict[str, BaseDistribution] = {}

    def tell(self, index: int, record: TrialRecord) -> None:
        """Show the next finished trial, whose position is `index`, to the sampler."""
        if index != len(self._records):
            raise ValueError(f"trial {index} told as number {len(self._records)}")
        self._records.append(record)

    @property
    def _told(self) -> list[ToldTrial]:
        while len(self._shown) < len(self._records):
            self._show(len(self._shown), self._records[len(self._shown)])
        return self._shown

    def _show(self, index: int, record: TrialRecord) -> None:
        space = self._space(record)
        trial = ToldTrial(
            number=index,
            trial_id=index,
            state=_STATES[record.state],
            value=None,
            values=list(record.values) if record.state == "COMPLETE" else None,
            datetime_start=record.started,
            datetime_complete=record.completed,
            params=dict(record.params),
            distributions=space,
            user_attrs={},
            system_attrs=self._attributes.pop(index, {}),
            intermediate_values=dict(record.intermediate),
        )
        trial.__dict__["kept_constraints"] = {
            str(i): c if c == c else np.inf for i, c in enumerate(record.constraints or ())
        }
        self._shown.append(trial)
        self._fill(index, record, space)

    def column(self, name: str) -> FloatArray:
        """[told] values of a parameter in Optuna's internal form; NaN where it was not asked."""
        count = len(self._told)
        column = self._columns.get(name)
        return np.full(count, np.nan) if column is None else column[:count]

    def _space(self, record: TrialRecord) -> dict[str, BaseDistribution]:
        """The distributions of a trial; one object for all trials of the same space."""
        key = tuple(record.distributions.items())
        if key not in self._spaces:
            self._spaces[key] = {name: from_json(text) for name, text in key}
        return self._spaces[key]

    def _fill(self, index: int, record: TrialRecord, space: dict[str, BaseDistribution]) -> None:
        for name, distribution in space.items():
            column = self._columns.get(name)
            if column is None or index >= len(column):
                grown = np.full(max(256, 2 * (index + 1)), np.nan)
                if column is not None:
                    grown[: len(column)] = column
                self._columns[name] = column = grown
            column[index] = distribution.to_internal_repr(record.params[name])

    # What samplers and optuna.Trial call; the rest is InMemoryStorage's.

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Begin the trial at `next_index`; `next_fixed` are parameters that are not drawn."""
        del study_id, template_trial
        self.asked_params, self.asked_space = {}, {}
        attributes = {"fixed_params": dict(self.next_fixed)} if self.next_fixed else {}
        self._asked = FrozenTrial(
            number=self.next_index,
            trial_id=self.next_index,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=datetime.now(),
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs=attributes,
            intermediate_values={},
        )
        return self.next_index

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """The trial being asked, or a told one."""
        if self._asked is not None and trial_id == self._asked._trial_id:
            return self._asked
        return self._told[trial_id]

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """The told trials in number order, never a copy."""
        del study_id, deepcopy
        if states is None:
            return list(self._told)
        if not any(state in states for state in _STATES.values()):
            return []  # waiting or running trials
        return [t for t in self._told if t.state in states]

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        """Keep what was drawn for the trial being asked."""
        del trial_id
        self.asked_params[param_name] = distribution.to_external_repr(param_value_internal)
        self.asked_space[param_name] = distribution

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keep what a sampler notes about the trial being asked, until it is told."""
        self._attributes.setdefault(trial_id, {})[key] = value
        self.get_trial(trial_id).system_attrs[key] = value
