"""The check as a whole: order, acceptance, and what the study keeps."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.load import settings_from_mapping
from mech_exo.config.settings import DataSettings, DemoSettings, Settings
from mech_exo.data.check.checked_data import CheckedData
from mech_exo.data.check.finding import Finding
from mech_exo.data.check.rules import RULES, examine
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray
from mech_exo.data.sources import load_market
from mech_exo.errors import ExoError
from mech_exo.workflow.data_check import refuse_errors, tell
from tests.unit.data.check.calm_markets import FILES, TODAY, calm_market, damaged

JUMP = "jump:N03:2020-10-07"


def bad_market() -> Market:
    def damage(close: FloatArray) -> None:
        close[200, 3] *= 100.0
        close[250:300, 4] = close[250, 4]
        close[:, 5] = np.nan

    return damaged(calm_market(), damage)


def accepting(*names: str) -> Settings:
    return replace(FILES, data=replace(FILES.data, accept=names))


class Heard:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def test_honest_data_are_silent() -> None:
    assert examine(calm_market(), FILES, TODAY) == CheckedData()


def test_errors_come_first_and_the_order_is_that_of_the_names() -> None:
    checked = examine(bad_market(), FILES, TODAY)
    assert [f.name for f in checked.findings] == [JUMP, "frozen:N04:2020-12-16", "unpriced:N05"]
    assert [f.severity for f in checked.findings] == ["error", "warning", "warning"]
    assert checked == examine(bad_market(), FILES, TODAY)


def test_an_error_stops_with_its_name_and_its_remedy() -> None:
    with pytest.raises(ExoError) as caught:
        refuse_errors(examine(bad_market(), FILES, TODAY), "prices.csv")
    error = caught.value
    assert error.exit_code == 2
    assert error.message.startswith("prices.csv: the data check found an error. [1] " + JUMP)
    assert "Correct that price in the file" in error.message
    assert f"data.accept: [{JUMP}]" in error.hint
    assert "\n" not in str(error)


def test_five_errors_are_named_and_the_rest_counted() -> None:
    findings = tuple(Finding("jump", "error", "It jumps.", "Mend it.", f"S{i}") for i in range(8))
    with pytest.raises(ExoError) as caught:
        refuse_errors(CheckedData(findings), "prices")
    assert "8 errors" in caught.value.message
    assert "[5] jump:S4: It jumps. Mend it. And 3 more: exo data check." in caught.value.message
    assert "S5" not in str(caught.value)


def test_what_is_accepted_stops_nothing_and_is_no_warning() -> None:
    checked = examine(bad_market(), accepting(JUMP, "unpriced:N05", "jump:X:2020-01-01"), TODAY)
    refuse_errors(checked, "prices")
    assert [f.name for f in checked.warnings] == ["frozen:N04:2020-12-16"]
    assert [f.name for f in checked.agreed] == [JUMP, "unpriced:N05"]
    log = Heard()
    tell(checked, log)
    assert [w.split(": ")[0] for w in log.warnings] == ["frozen:N04:2020-12-16"]
    assert log.notes == [
        f"accepted   {JUMP}, unpriced:N05",
        "note       accepted, but not found: jump:X:2020-01-01",
    ]


def test_a_rule_without_its_name_and_day_accepts_nothing() -> None:
    checked = examine(bad_market(), accepting("jump", "jump:N03"), TODAY)
    assert [f.name for f in checked.errors] == [JUMP]


def test_what_the_source_accepts_is_accepted() -> None:
    checked = examine(replace(bad_market(), accepted=(JUMP,)), FILES, TODAY)
    assert not checked.errors
    assert checked.unknown == ()


def test_findings_of_the_readers_are_among_them_once() -> None:
    own = Finding("reader", "warning", "Something.", "Look.")
    checked = examine(replace(calm_market(), findings=(own, own)), FILES, TODAY)
    assert checked.findings == (own,)


def test_five_warnings_are_lines_and_the_rest_a_count() -> None:
    findings = tuple(Finding("x", "warning", "Odd.", "Look.", f"S{i}") for i in range(9))
    log = Heard()
    tell(CheckedData(findings), log)
    assert log.warnings == [f"x:S{i}: Odd. Look." for i in range(5)] + [
        "and 4 more: exo data check"
    ]


def test_the_order_and_repeats_of_accept_mean_nothing() -> None:
    one = DataSettings(accept=("b", "a", "b"))
    assert one == DataSettings(accept=("a", "b"))
    assert DataSettings(accept=()) == DataSettings()
    stated = settings_from_mapping({"data": {"accept": ["b", "a", "a"]}}, "")
    assert stated.as_dict()["data"]["accept"] == ["a", "b"]
    assert "accept" not in Settings().as_dict()["data"]


def test_every_rule_has_a_name_of_its_own_and_says_what_it_looks_at() -> None:
    assert len({rule.__name__ for rule in RULES}) == len(RULES)
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("symbols", "years"), [(24, 2), (3, 3)])
def test_the_demo_has_no_findings(seed: int, symbols: int, years: int) -> None:
    demo = DemoSettings(symbols=symbols, years=years, seed=seed)
    settings = Settings(data=DataSettings(demo=demo))
    assert examine(load_market(settings), settings).findings == ()
