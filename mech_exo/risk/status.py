"""Today's model portfolio under a factor file, against the limits."""

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from mech_exo.backtest import metrics
from mech_exo.config.settings import OWN_SOURCES
from mech_exo.data.panel import FloatArray
from mech_exo.data.sectors import read_sectors
from mech_exo.errors import ExitCode
from mech_exo.portfolio.book import Book, last_book
from mech_exo.portfolio.model import Model
from mech_exo.risk.limits import Light, Limit, RiskLimits
from mech_exo.risk.measures import drawdown_now, expected_shortfall, value_at_risk

ORDER: tuple[Light, ...] = ("", "green", "amber", "red")


@dataclass(frozen=True)
class Figure:
    """One figure and its light; `limit` None and no light: not judged."""

    name: str
    value: float
    limit: Limit | None
    light: Light
    remark: str = ""


@dataclass(frozen=True)
class Position:
    """One holding.

    Attributes
    ----------
    weight
        Share of the portfolio; below 0: sold short.
    since
        Date of the first trade of the unbroken holding.
    growth
        Price over the price at the stop's reference.
    stop_distance
        Fall from today's price at which it is sold, a fraction; of a short, the rise at which it
        is bought back.
    """

    symbol: str
    weight: float
    since: str
    growth: float
    stop_distance: float
    sector: str


@dataclass(frozen=True)
class RiskStatus:
    """The whole picture at one close."""

    label: str
    source: str
    session: str
    limits_file: Path
    figures: tuple[Figure, ...]
    positions: tuple[Position, ...]

    @property
    def light(self) -> Light:
        """The worst light."""
        return max((f.light for f in self.figures), key=ORDER.index)

    @property
    def breached(self) -> tuple[str, ...]:
        """Figures beyond their limits."""
        return tuple(f.name for f in self.figures if f.light == "red")

    @property
    def exit_code(self) -> ExitCode:
        """What the process exits with."""
        return ExitCode.REFUSED if self.breached else ExitCode.DONE


def risk_status(model: Model, limits: RiskLimits, today: date) -> RiskStatus:
    """Judge the model portfolio at its last close.

    Drawdowns and volatility are those of the portfolio's own path; VaR and ES are of today's
    holdings over the past `limits.window` (historical simulation: a session without a price counts
    as a return of 0), and of one session. Where that is not a day, their limits, which are of a
    day, grow with the square root of the time, and data may be older by a period.

    Parameters
    ----------
    today
        What the data's age is counted to.

    Raises
    ------
    ExoError
        For a sector map with a mistake.
    """
    panel, book = model.panel, last_book(model)
    sectors = None
    if limits.sectors is not None:
        sectors = read_sectors(limits.sectors, panel.symbols, panel.dates[-1])
    values = _path_figures(model, limits) | _book_figures(model, book, limits)
    if model.candidate.mandate.shorts or model.candidate.mandate.max_gross > 1.0:
        values |= _side_figures(book)
    else:  # of a portfolio that neither sells short nor borrows they say little: where asked for
        asked = limits.limits.keys()
        values |= {n: v for n, v in _side_figures(book).items() if n in asked}
    values["factor"] = _factor(model)
    if sectors is not None:
        values["sector"] = _sector(book, sectors)
    values["data_age_days"] = (float((today - panel.dates[-1].astype(date)).days), "")
    if model.session.settings.data.source not in OWN_SOURCES:
        values["data_age_days"] = (values["data_age_days"][0], "not judged: a fixed sample")
    figures, of_session = [], limits.of_session(panel.frequency)
    for name, (value, remark) in values.items():
        limit = None if remark.startswith("not judged") else of_session.get(name)
        figures.append(Figure(name, value, limit, limit.light(value) if limit else "", remark))
    return RiskStatus(
        label=model.label,
        source=panel.source,
        session=str(panel.dates[-1]),
        limits_file=limits.path,
        figures=tuple(figures),
        positions=_positions(model, book, sectors),
    )


Values = dict[str, tuple[float, str]]


def _path_figures(model: Model, limits: RiskLimits) -> Values:
    returns, frequency = model.result.returns, model.panel.frequency
    recent = returns[-limits.sessions(frequency) :]
    year = frequency.periods_per_year
    return {
        "drawdown": (drawdown_now(returns), ""),
        "max_drawdown": (metrics.max_drawdown(returns), f"since {model.result.dates[0]}"),
        "volatility": (metrics.volatility(recent, year), f"{len(recent)} sessions"),
    }


def _book_figures(model: Model, book: Book, limits: RiskLimits) -> Values:
    symbols = model.panel.symbols
    frequency = model.panel.frequency
    recent = model.panel.returns[-limits.sessions(frequency) :]
    simulated = simulated_returns(book.weights, recent)
    words = f"{limits.confidence:.0%}, one {frequency.unit}, {len(simulated)} sessions"
    names = int(book.held.sum())
    largest = int(np.argmax(np.abs(book.weights)))
    weight = float(book.weights[largest])
    named = symbols[largest] + (", short" if weight < 0.0 else "")
    distance = book.stop_distance
    nearest, near = math.inf, ""
    if names:
        at = int(np.nanargmin(distance))
        nearest, near = float(distance[at]), symbols[at]
    return {
        "var": (value_at_risk(simulated, limits.confidence), words),
        "es": (expected_shortfall(simulated, limits.confidence), words),
        "position": (abs(weight), named if names else ""),
        "cash": (book.cash, ""),
        "names": (float(names), ""),
        "stop_distance": (nearest, near),
    }


def _side_figures(book: Book) -> Values:
    """What is held and what is short, of the whole; the net of the two by its size."""
    net = book.net
    return {
        "gross": (book.gross, ""),
        "net": (abs(net), "short" if net < 0.0 else ""),
        "short_interest": (book.short_interest, ""),
    }


def simulated_returns(weights: FloatArray, returns: FloatArray) -> FloatArray:
    """Returns [T] of the portfolio `weights` [N], had it been held on each session [T, N]."""
    simulated: FloatArray = (np.nan_to_num(returns) * weights).sum(axis=1)
    return simulated


def _sector(book: Book, sectors: tuple[str, ...]) -> tuple[float, str]:
    """The largest sector of a side, by its share of the portfolio."""
    share = dict[str, float]()
    for n in np.flatnonzero(book.held).tolist():
        weight = float(book.weights[n])
        side = sectors[n] + (", short" if weight < 0.0 else "")
        share[side] = share.get(side, 0.0) + abs(weight)
    if not share:
        return 0.0, ""
    largest = max(sorted(share), key=lambda side: share[side])
    return share[largest], largest


def _factor(model: Model) -> tuple[float, str]:
    """Largest share of one factor in the sum of the absolute weights."""
    size = np.abs(model.candidate.weights)
    if not size.sum() > 0.0:
        return 0.0, ""
    largest = int(np.argmax(size))
    return float(size[largest] / size.sum()), model.panel.factor_names[largest]


def _positions(model: Model, book: Book, sectors: tuple[str, ...] | None) -> tuple[Position, ...]:
    panel, distance = model.panel, book.stop_distance
    held = np.flatnonzero(book.held).tolist()
    held.sort(key=lambda n: (book.weights[n] < 0.0, -abs(book.weights[n]), panel.symbols[n]))
    return tuple(
        Position(
            symbol=panel.symbols[n],
            weight=float(book.weights[n]),
            since=str(panel.dates[book.bought[n]]),
            growth=float(book.growth[n]),
            stop_distance=float(distance[n]),
            sector="" if sectors is None else sectors[n],
        )
        for n in held
    )
