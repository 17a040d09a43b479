"""How scores become target weights: the built-in rules, and the user's own `construct`.

Open `mandate.py` first: what a candidate's portfolio may and shall be.
"""
