"""A small demo market, and objective files made of the shipped one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mech_exo.config.settings import DataSettings, DemoSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.data.sources import load_market
from mech_exo.objective.spec import ObjectiveSpec

LABEL = "research/obj_utils.py"
SHIPPED = Path(__file__).parents[3] / "research" / "obj_utils.py"

Compile = Callable[..., ObjectiveSpec]


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(data=DataSettings(demo=DemoSettings(symbols=20, years=4)))


@pytest.fixture(scope="session")
def market(settings: Settings) -> Market:
    return load_market(settings)


@pytest.fixture(scope="session")
def panel(market: Market, settings: Settings) -> Panel:
    return build_panel(market, settings)


@pytest.fixture(scope="session")
def shipped() -> str:
    return SHIPPED.read_text(encoding="utf-8")


CONSTANTS = "MAX_DRAWDOWN_THRESHOLD = 0.5\nVOLATILITY_THRESHOLD = 0.5\nWEIGHT_LIMIT = 2.0\n"


@pytest.fixture(scope="session")
def compiled() -> Compile:
    """A file of the three constants (lines 1 to 3) and the given text from line 4 on."""

    def compile_text(text: str, constants: str = CONSTANTS) -> ObjectiveSpec:
        return ObjectiveSpec.compile((constants + text).encode(), LABEL)

    return compile_text
