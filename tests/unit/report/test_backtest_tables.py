import io

import pytest
from rich.console import Console

from mech_exo.report.backtest_tables import show_backtest
from mech_exo.workflow.backtest_run import Backtested
from tests.unit.workflow.test_backtest_run import opened, run


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Backtested:
    folder = tmp_path_factory.mktemp("tables")
    asked = ("default", "cost=20bps,lag=2,stop=none")
    return run(opened(folder), folder / "s.db", part="all", what_if=asked)


def shown(found: Backtested, width: int) -> str:
    out = io.StringIO()
    show_backtest(found, 1e6, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 89, 90, 120, 200])
def test_no_figure_is_cut(found: Backtested, width: int) -> None:
    text = shown(found, width)
    assert "…" not in text
    tables = text.split("money ")[0]
    assert all(len(line.rstrip()) <= width for line in tables.splitlines())
    for row in found.what_ifs:
        assert row.name.split(",")[0] in text
    assert text.count("Sharpe ratio") == (1 if width >= 90 else len(found.parts) + 1)


def test_years_say_what_they_are(found: Backtested) -> None:
    text = shown(found, 120)
    track = found.track
    first, last = (
        next(line for line in text.splitlines() if line.startswith(str(year.year)))
        for year in (track.years[0], track.years[-1])
    )
    assert first.rstrip().endswith("in sample")
    assert "holdout" in last
    assert f"money      1,000,000.00 on {track.dates[0]}" in text
