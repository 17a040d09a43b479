"""The tear sheet of what is at hand: each part made once, and a part that fails says so."""

from collections.abc import Callable
from typing import TypeVar

from mech_exo.errors import ExoError
from mech_exo.tearsheet.parts.book_history import book_history
from mech_exo.tearsheet.parts.calendar_returns import calendar_returns
from mech_exo.tearsheet.parts.cost_record import cost_record
from mech_exo.tearsheet.parts.courses import courses
from mech_exo.tearsheet.parts.data_coverage import data_coverage
from mech_exo.tearsheet.parts.factor_coefficients import factor_coefficients
from mech_exo.tearsheet.parts.limit_distances import limit_distances
from mech_exo.tearsheet.parts.luck import luck
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.origin import origin
from mech_exo.tearsheet.parts.parameter_weight import parameter_weight
from mech_exo.tearsheet.parts.performance import performance
from mech_exo.tearsheet.parts.trial_cloud import trial_cloud
from mech_exo.tearsheet.parts.trial_grid import trial_grid
from mech_exo.tearsheet.parts.verdict_found import verdict_found
from mech_exo.tearsheet.parts.weight_history import weights
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.tear_sheet import TearSheet

P = TypeVar("P")


def collected(reported: Reported) -> TearSheet:
    """The record of one portfolio."""

    def part(made: Callable[[Reported], P | Missing]) -> P | Missing:
        try:
            return made(reported)
        except ExoError as error:  # a part that cannot be made costs nothing of the others
            return Missing(f"This part could not be made: {error.message}")

    paths, cloud, weight = part(courses), part(trial_cloud), part(parameter_weight)
    return TearSheet(
        kind=reported.kind,
        name=reported.name,
        label=reported.label,
        cautions=reported.cautions,
        exit_code=reported.exit_code,
        verdict=part(verdict_found),
        performance=performance(reported),
        courses=paths,
        calendar=part(calendar_returns),
        luck=part(luck),
        weights=part(weights),
        trials=cloud,
        importance=weight,
        plateau=trial_grid(cloud, weight),
        book=part(book_history),
        factors=part(factor_coefficients),
        data=part(data_coverage),
        costs=part(cost_record),
        limits=part(limit_distances),
        origin=origin(reported),
    )
