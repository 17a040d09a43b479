"""Settings: declared in `settings.py`, resolved in `load.py`, bounded in `bounds.py`."""

from mech_exo.config.settings import Settings

__all__ = ["Settings"]
