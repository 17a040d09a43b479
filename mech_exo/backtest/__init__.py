"""One portfolio rule on one panel: pure functions of arrays.

Open `kernel.py` first: prepared once, it runs a candidate in about a millisecond. `rules.py` is a
candidate, `result.py` what comes of it, `metrics.py` every figure.
"""
