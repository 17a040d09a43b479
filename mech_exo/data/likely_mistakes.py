"""What in the data is allowed, and probably not meant."""

import difflib
from collections.abc import Collection, Iterator

import numpy as np

from mech_exo.data.market import Market


def likely_mistakes(market: Market, missing_factors: Collection[str]) -> Iterator[str]:
    """Lines for the user: fields nearly named as a factor without data, symbols without a price."""
    for name in (*market.vintages, *market.daily):
        near = difflib.get_close_matches(name, missing_factors, n=1, cutoff=0.8)
        if near and name not in market.categories:
            yield f"{name!r} is not used as a factor; {near[0]!r} has no data. Is it meant?"
    lacking = np.flatnonzero(np.isnan(market.close).all(axis=0))
    names = [market.symbols[position] for position in lacking]
    if names:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        yield f"no price at all: {', '.join(names[:5])}{more}"
