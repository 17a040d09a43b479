"""The user's own market without the skill of the past, and with a premium of known strength."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.demo_prices import TOP_SHARE, premium_per_deviation
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT
from mech_exo.tuning.range_json import parse
from mech_exo.verdict.flipping import LOWEST_RETURN, block_signs, flipped
from mech_exo.verdict.ranking import (
    HoldingPeriod,
    fewest_returns,
    holding_periods,
    own_risk,
    panel_model,
)

PAIRS = 8  # of histories over which a ratio is averaged; the two of a pair have opposite signs
CLOSE = 0.02  # of the wanted ratio
TOLERATED = 0.1  # beyond which the wanted ratio is not reached
STEPS = 12  # at most, until it is close
FEWEST_HELD = 5  # names in the best portfolio, however few there are
CASH = 0.05  # share of it


@dataclass(frozen=True)
class Premium:
    """What a factor pays.

    Attributes
    ----------
    factor
        Its name.
    sign
        +1 where high scores earn more, −1 where low ones do.
    strength
        Expected return a year of a name one standard deviation above the others.
    ratio
        Annual information ratio that the best portfolio of the factor then has on average.
    """

    factor: str
    sign: float
    strength: float
    ratio: float


class UnskilledMarket:
    """The user's panel, whose residuals can be turned round in random runs of blocks.

    What its scores knew of the returns that followed is then 0 on average; market, betas, risks,
    sectors, holes and scores stay (`verdict.flipping`).

    Parameters
    ----------
    panel
        All dates, with the scores of the objective file's own factors where a premium is in one.
    backtest
        Rules of the kernel; its lag says which returns a decision earns.
    """

    def __init__(self, panel: Panel, backtest: BacktestSettings) -> None:
        self.panel = panel
        self._backtest = backtest
        self.holding: HoldingPeriod = holding_periods(panel, backtest.execution_lag)

    @cached_property
    def _model(self) -> tuple[FloatArray, FloatArray]:
        return panel_model(self.panel)

    def history(self, seed: int, *, opposite: bool = False) -> Panel:
        """The panel with the signs of a seed, or with the opposite ones."""
        signs = block_signs(self.holding.blocks, seed, 1)
        return flipped(self.panel, self.holding, -signs if opposite else signs, self._model)

    def paid(self, panel: Panel, factor: str, yearly: float) -> Panel:
        """A history in which a score of `factor` one above the mean earns `yearly` more a year.

        Paid on the dates on which a portfolio that was decided on that score is held; a name
        without a score earns no more and no less.
        """
        scores = np.nan_to_num(panel.exposures[:, :, self.panel.factor_names.index(factor)])
        earned = np.zeros(panel.returns.shape)
        for m in range(len(self.holding.first)):
            earned[self.holding.first[m] : self.holding.last[m]] = scores[m]
        returns = panel.returns + yearly / panel.periods_per_year * earned
        lowest = np.minimum(panel.returns, LOWEST_RETURN)  # nobody loses more than there is
        return replace(panel, returns=np.maximum(returns, lowest))

    @property
    def held(self) -> int:
        """Names in the best portfolio of a factor: a tenth of those that can be chosen."""
        names = float(self.panel.tradable.sum(axis=1).mean())
        return max(FEWEST_HELD, round(TOP_SHARE * names))

    def ratio(self, panel: Panel, factor: str, sign: float) -> float:
        """Annual information ratio of the best portfolio of a factor, after costs.

        Long-only, full weight on the factor, little cash, no stop: what the product's own kernel
        makes of it on all dates, against the equal-weighted universe.
        """
        weights = np.zeros(len(panel.factor_names))
        weights[self.panel.factor_names.index(factor)] = sign
        best = Candidate(weights, CASH, 1.0, (1.0 - CASH) / self.held)
        kernel = Kernel(panel, self._backtest, decisions=bool(self._backtest.impact))
        return kernel.run(best).metric("information_ratio")

    def premium(self, factor: str, sign: float, ratio: float, seed: int) -> Premium:
        """The premium with which the best portfolio of a factor has the wanted ratio on average.

        The mean of `PAIRS` pairs of histories, the two of a pair with opposite signs, so that most
        of their noise cancels; the strength by linear interpolation until it is within `CLOSE`.

        Raises
        ------
        ExoError
            No premium gives that ratio: too few names have a score.
        """
        pairs = [
            self.history(seed + i, opposite=opposite)
            for i in range(PAIRS)
            for opposite in (False, True)
        ]

        def mean(strength: float) -> float:
            paid = (self.paid(panel, factor, sign * strength) for panel in pairs)
            return float(np.mean([self.ratio(panel, factor, sign) for panel in paid]))

        points = [(0.0, mean(0.0))]
        strength = self._guess(ratio)
        for _ in range(STEPS):
            points.append((strength, mean(strength)))
            if abs(points[-1][1] - ratio) <= CLOSE:
                break
            strength = _next(points, ratio)
        strength, found = min(points, key=lambda p: _gap(p[1], ratio))
        if _gap(found, ratio) > TOLERATED:
            raise ExoError(
                f"no premium of {factor} gives its best portfolio a ratio of {ratio:g}: at "
                f"{100 * strength:.0f} % a year for each standard deviation it has {found:.2f}.",
                hint="Name another factor (--factor), which has scores of more names.",
            )
        return Premium(factor, sign, strength, found)

    def _guess(self, ratio: float) -> float:
        risk = own_risk(self._model[1], fewest_returns(self.panel.frequency))
        variance = float(np.nanmean(risk**2)) * self.panel.periods_per_year
        return max(premium_per_deviation(ratio, len(self.panel.symbols), variance), 1e-3)


def _gap(found: float, wanted: float) -> float:
    return float("inf") if np.isnan(found) else abs(found - wanted)


def _next(points: list[tuple[float, float]], wanted: float) -> float:
    """The strength to try next: on the line through the nearest points on both sides, or last two.

    Never more than three times the largest so far.
    """
    below = [p for p in points if p[1] < wanted]
    above = [p for p in points if p[1] >= wanted]
    if below and above:
        (x0, y0), (x1, y1) = max(below), min(above)
    else:
        (x0, y0), (x1, y1) = sorted(points)[-2:]
    most = 3.0 * max(x for x, _ in points)
    if not y1 > y0:
        return most
    return min(max(x0 + (wanted - y0) * (x1 - x0) / (y1 - y0), 0.0), most)


def best_covered(panel: Panel, names: tuple[str, ...]) -> str:
    """The factor, of these, that has a score of most names that can be chosen; the first of equals.

    Raises
    ------
    ExoError
        None of them has a score.
    """
    known = np.isfinite(panel.exposures) & panel.tradable[:, :, None]
    shares = {
        name: float(known[:, :, panel.factor_names.index(name)].sum() / panel.tradable.sum())
        for name in names
    }
    if not any(shares.values()):
        raise ExoError("the objective file gives no weight to a factor that has scores.")
    return max(shares, key=lambda name: shares[name])


def signs_of(space: Mapping[str, str]) -> dict[str, float]:
    """Factor -> the sign of the largest weight that a search may give it; no factor of weight 0.

    Parameters
    ----------
    space
        Parameter -> range in Optuna's JSON form.
    """
    found = {}
    for name, distribution in space.items():
        if not name.startswith(WEIGHT):
            continue
        kind, attributes = parse(distribution)
        both = (attributes.get("low"), attributes.get("high"))
        ends = attributes["choices"] if kind == "categorical" else both
        values = [float(value or 0.0) for value in ends]
        largest = max(values, key=lambda v: (abs(v), v))
        if largest:
            found[name.removeprefix(WEIGHT)] = 1.0 if largest > 0.0 else -1.0
    return found
