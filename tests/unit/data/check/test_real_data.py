"""What the check finds in real prices."""

import pytest

from mech_exo.config.load import load_settings
from mech_exo.config.settings import DataSettings, Settings
from mech_exo.data.check.rules import examine
from mech_exo.data.sources import load_market
from tests.cli.conftest import REPOSITORY

US_LARGE = REPOSITORY / "examples/us_large.yml"
PRICES = REPOSITORY / "../shared/data/us_large/prices.csv.gz"


@pytest.mark.skipif(not PRICES.exists(), reason="the data set lies beside the repository")
def test_us_large_has_no_error_and_two_warnings_at_most() -> None:
    settings = load_settings(US_LARGE)
    checked = examine(load_market(settings), settings)
    assert [finding.name for finding in checked.findings] == ["jump:EXPE:2011-12-21", "survivors"]
    assert checked.errors == ()


@pytest.mark.parametrize("end", [None, "2016-12-31"])
def test_the_sample_has_one_mistake_which_it_knows_of(end: str | None) -> None:
    pytest.importorskip("skfolio")
    settings = Settings(data=DataSettings(source="sp500", end=end))
    checked = examine(load_market(settings), settings)
    assert "jump:RRC:1990-04-10" in [finding.name for finding in checked.agreed]
    assert checked.errors == ()
    assert [finding.name for finding in checked.warnings] == ["survivors"]
    assert checked.unknown == ()


def test_the_sample_without_its_beginning_lacks_nothing() -> None:
    pytest.importorskip("skfolio")
    settings = Settings(data=DataSettings(source="sp500", start="1995-01-01"))
    checked = examine(load_market(settings), settings)
    assert checked.agreed == ()
    assert checked.unknown == ()
