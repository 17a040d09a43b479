"""Which factors a study or a factor file was made with, so that a later one changes nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.data.catalogue import DEFAULT_FACTORS, FIRST_FACTORS

if TYPE_CHECKING:
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.objective.spec import ObjectiveSpec
    from mech_exo.workflow.session import Session

Listed = tuple[str, ...] | None  # None: all factors that are known now


def factors_of_study(study_file: Path, name: str) -> Listed:
    """The list of a study's current epoch; None for a study that is not there yet.

    Raises
    ------
    ExoError
        If the file is no study file, or the study is damaged.
    """
    from mech_exo.tuning.fingerprint import factors_of
    from mech_exo.tuning.records import current_epoch

    epoch = current_epoch(study_file, name)
    return None if epoch is None else factors_of(epoch.components)


def factors_of_file(file: "FactorFile") -> Listed:
    """The list of a factor file; None for one that exo did not export."""
    stated = file.provenance or {}
    if "data" in stated:
        return tuple(stated["data"]["factors"])
    return FIRST_FACTORS if "data_fingerprint" in stated else None


def with_wanted(listed: Listed, spec: "ObjectiveSpec", panel: "Panel") -> Listed:
    """A study's list, and the factors known since that its objective file suggests a weight of.

    Parameters
    ----------
    panel
        Of the list.
    """
    from mech_exo.objective.space import WEIGHT, Space

    if listed is None:
        return None
    own = {factor.name for factor in spec.factors}
    new = tuple(n for n in DEFAULT_FACTORS if n not in own and n not in _names(panel))
    if not new:
        return listed
    from mech_exo.config.settings import HyperparameterSettings

    names = (*panel.factor_names, *(n for n in own if n not in panel.factor_names), *new)
    missing = tuple(n for n in panel.missing_factors if n not in own)
    asked = Space(spec, names, missing, HyperparameterSettings()).rehearse().distributions
    return (*listed, *(name for name in new if WEIGHT + name in asked))


def panel_of(session: "Session", file: "FactorFile") -> "Panel":
    """The session's data as a factor file knows them: with the factors of its own list."""
    from mech_exo.data.build import build_panel
    from mech_exo.data.factors import factor_categories, missing_factors

    market, panel, listed = session.market, session.panel, factors_of_file(file)
    present = tuple(factor_categories(market, listed)), tuple(missing_factors(market, listed))
    if present == (panel.factor_names, tuple(panel.missing_factors)):
        return panel
    return build_panel(market, session.settings, listed)


def _names(panel: "Panel") -> set[str]:
    return {*panel.factor_names, *panel.missing_factors}
