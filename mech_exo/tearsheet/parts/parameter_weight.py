"""Which parameters matter for the value that was sought: as `exo study importance` has it."""

from mech_exo.errors import ExoError
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.tuning.importance import Importances, importances


def parameter_weight(reported: Reported) -> Importances | Missing:
    """Of the study's feasible trials."""
    if reported.study is None:
        return Missing("The study is not here, so it is not known which parameters matter.")
    try:
        return importances(reported.study)
    except ExoError as error:
        return Missing(f"Which parameters matter cannot be said: {error.message}")
