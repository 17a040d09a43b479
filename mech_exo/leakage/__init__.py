"""Does anything after t move a score at t (`exo leakcheck`)?

Open `leaks.py` first.
"""
