"""What is known at each decision, beside the scores: risk, liquidity, sector. Nothing after it."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray, Panel

WINDOW_DAYS = 252  # trading days that volatility, beta and the portfolio's own volatility look back
KNOWN_PART = 0.25  # of the window's returns that must be known
FEWEST = 3  # of them at least, however few sessions a year has
FLAT = 1e-8  # a year; below it a volatility is that of a price that does not move


@dataclass(frozen=True, eq=False)
class DecisionData:
    """The executed decisions of a panel, as arrays that processes can share; row g is one.

    All is as of the close of its date. A user's `construct` gets it as `ctx`.

    Attributes
    ----------
    dates
        [G] datetime64[D].
    symbols
        [N] names.
    tradable
        [G, N] whether the name can be bought then.
    volatility
        [G, N] sample standard deviation of the returns of the last year, a year; NaN with less
        than a quarter of them known.
    beta
        [G, N] slope of a name's returns on the mean return of all names over the last year; NaN
        as for the volatility.
    adv
        [G, N] money traded in a session (`data.liquidity.turnover`); NaN where unknown.
    size
        [G, N] size of the company; NaN where unknown.
    sectors
        [G, N] positions in `sector_names`; −1 where sectors are not known.
    sector_names
        [S] names of the sectors; [0] where they are not known.
    returns
        [T, N] simple returns of all sessions, NaN without a price.
    rows
        [G] positions of the decisions in `returns`: at decision g the rows up to and including
        `rows[g]` are known.
    periods_per_year
        [1] sessions a year.
    order
        [N] positions of the names in the order of their symbols.
    """

    dates: DateArray
    symbols: NDArray[np.str_]
    tradable: BoolArray
    volatility: FloatArray
    beta: FloatArray
    adv: FloatArray
    size: FloatArray
    sectors: NDArray[np.int32]
    sector_names: NDArray[np.str_]
    returns: FloatArray
    rows: IntArray
    periods_per_year: FloatArray
    order: IntArray

    @classmethod
    def of(cls, panel: Panel, decisions: int) -> Self:
        """Of the panel's first `decisions` rebalance dates."""
        before = 0 if panel.past is None else len(panel.past)
        returns = panel.returns if panel.past is None else np.vstack([panel.past, panel.returns])
        rows = panel.rebalance[:decisions] + before
        length = panel.frequency.sessions(WINDOW_DAYS, FEWEST)
        volatility, beta = _risk(returns, rows, length)
        volatility *= np.sqrt(panel.periods_per_year)
        shape = (decisions, len(panel.symbols))
        unknown = np.full(shape, np.nan)
        sectors, names = np.full(shape, -1, dtype=np.int32), np.zeros(0, dtype=np.str_)
        if panel.sectors is not None:
            code = panel.sectors.code[:decisions] if panel.sectors.dated else panel.sectors.code
            sectors = np.ascontiguousarray(np.broadcast_to(code, shape))
            names = np.array(panel.sectors.labels, dtype=np.str_)
        return cls(
            dates=panel.dates[panel.rebalance[:decisions]],
            symbols=np.array(panel.symbols, dtype=np.str_),
            tradable=panel.tradable[:decisions],
            volatility=volatility,
            beta=beta,
            adv=unknown if panel.adv is None else panel.adv[:decisions],
            size=unknown if panel.size is None else panel.size[:decisions],
            sectors=sectors,
            sector_names=names,
            returns=returns,
            rows=rows,
            periods_per_year=np.array([panel.periods_per_year]),
            order=np.argsort(np.array(panel.symbols), kind="stable").astype(np.int64),
        )

    def __post_init__(self) -> None:
        for f in fields(self):  # a user's function must not change what the next trial sees
            view = getattr(self, f.name).view()
            view.flags.writeable = False
            object.__setattr__(self, f.name, view)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def window(self) -> int:
        """Sessions of the last year, by which risk is measured."""
        return max(FEWEST, round(WINDOW_DAYS * float(self.periods_per_year[0]) / 252.0))

    def until(self, count: int) -> Self:
        """As it was known at decision `count` − 1: nothing of a later date is in it."""
        cut = {name: getattr(self, name)[:count] for name in _BY_DECISION}
        known = int(self.rows[count - 1]) + 1 if count else 0
        return replace(self, returns=self.returns[:known], **cut)

    def on(self, decisions: slice) -> "DecisionData":
        """Some of the decisions, on all sessions."""
        return replace(self, **{name: getattr(self, name)[decisions] for name in _BY_DECISION})

    def at(self, g: int) -> "DecisionData":
        """Decision `g` alone: what has a row for each decision has that row only, [N]."""
        cut: dict[str, Any] = {name: getattr(self, name)[g] for name in _BY_DECISION}
        cut |= {name: np.asarray(cut[name]) for name in ("dates", "rows")}
        return replace(self, returns=self.returns[: int(self.rows[g]) + 1], **cut)


_BY_DECISION = ("dates", "tradable", "volatility", "beta", "adv", "size", "sectors", "rows")


def _risk(returns: FloatArray, rows: IntArray, length: int) -> tuple[FloatArray, FloatArray]:
    """Standard deviation of a session's return and beta, both [G, N], NaN where unknown."""
    found = np.full((2, len(rows), returns.shape[1]), np.nan)
    for g, t in enumerate(rows.tolist()):
        found[:, g] = risk_of(returns[max(0, t - length + 1) : t + 1], length)
    return found[0], found[1]


def risk_of(window: FloatArray, length: int) -> tuple[FloatArray, FloatArray]:
    """Standard deviation (ddof = 1) and beta [N] of returns [L, N].

    The market's return is the mean of the known ones of a session. A beta is over the sessions on
    which the name has a return: cov(r, m) / var(m).

    Parameters
    ----------
    length
        Sessions of a full window; a name with fewer known returns than a quarter is NaN.
    """
    known = ~np.isnan(window)
    count = known.sum(axis=0)
    enough = count >= max(FEWEST, length * KNOWN_PART)
    filled = np.where(known, window, 0.0)
    number = np.maximum(count, 1)
    market = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    centred = np.where(known, filled - filled.sum(axis=0) / number, 0.0)
    against = np.where(known, market[:, None], 0.0)
    against = np.where(known, against - against.sum(axis=0) / number, 0.0)
    deviation = np.sqrt((centred * centred).sum(axis=0) / np.maximum(count - 1, 1))
    spread = (against * against).sum(axis=0)
    beta = np.full(len(count), np.nan)
    moves = enough & (spread > (FLAT * FLAT) * number)
    np.divide((centred * against).sum(axis=0), spread, out=beta, where=moves)
    return np.where(enough, deviation, np.nan), beta
