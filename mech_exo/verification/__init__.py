"""Does a factor file reproduce its own numbers (`exo verify`)?

Open `reproduction.py` first. `recomputed.py` computes the fields again, `comparisons.py` is what
came of it, `unchecked.py` names every field that is not compared, with the reason.
"""
