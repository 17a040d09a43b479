"""One portfolio rule on one panel: pure functions of arrays.

Open `kernel.py` first: prepared once, it runs a candidate (`candidate.py`) in about a millisecond.
Signed target weights go through `leg_run.py`. `result.py` is what comes of it, `metrics.py` every
figure.
"""
