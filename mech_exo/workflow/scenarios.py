"""Scenarios: assumptions under which a portfolio is run once more, as they are written."""

import difflib
from dataclasses import dataclass
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.workflow.amounts import Amount, parsed
from mech_exo.workflow.assumptions import ASSUMPTIONS, AsItIs, Assumption
from mech_exo.workflow.run_changes import RunChanges

DEFAULT = "default"
DEFAULTS = ("cost=2x", "lag=+1", "stop=none", "positions=0.5x", "positions=2x")
"""What `default` stands for."""


@dataclass(frozen=True)
class Scenario:
    """One or several assumptions, as they were written, and what they change."""

    name: str
    changes: RunChanges


def scenarios(given: "tuple[str, ...]", now: AsItIs) -> tuple[Scenario, ...]:
    """What is asked by `--what-if`: each assumption alone, then those of one flag together.

    Parameters
    ----------
    given
        The flag's values: assumptions separated by commas, or `default`.

    Raises
    ------
    ExoError
        For a name or a value that means nothing; it lists what there is.
    """
    alone: dict[str, Scenario] = {}
    together: dict[str, Scenario] = {}
    for text in given:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            raise _unknown(text, "is empty")
        if DEFAULT in parts and len(parts) > 1:
            raise ExoError(
                f"--what-if {text}: default stands by itself.",
                hint=f"Give it a flag of its own: --what-if {DEFAULT} --what-if …",
            )
        made = [scenario(part, now) for part in (DEFAULTS if parts == [DEFAULT] else parts)]
        alone |= {one.name: one for one in made}
        if parts != [DEFAULT] and len(made) > 1:
            whole = _joined(text, made)
            together[whole.name] = whole
        if parts != [DEFAULT]:
            for one in made:
                _check_names(one, now)
    return (*alone.values(), *together.values())


def scenario(text: str, now: AsItIs) -> Scenario:
    """One assumption, as `lag=2`."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if name not in ASSUMPTIONS:
        raise _unknown(text, f"{name!r} is nothing that can be assumed", name)
    entry = ASSUMPTIONS[name]
    if not equals or not value:
        raise ExoError(f"--what-if {text}: has no value.", hint=f"Such as {name}={entry.example}.")
    found = parsed(value, entry.kind, entry.standing(now), f"--what-if {text}", entry.example)
    plain = _plain(found, entry, now)
    if entry.least is not None and not (plain or 0) >= entry.least:
        raise ExoError(
            f"--what-if {text}: must be {entry.least:g} at least.",
            hint=f"Such as {name}={entry.example}.",
        )
    changes = entry.changes(found if name == "cost" else plain, now)
    _check(changes, now, f"--what-if {name}={value}")
    return Scenario(f"{name}={value}", changes)


def _plain(found: Any, entry: Assumption, now: AsItIs) -> Any:
    """A value; a factor or an addition is carried out."""
    if not isinstance(found, Amount):
        return found
    standing = entry.standing(now)
    assert standing is not None, "refused before"
    value = standing * found.factor + found.added
    return round(value) if entry.kind == "whole" else value


def _check(changes: RunChanges, now: AsItIs, origin: str) -> None:
    """Refuse what no setting and no portfolio can be."""
    from mech_exo.objective.ranges import in_words, within
    from mech_exo.objective.space import RANGES

    changes.settled(now.settings, origin)
    for name, value in changes.params.items():
        if not within(float(value), RANGES[name]):
            raise ExoError(f"{origin}: {name} is {value:g}, must be {in_words(RANGES[name])}.")


def _check_names(one: Scenario, now: AsItIs) -> None:
    """Refuse more positions than the data have names; of `default`, all names are held then."""
    size = one.changes.params.get("position_size_pct")
    if now.names is None or size is None or not one.name.startswith("positions="):
        return
    wanted = round(now.candidate.invested / float(size))
    if wanted > now.names:
        raise ExoError(
            f"--what-if {one.name}: makes {wanted} positions, and the data have {now.names} names.",
            hint=f"Name {now.names} at the most.",
        )


def _joined(text: str, made: "list[Scenario]") -> Scenario:
    names = [one.name.partition("=")[0] for one in made]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ExoError(
            f"--what-if {text}: {twice} has two values, and both cannot hold together.",
            hint="Give each a flag of its own.",
        )
    changes = RunChanges()
    for one in made:
        changes = changes.and_then(one.changes)
    return Scenario(",".join(one.name for one in made), changes)


def _unknown(text: str, why: str, name: str = "") -> ExoError:
    near = difflib.get_close_matches(name, ASSUMPTIONS, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    known = ", ".join(f"{entry.name}={entry.example}" for entry in ASSUMPTIONS.values())
    return ExoError(f"--what-if {text}: {why}.", hint=f"{guess}There are {known}; or {DEFAULT}.")
