"""What the dashboard's page is told of a study, in the form in which optuna-dashboard tells it.

optuna-dashboard puts 5,000 trials together in seconds, at every poll. Here a trial is written
straight from exo's record; all that is not a trial is still optuna-dashboard's own.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from optuna_dashboard import _serializer as serializer
from optuna_dashboard._custom_plot_data import get_plotly_graph_objects
from optuna_dashboard._inmemory_cache import InMemoryCache, get_cached_extra_study_property
from optuna_dashboard._storage import get_study

from mech_exo.report.study_story import StudyStory
from mech_exo.tuning.cube import from_json
from mech_exo.tuning.display import DisplayStorage, ShownStudy, local_time
from mech_exo.tuning.range_json import parse, to_stored
from mech_exo.tuning.study_record import TrialRecord


def study_detail(
    storage: DisplayStorage, study_id: int, after: int, story: StudyStory
) -> str | None:
    """The answer to `/api/studies/STUDY?after=AFTER`, as JSON.

    Parameters
    ----------
    after
        How many trials the page has.
    story
        What is told of a study beside what optuna-dashboard tells.

    Returns
    -------
    str or None
        None where optuna-dashboard itself is to answer: there is no such study, it is one of
        plain Optuna, or another program has added trials to it.
    """
    shown = storage.shown(study_id)
    frozen = get_study(storage, study_id)
    if shown is None or frozen is None or any(t.epoch < 0 for t in shown.study.trials):
        return None
    cache = InMemoryCache()
    spaces = get_cached_extra_study_property(cache, study_id, list(_of_each_kind(shown)))
    detail = serializer.serialize_study_detail(
        frozen,
        [shown.trial(best.number) for best in shown.best],
        [],
        *spaces,
        get_plotly_graph_objects(frozen.system_attrs),
        [],
    )
    del detail["trials"]
    story.add(shown, detail)
    noted = _noted(frozen.system_attrs)
    trials = (
        json.dumps(serializer.serialize_frozen_trial(study_id, shown.trial(i), frozen.system_attrs))
        if str(shown.ids[i]) in noted
        else _trial(study_id, shown, i)
        for i in range(after, len(shown.ids))
    )
    return f'{json.dumps(detail)[:-1]}, "trials": [{",".join(trials)}]}}'


def _of_each_kind(shown: ShownStudy) -> Iterator[Any]:
    """The first trial of each combination of state, ranges and attributes: all a union needs."""
    seen = set()
    for position, trial in enumerate(shown.study.trials):
        kind = (
            trial.state,
            tuple(trial.distributions.values()),
            tuple(shown.attributes(trial)),
            bool(trial.intermediate),
        )
        if kind not in seen:
            seen.add(kind)
            yield shown.trial(position)


def _noted(attributes: Mapping[str, Any]) -> set[str]:
    """Ids of the trials with a note or an artifact, which are attributes of the study."""
    keys = [key.removeprefix("dashboard:").removeprefix("artifacts:") for key in attributes]
    return {key.split(":", 1)[0] for key in keys}


def _trial(study_id: int, shown: ShownStudy, position: int) -> str:
    """`serialize_frozen_trial` of a trial without note and artifacts, as text."""
    trial, trial_id = shown.study.trials[position], shown.ids[position]
    values = f'"values": [{_numbers(trial.values)}], ' if trial.values else ""
    steps = ", ".join(
        f'{{"step": {step}, "value": {_number(value)}}}'
        for step, value in sorted(trial.intermediate.items())
    )
    attributes = ", ".join(
        f'{{"key": {_text(key)}, "value": {_text(str(value))}}}'
        for key, value in shown.attributes(trial).items()
    )
    return (
        f'{{"trial_id": {trial_id}, "study_id": {study_id}, "number": {trial.number}, '
        f'"state": "{trial.state.capitalize()}", "params": [{_params(trial)}], '
        f'"fixed_params": [], "user_attrs": [{attributes}], '
        f'"note": {{"version": 0, "body": ""}}, "artifacts": [], '
        f'"constraints": [{_numbers(shown.constraints(trial))}], '
        f'"intermediate_values": [{steps}], {values}{_times(trial)}}}'
    )


def _params(trial: TrialRecord) -> str:
    parts = []
    for name, value in trial.params.items():
        text = trial.distributions[name]
        head, tail, plain = _frame(name, text)
        inner = repr(value) if plain else repr(to_stored(text, value))
        parts.append(
            f'{head}{inner}, "param_external_value": {_text(str(value))}, '
            f'"param_external_pytyp": "{type(value)}", {tail}'
        )
    return ", ".join(parts)


@lru_cache(maxsize=4096)
def _frame(name: str, distribution: str) -> tuple[str, str, bool]:
    """What stands before and after the values of a parameter; whether it is stored as it is.

    The same in nearly all trials.
    """
    ranges = json.dumps(serializer.serialize_distribution(from_json(distribution)))
    return (
        f'{{"name": {json.dumps(name)}, "param_internal_value": ',
        f'"distribution": {ranges}}}',
        parse(distribution)[0] != "categorical",
    )


def _times(trial: TrialRecord) -> str:
    named = {"datetime_start": trial.started, "datetime_complete": trial.completed}
    local = {name: local_time(moment) for name, moment in named.items()}
    return ", ".join(f'"{name}": "{at.isoformat()}"' for name, at in local.items() if at)


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(map(_number, values))


def _number(value: float) -> str:
    """As the page reads numbers: those that JSON does not have are words."""
    text = repr(value)
    return text if math.isfinite(value) else f'"{text}"'


_text = json.encoder.encode_basestring_ascii
