"""Whether there is more than one stock to choose from."""

from collections.abc import Iterator

import numpy as np

from mech_exo.config.doc_pages import see_page
from mech_exo.data.check.examined import Examined, named
from mech_exo.data.check.finding import Finding


def one_stock(examined: Examined) -> Iterator[Finding]:
    """Prices of one stock only: nothing can be ranked against it."""
    priced = np.flatnonzero(examined.ever)
    if len(priced) != 1:
        return
    (symbol,) = named(examined.market, priced)
    yield Finding(
        rule="one-stock",
        severity="error",
        message=f"the prices are of one stock only, {symbol}: factors rank stocks against each "
        "other, and there is no other.",
        remedy="Give the prices of many stocks: a column for each, rows of each, or a folder with "
        f"a file for each ({see_page('sources')}).",
        symbol=symbol,
        figure=1.0,
    )
