"""The parts of a tear sheet's record: one module each, from what is at hand to plain arrays.

Open `missing.py` first: what stands in the place of a part that cannot be told.
"""
