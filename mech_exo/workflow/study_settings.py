"""The settings that a study was searched under, where nothing else is asked for now."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.config.settings import Settings
from mech_exo.workflow.log import Log
from mech_exo.workflow.session import InputRequest

if TYPE_CHECKING:
    from mech_exo.tuning.study_record import Epoch

OWN = ("tuning", "portfolio")
"""Sections whose settings are mostly given by flags, which nobody should have to repeat."""

NOT_SEARCHED = ("warm_start", "patience", "objectives")
"""Fields of them that are no part of a study's conditions under their own names."""


def as_searched(request: InputRequest, study_file: Path, name: str, log: Log) -> InputRequest:
    """The request, with the settings of search and portfolio that a study was made with.

    What the command line gives now stays as it is given: where it is another, the study is refused
    later. Data, backtest and holdout are those at hand, and compared too.

    Raises
    ------
    ExoError
        If the file is no study file, or the study is damaged.
    """
    from mech_exo.tuning.records import current_epoch

    epoch = current_epoch(study_file, name)
    if epoch is None:
        return request
    own = {n: v for n, v in own_settings(epoch).items() if n not in request.overrides}
    _say(request.resolve().values, own, log)
    return replace(request, overrides={**own, **request.overrides})


def own_settings(epoch: "Epoch") -> dict[str, Any]:
    """Dotted name of a setting -> its value in the study; null where it did not say."""
    found: dict[str, Any] = {}
    defaults = Settings()
    for section in OWN:
        for field in fields(getattr(defaults, section)):
            dotted = f"{section}.{field.name}"
            if field.name in NOT_SEARCHED:
                continue
            if dotted in epoch.components:
                found[dotted] = _value(epoch.components[dotted])
            elif field.default is None:
                found[dotted] = None
    return found | _objectives(epoch.components)


def _objectives(components: Mapping[str, str]) -> dict[str, Any]:
    """The metrics of a Pareto study, which stand there with their directions."""
    from mech_exo.tuning.weight_search import OWN_OBJECTIVE

    stated = [words.rpartition(" ")[2] for words in json.loads(components.get("objectives", "[]"))]
    return {"tuning.objectives": [] if stated in ([], [OWN_OBJECTIVE]) else stated}


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:  # a text stands as it is
        return word


def _say(at_hand: Settings, own: Mapping[str, Any], log: Log) -> None:
    differing = [
        f"{dotted} {'none' if value in (None, []) else value}"
        for dotted, value in own.items()
        if _plain(_field(at_hand, dotted)) != _plain(value)
    ]
    if differing:
        log.note(f"study      keeps to its own {', '.join(differing)}")


def _field(settings: Settings, dotted: str) -> Any:
    section, _, name = dotted.partition(".")
    return getattr(getattr(settings, section), name)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
