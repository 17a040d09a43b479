"""One portfolio rule on one panel: pure functions of arrays.

Open `kernel.py` first: prepared once, it runs a candidate (`candidate.py`) in about a millisecond.
`result.py` is what comes of it, `metrics.py` every figure.
"""
