"""Settings: declared, resolved from file and flags, bounded.

Open `settings.py` first; `load.py` resolves, `bounds.py` checks.
"""

from mech_exo.config.settings import Settings

__all__ = ["Settings"]
