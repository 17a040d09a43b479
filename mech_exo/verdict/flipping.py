"""Data without skill to be found, like the real data in everything else.

Each name's return is split by the market model into its share of the market, β_i·m_t, and a
residual. For each few blocks a coin decides, for all names together, whether the residuals keep
their sign:  r*_it = β_i·m_t + s_b·e_it,  s_b = ±1. The exposures stay where they are.

Kept: the market's drift and volatility, every name's beta and risk, volatility clustering, the
dependence between names (sectors), listings and delistings, gaps, the exposures with their
persistence, turnover and missing values, and so which weights meet the constraints. Kept too is
what price-derived factors mechanically know: that a volatile stock stays volatile. (Permuting the
exposures among the stocks would cut that link, so that the real search could beat its placebos by
a low-volatility tilt alone; and it needs stocks with the same listing dates.)
Cut: whatever an exposure says about the sign of the residuals that follow. If the scores know
nothing of it, real and flipped data are equally likely, whatever the distribution, as long as
residual payoffs are symmetric about 0 and blocks that are apart independent.
"""

from dataclasses import replace

import numpy as np

from mech_exo.data.panel import FloatArray, Panel
from mech_exo.verdict.ranking import HoldingPeriod, panel_model

PLACEBO_KEY = 0x706C6163  # separates these random numbers from the trials'
RUN = 3  # blocks that share a sign,
LEAST_RUNS = 8  # unless there are too few of them
LOWEST_RETURN = -0.95  # a flipped jump must not lose more than there is


def block_signs(blocks: int, seed: int, number: int) -> FloatArray:
    """[blocks] ±1 of placebo `number`; number 0 is the real data, all +1.

    `RUN` neighbouring blocks share a sign, so that what goes on from a block to the next does so in
    the placebos too; fewer where that would leave less than `LEAST_RUNS` signs to draw.
    """
    if number == 0:
        return np.ones(blocks)
    run = max(1, min(RUN, blocks // LEAST_RUNS))
    sequence = np.random.SeedSequence(seed, spawn_key=(PLACEBO_KEY, number))
    drawn = np.random.Generator(np.random.PCG64(sequence)).integers(0, 2, size=-(-blocks // run))
    return np.repeat(np.where(drawn == 1, 1.0, -1.0), run)[:blocks]


def flipped(
    panel: Panel,
    holding: HoldingPeriod,
    signs: FloatArray,
    model: tuple[FloatArray, FloatArray] | None = None,
) -> Panel:
    """The panel with the residuals of each block multiplied by its sign.

    All +1 gives the panel itself. Rows before the first holding period keep theirs.

    Parameters
    ----------
    model
        The panel's `panel_model`, where it is at hand.
    """
    if (signs == 1.0).all():
        return panel
    if model is None:
        model = panel_model(panel)
    sign = np.ones(len(panel.dates))
    for m in range(len(holding.first)):
        sign[holding.first[m] : holding.last[m]] = signs[holding.block[m]]
    turned = mirrored(*model)
    return replace(panel, returns=np.where(sign[:, None] == 1.0, panel.returns, turned))


def mirrored(common: FloatArray, residual: FloatArray) -> FloatArray:
    """[T, N] returns with all residuals turned round, of a market model."""
    turned: FloatArray = np.maximum(common - residual, LOWEST_RETURN)
    return turned
