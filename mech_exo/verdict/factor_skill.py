"""What the factors know, whatever the search made of them: in closed form, in sample.

The information coefficients of all factors, block by block, are a table without a search in it. Its
distance from 0 says whether *some* combination of the factors ranks the stocks; a portfolio of
theirs need not. So this is shown beside the placebo search, and does not take its place: a junk
portfolio of skilful factors would pass.

References
----------
.. [1] Hotelling (1931), The generalization of Student's ratio.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray, Panel
from mech_exo.verdict.evidence import autocorrelation, robust_t
from mech_exo.verdict.ranking import (
    HoldingPeriod,
    block_means,
    information_coefficients,
    outcome_order,
)

LEAST_KNOWN = 0.5  # share of the blocks in which a factor must have a coefficient


@dataclass(frozen=True)
class FactorRecord:
    """One factor.

    Attributes
    ----------
    coefficient, t
        Mean information coefficient of a block, and its t-statistic (`robust_t`).
    """

    coefficient: float
    t: float


@dataclass(frozen=True)
class FactorSkill:
    """All factors together, in sample.

    Attributes
    ----------
    factors
        Name -> its record.
    p
        Chance under luck of coefficients as far from 0 as these, all together [1]_; NaN with too
        few blocks for so many factors.
    autocorrelation
        Of neighbouring blocks, the mean over the factors: what goes on from a month to the next.
    left_out
        Names of the others: those without a coefficient in half of the blocks, and factors of the
        objective file that have no scores before a parameter is drawn.
    """

    factors: dict[str, FactorRecord]
    p: float
    autocorrelation: float
    left_out: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML; `left_out` only where there are such factors."""
        whole = asdict(self)
        return whole if self.left_out else {n: v for n, v in whole.items() if n != "left_out"}


@dataclass(frozen=True, eq=False)
class FactorBlocks:
    """Information coefficients of the factors, block by block.

    Attributes
    ----------
    names
        [K] factors with a coefficient in `LEAST_KNOWN` of the blocks.
    table
        [B, K] NaN where a factor has none.
    days
        [B] first return of each block.
    left_out
        The others, as in `FactorSkill`.
    """

    names: tuple[str, ...]
    table: FloatArray
    days: DateArray
    left_out: tuple[str, ...]


def factor_blocks(
    panel: Panel, outcomes: FloatArray, holding: HoldingPeriod, drawn: tuple[str, ...] = ()
) -> FactorBlocks:
    """How the scores of each factor of a panel ranked what followed.

    Parameters
    ----------
    outcomes
        [M, N] of each holding period, as `ranking.period_outcomes` has them.
    drawn
        Factors whose scores depend on a parameter, so that the panel has none.
    """
    periods = len(holding.first)
    tradable = panel.tradable[:periods]
    table, names, order = [], [], outcome_order(outcomes)
    for k, name in enumerate(panel.factor_names):
        scores = np.where(tradable, panel.exposures[:periods, :, k], np.nan)
        found = information_coefficients(scores, outcomes, order)
        blocks = block_means(found, holding.block)
        if np.isfinite(blocks).mean() >= LEAST_KNOWN:
            table.append(blocks)
            names.append(name)
    opening = np.searchsorted(holding.block, np.arange(holding.blocks))
    return FactorBlocks(
        names=tuple(names),
        table=np.array(table).T if table else np.empty((holding.blocks, 0)),
        days=panel.dates[holding.first[opening]],
        left_out=tuple(n for n in (*panel.factor_names, *drawn) if n not in names),
    )


def factor_skill(blocks: FactorBlocks) -> FactorSkill:
    """What the factors say of what followed."""
    table = blocks.table
    known = [column[np.isfinite(column)] for column in table.T]
    lagged = [a for a in map(autocorrelation, known) if math.isfinite(a)]
    return FactorSkill(
        factors={
            n: FactorRecord(float(v.mean()), robust_t(v))
            for n, v in zip(blocks.names, known, strict=True)
        },
        p=hotelling_p(np.nan_to_num(table)) if blocks.names else math.nan,
        autocorrelation=float(np.mean(lagged)) if lagged else math.nan,
        left_out=blocks.left_out,
    )


def hotelling_p(table: FloatArray) -> float:
    """P(means as far from 0 | all 0) of K series [B, K], dependent on each other or not [1]_.

    T² = B·x̄ᵀS⁻¹x̄, and (B − K)/(K·(B − 1))·T² has the F distribution with K and B − K degrees of
    freedom. Series that others of them explain add nothing and are not counted in K. NaN with
    fewer than three degrees of freedom left.
    """
    from scipy.special import fdtrc

    blocks = len(table)
    centred = table - table.mean(axis=0)
    scale = centred.std(axis=0, ddof=1) if blocks > 1 else np.zeros(table.shape[1])
    kept = scale > 1e-12
    unit = table[:, kept] / scale[kept]
    correlation = np.cov(unit.T, ddof=1).reshape(unit.shape[1], unit.shape[1])
    values, vectors = np.linalg.eigh(correlation)
    told = values > 1e-8
    rank = int(told.sum())
    if rank == 0 or blocks - rank < 3:
        return math.nan
    along = unit.mean(axis=0) @ vectors[:, told]
    squared = blocks * float((along**2 / values[told]).sum())
    return float(fdtrc(rank, blocks - rank, (blocks - rank) / (rank * (blocks - 1)) * squared))
