"""The real sample of skfolio: 20 large US stocks, adjusted closes 1990 to 2022."""

import importlib.util
from dataclasses import replace
from pathlib import Path

from mech_exo.data.market import Market
from mech_exo.data.price_files import read_prices
from mech_exo.errors import ExoError

SAMPLE = Path("datasets", "data", "sp500_dataset.csv.gz")

KNOWN = ("frozen:RRC:1990-01-02", "jump:RRC:1990-04-10")
"""What the data check finds in the file, and what nobody can mend in somebody else's package: the
price of RRC stands still until April 1990, and is then a third of what it was."""


def sp500_market() -> Market:
    """Prices only, as a market without source words.

    The file that `skfolio.datasets.load_sp500_dataset` loads is read from the installed package:
    importing that module takes seconds, and nothing else of it is needed. No network is used.
    """
    spec = importlib.util.find_spec("skfolio")
    if spec is None or not spec.submodule_search_locations:
        raise ExoError(
            "data.source is sp500, but skfolio, which holds this sample, is not installed.",
            hint="Install it: pip install 'mech-exo[sample]'.",
        )
    path = Path(next(iter(spec.submodule_search_locations))) / SAMPLE
    if not path.is_file():
        raise ExoError(
            f"{path}: is not there; the installed skfolio does not carry the sample.",
            hint="Install another version: pip install --upgrade 'mech-exo[sample]'.",
        )
    return replace(read_prices(path, "wide"), accepted=KNOWN)


def sp500_words(market: Market) -> str:
    """What the data are, and what they cannot say."""
    return (
        f"sp500: {len(market.symbols)} US stocks of skfolio's sample, {market.dates[0]} to "
        f"{market.dates[-1]} (chosen because they survived: no evidence of skill)"
    )
