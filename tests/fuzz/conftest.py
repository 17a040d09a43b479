"""How many files are tried: always the same few, or by hand as many as one likes.

`EXO_FUZZ_EXAMPLES=2000 pytest tests/fuzz` tries 2,000 new ones of each kind.
"""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("EXO_FUZZ_EXAMPLES", "0"))
settings.register_profile(
    "fuzz",
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
