"""Data that are stale, of the future, or shorter than the incumbent's are refused."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, Literal, cast

import numpy as np
import pytest

from mech_exo.config.settings import DataSettings, Settings
from mech_exo.data.frequency import DAILY, EVERY_DAY, MONTHLY, QUARTERLY, WEEKLY, Frequency
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.jobs.freshness import check_data
from mech_exo.workflow.session import Session

TODAY = date(2026, 6, 20)


def session(
    last: date, source: Literal["files", "demo"] = "files", frequency: Frequency = DAILY
) -> Session:
    panel = SimpleNamespace(
        dates=np.array([last], dtype="datetime64[D]"), source="prices.csv", frequency=frequency
    )
    settings = Settings(data=DataSettings(source=source))
    return cast(Session, cast(Any, SimpleNamespace(panel=panel, settings=settings)))


def incumbent(end: str) -> FactorFile:
    return FactorFile(metadata={}, factors={}, provenance={"data_end": end})


@pytest.mark.parametrize("age", [-1, 0, 7])
def test_fresh_data(age: int) -> None:
    check_data(session(TODAY - timedelta(days=age)), None, TODAY)


@pytest.mark.parametrize(("age", "words"), [(8, "8 days ago"), (-2, "in the future")])
def test_stale_or_impossible_data(age: int, words: str) -> None:
    with pytest.raises(ExoError, match=words):
        check_data(session(TODAY - timedelta(days=age)), None, TODAY)


@pytest.mark.parametrize(
    ("frequency", "oldest"), [(EVERY_DAY, 7), (WEEKLY, 15), (MONTHLY, 38), (QUARTERLY, 99)]
)
def test_data_with_few_sessions_may_be_a_period_older(frequency: Frequency, oldest: int) -> None:
    check_data(session(TODAY - timedelta(days=oldest), frequency=frequency), None, TODAY)
    late = session(TODAY - timedelta(days=oldest + 1), frequency=frequency)
    with pytest.raises(ExoError, match=f"{oldest + 1} days ago; at most {oldest} are allowed"):
        check_data(late, None, TODAY)


def test_the_demo_market_has_the_dates_that_it_has() -> None:
    check_data(session(date(2001, 1, 1), "demo"), None, TODAY)


def test_lost_sessions() -> None:
    check_data(session(TODAY), incumbent(str(TODAY)), TODAY)
    with pytest.raises(ExoError, match="lost sessions"):
        check_data(session(TODAY - timedelta(days=1)), incumbent(str(TODAY)), TODAY)


def test_the_end_of_another_market_is_not_lost() -> None:
    """A project that went from the demo to real data, whose last session lies before the demo's."""
    demo = FactorFile(
        metadata={},
        factors={},
        provenance={"data_end": "2030-12-31", "settings": {"data": {"source": "demo"}}},
    )
    check_data(session(TODAY), demo, TODAY)
