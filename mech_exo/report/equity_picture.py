"""The picture that goes with a run's last message: what 100 would have become."""

import importlib.util
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.errors import ExoError
from mech_exo.system.printable import printable

if TYPE_CHECKING:
    from mech_exo.report.charts.curves import Curves
    from mech_exo.workflow.optimised import Optimised

START = 100.0
NAME = 50  # characters of a study's name in the title


class EquityPicture:
    """Draws results; see `notify.run_messages.PictureMaker`."""

    def check(self) -> None:
        """Raise an ExoError if pictures cannot be drawn here."""
        if importlib.util.find_spec("matplotlib") is None:
            raise ExoError(
                "notify.picture: pictures are drawn by matplotlib, which is not installed.",
                hint="Install it: pip install 'mech-exo[picture]', or leave notify.picture out.",
            )

    def draw(self, result: "Optimised") -> bytes | None:
        """A PNG of the result's portfolio and the universe; None without a portfolio."""
        from mech_exo.report.charts.png_picture import png_picture

        chart = equity_chart(result)
        return None if chart is None else png_picture(chart)


def equity_chart(result: "Optimised") -> "Curves | None":
    """In sample, and on the holdout if the run has looked there; None without a portfolio.

    Each part is a backtest of its own, as the run's figures are; the path goes on where the part
    before has ended.
    """
    from mech_exo.report.charts.chart_units import GROWTH
    from mech_exo.report.charts.curve_plot import Curve, Shade
    from mech_exo.report.charts.curves import Curves

    trial, best, session = result.trial, result.best, result.session
    if trial is None or best is None:
        return None
    appraiser = session.appraiser
    parts = [appraiser.in_sample.run(trial.params)]
    if best.out_of_sample is not None:  # the run's own look, which is in the ledger
        parts.append(appraiser.last_part.run(trial.params))
    appraiser.let_go()
    dates = np.concatenate([part.dates for part in parts])
    portfolio, universe = (
        START * np.multiply.accumulate(1.0 + np.concatenate(returns))
        for returns in (
            [part.returns for part in parts],
            [part.benchmark_returns for part in parts],
        )
    )
    beside = "universe" if result.universe is None else result.universe.label
    shades = tuple(
        Shade(part.dates[0], part.dates[-1], label)
        for part, label in zip(parts, ("in sample", "out of sample"), strict=False)
    )
    return Curves(
        title=f"{printable(result.outcome.study.name)[:NAME]}: what 100 would have become",
        caption="After costs.",
        x=dates,
        curves=(Curve(best.label, portfolio), Curve(beside, universe)),
        unit=GROWTH,
        shades=shades,
        log=True,
        base=START,
    )
