"""From a staged factor file to production, and back.

Open `promotion.py` first. `staging.py` is what comes before it, `objections.py` what speaks against
it, `history.py` every version that there was.
"""
