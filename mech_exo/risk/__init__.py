"""Today's portfolio against its limits.

Open `status.py` first; `limits.py` is config/risk_limits.yml, `measures.py` the figures.
"""
