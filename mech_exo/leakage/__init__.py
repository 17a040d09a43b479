"""Does anything after t move a score at t (`exo leakcheck`)?

Open `leaks.py` first; `publication.py` looks at the dates of publication. What keeps the future out
in the first place is `data/asof.py`, `Market.until` and `backtest.execution_lag`.
"""
