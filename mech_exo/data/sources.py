"""Where the data come from."""

from mech_exo.config.settings import Settings
from mech_exo.data.market import Market


def load_market(settings: Settings) -> Market:
    """The market of `data.source`."""
    from mech_exo.data.demo import demo_market

    return demo_market(settings.data.demo)
