"""Where the data come from."""

from dataclasses import replace
from datetime import date

import numpy as np

from mech_exo.config.settings import DataSettings, Settings
from mech_exo.data.market import Market
from mech_exo.data.session_gaps import with_frequency
from mech_exo.data.universe_files import with_universe
from mech_exo.errors import ExitCode, ExoError


def load_market(settings: Settings) -> Market:
    """The market of `data.source`, between `data.start` and `data.end`.

    Raises
    ------
    ExoError
        For files with a mistake, a missing package, a range without data, sessions of no or of
        several frequencies, stale prices.
    """
    data = settings.data
    if data.source == "demo":
        from mech_exo.data.demo import demo_market, demo_words

        market = restrict(demo_market(data.demo), data)
        market = replace(market, source=demo_words(market.dates, len(market.symbols)))
        return with_universe(with_frequency(market, data), data)
    if data.source == "frames":
        raise ExoError(
            "data.source is frames: these data were DataFrames in a Python program.",
            hint="Open them there: mech_exo.Project(prices=…, factors=…).",
            exit_code=ExitCode.NOT_THE_FILES,
        )
    from mech_exo.data.price_files import check_live

    if data.source == "sp500":
        from mech_exo.data.sample import sp500_market, sp500_words

        market = restrict(sp500_market(), data)
        market = replace(market, source=sp500_words(market))
    elif data.source == "store":
        from mech_exo.data.store.store_market import store_market, store_words

        whole, last = store_market(data)
        market = restrict(whole, data)
        market = replace(market, source=store_words(data, market, last))
    else:
        from mech_exo.data.files import file_market, file_words

        market = restrict(file_market(data), data)
        market = replace(market, source=file_words(data, market))
    market = with_frequency(market, data)
    check_live(market)
    return with_universe(market, data)


def restrict(market: Market, data: DataSettings) -> Market:
    """The sessions from `data.start` to `data.end`, both included.

    Facts that became public before the start stay known; those after the end are left out.
    """
    start, end = _date(data.start, "data.start"), _date(data.end, "data.end")
    dates = market.dates
    first = 0 if start is None else int(np.searchsorted(dates, start))
    stop = len(dates) if end is None else int(np.searchsorted(dates, end, side="right"))
    if first >= stop:
        raise ExoError(
            f"{data.source}: no session from {start or dates[0]} to {end or dates[-1]}; "
            f"the data go from {dates[0]} to {dates[-1]}.",
            hint="Change data.start or data.end.",
        )
    return market.until(stop).since(first)


def _date(text: str | None, name: str) -> np.datetime64 | None:
    if text is None:
        return None
    try:
        return np.datetime64(date.fromisoformat(text), "D")
    except ValueError as error:
        raise ExoError(f"{name} is {text!r}, not a date.", hint="Write YYYY-MM-DD.") from error
