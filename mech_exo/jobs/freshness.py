"""Whether the data are fit to be tuned on: fresh, and no shorter than they were."""

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.workflow.continuation import other_market
from mech_exo.workflow.data_age import DataAge

if TYPE_CHECKING:
    from mech_exo.workflow.session import Session


def check_data(session: "Session", incumbent: FactorFile | None, today: date) -> None:
    """Refuse data that are stale, of the future, or that have lost their last sessions.

    Weekly and monthly data may be older by a period than daily ones. The demo market has the dates
    that it has, and the end of an incumbent's data says nothing of another market.

    Raises
    ------
    ExoError
        Names the data, their last session and what is wrong.
    """
    panel = session.panel
    age = DataAge.of(session, today)
    if session.settings.data.source == "demo":
        return
    last = age.last
    if age.days < -1:
        raise ExoError(f"{panel.source}: the last session is {last}, which is in the future.")
    if age.old:
        raise ExoError(
            f"{panel.source}: the last session is {last}, {age.days} days ago; at most "
            f"{age.limit} are allowed.",
            hint="Fetch newer prices, or raise reoptimize.max_data_age_days.",
        )
    if incumbent is None or other_market(session, incumbent):
        return
    seen = (incumbent.provenance or {}).get("data_end")
    if seen is not None and np.datetime64(str(seen), "D") > last:
        raise ExoError(
            f"{panel.source}: the last session is {last}, but config/factors.yml was tuned on "
            f"data until {seen}.",
            hint="The data have lost sessions; fetch them again.",
        )
