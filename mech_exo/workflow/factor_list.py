"""Which factors a study or a factor file was made with, so that a later one changes nothing."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.data.catalogue import DEFAULT_FACTORS, FIRST_FACTORS
from mech_exo.factor_file.document import WEIGHT

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.objective.spec import ObjectiveSpec

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


def with_wanted(
    listed: Listed, spec: "ObjectiveSpec", panel: "Panel", market: "Market", settings: "Settings"
) -> Listed:
    """A study's list, and the factors known since that its objective file suggests a weight of.

    Parameters
    ----------
    panel
        With the factors of the list.
    """
    from mech_exo.data.build import build_panel
    from mech_exo.objective.rehearsal import rehearse_space
    from mech_exo.objective.space import Space

    if listed is None:
        return None
    own = {factor.name for factor in spec.factors}
    known = {*own, *panel.factor_names, *panel.missing_factors}
    new = tuple(name for name in DEFAULT_FACTORS if name not in known)
    if not new:
        return listed
    wider = build_panel(market, settings, (*listed, *new))
    space = Space.of(spec, wider, settings)
    lacking = tuple(name for name in space.missing if name in new)
    with_all = replace(
        space,
        factor_names=(*space.factor_names, *lacking),
        missing=tuple(name for name in space.missing if name not in new),
    )
    asked = rehearse_space(with_all)
    return (*listed, *(name for name in new if WEIGHT + name in asked.distributions))


def panel_of(file: "FactorFile", panel: "Panel", market: "Market", settings: "Settings") -> "Panel":
    """`panel` as a factor file knows it: with the factors of its own list."""
    from mech_exo.data.build import build_panel
    from mech_exo.data.scores import factor_categories, missing_factors

    listed = factors_of_file(file)
    present = tuple(factor_categories(market, listed)), tuple(missing_factors(market, listed))
    if present == (panel.factor_names, tuple(panel.missing_factors)):
        return panel
    return build_panel(market, settings, listed)
