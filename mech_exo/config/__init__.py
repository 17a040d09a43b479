"""Settings: declared in `settings`, resolved in `load`."""

from mech_exo.config.settings import Settings

__all__ = ["Settings"]
