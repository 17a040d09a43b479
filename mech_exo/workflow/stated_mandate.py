"""The mandate that a factor file states, whatever the settings at hand say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mech_exo.config.load import settings_from_mapping
from mech_exo.config.portfolio_settings import PortfolioSettings
from mech_exo.config.settings import Settings
from mech_exo.construction.mandate import DEFAULT_GROSS, PLAIN
from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import CONSTRUCTED_BY, FactorFile
from mech_exo.objective.mandates import JOIN, NOTHING, RULES

if TYPE_CHECKING:
    from mech_exo.objective.spec import ObjectiveSpec
    from mech_exo.workflow.session import Session

NAMES = (*RULES, "benchmark")


def under_own_rules(file: FactorFile, label: str, settings: Settings) -> Settings:
    """`settings` with the section `portfolio` that the file was made under.

    A file that states no settings, as one written by hand, takes those at hand.

    Raises
    ------
    ExoError
        For a section that is none.
    """
    stated = file.stated_settings
    if stated is None:
        return settings
    section = {"portfolio": stated.get("portfolio") or {}}
    own = settings_from_mapping(section, f"{label}: provenance.settings")
    return replace(settings, portfolio=own.portfolio)


def said_otherwise(file: FactorFile, label: str, settings: Settings) -> str:
    """Where the settings at hand say other rules than the file, in words; "" where they do not.

    What a trial drew stands in the place of the setting that the file was made under: that setting
    still standing is no difference.
    """
    at_hand, own = settings.portfolio, under_own_rules(file, label, settings).portfolio
    by_hand, block = own is at_hand, file.portfolio or {}
    made = PortfolioSettings() if by_hand else own
    here, held = _in_force(at_hand), _in_force(made, block)
    said = [n for n in NAMES if getattr(at_hand, n) not in (None, getattr(made, n))]
    other = [n for n in said if here[n] != held[n]]
    taken = [f"portfolio.{n}: {here[n]}" for n in other if by_hand and n not in block]
    kept = [
        f"portfolio.{n} is {here[n]}, the file has {_word(held[n])}"
        for n in other
        if not by_hand or n in block
    ]
    words = [f"does not say its rule, so the settings do ({'; '.join(taken)})"] if taken else []
    words += [f"keeps to its own rules, not to the settings ({'; '.join(kept)})"] if kept else []
    return ", and ".join(words)


def check_construct(file: FactorFile, label: str, spec: "ObjectiveSpec") -> None:
    """Refuse a file whose portfolio another function would make than the one it was made by.

    Raises
    ------
    ExoError
        Exit code 4.
    """
    why = other_construct(file, spec)
    if not why:
        return
    hint = "Name the objective file that it was made with by --objective."
    if file.provenance is None and _construct(file) is None:
        hint = (
            "Name an objective file without one by --objective; or, if this one is meant, write "
            f'`{CONSTRUCTED_BY}: "{spec.sha256}"` in the block portfolio of the file.'
        )
    raise ExoError(f"{label}: {why}.", hint=hint, exit_code=ExitCode.NOT_THE_FILES)


def other_construct(file: FactorFile, spec: "ObjectiveSpec") -> str:
    """Why the objective file's `construct`, or that it has none, is not the file's; "" if it is."""
    stated = _construct(file)
    if spec.construct is None:
        if stated is None:
            return ""
        return f"was made with a construct ({_of(stated)}), and {spec.label} has none"
    if stated is None:
        return f"was made without a construct, and {spec.construct.where} has one"
    if stated == spec.sha256:
        return ""
    return (
        f"was made with another construct ({_of(stated)}) than {spec.construct.where} "
        f"({_of(spec.sha256)})"
    )


def other_mandate(file: FactorFile, label: str, session: "Session") -> str:
    """Why no trial of the session's search can have the file's mandate, in words; "" if one can.

    What portfolios are measured against is no part of it.
    """
    why = other_construct(file, session.spec)
    if why:
        return why
    try:
        own = under_own_rules(file, label, session.settings).portfolio
    except ExoError as error:  # of another version of exo
        return f"does not say its rules: {error.message}"
    drawn = {n: v for n, v in (file.portfolio or {}).items() if n in session.spec.texts}
    held, here = _in_force(own, file.portfolio), _in_force(session.settings.portfolio, drawn)
    other = [n for n in RULES if held[n] != here[n]]
    return "; ".join(f"has {n} {_word(held[n])}, this run {_word(here[n])}" for n in other)


def _in_force(
    settings: PortfolioSettings, block: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Rule -> value, in the form of a file's block; what neither sets is as in a plain mandate."""
    plain = {name: getattr(PLAIN, name) for name in NAMES} | {"gross": DEFAULT_GROSS}
    named = {name: getattr(settings, name) for name in NAMES}
    found = plain | {name: value for name, value in named.items() if value is not None}
    found["neutralise"] = JOIN.join(found["neutralise"]) or NOTHING
    return found | {name: value for name, value in (block or {}).items() if name in found}


def _construct(file: FactorFile) -> str | None:
    return (file.portfolio or {}).get(CONSTRUCTED_BY)


def _of(sha256: str) -> str:
    return f"objective file {sha256[:12]}"


def _word(value: Any) -> str:
    return "none" if value is None else str(value)
