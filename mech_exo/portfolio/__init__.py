"""A factor file on all data: the model portfolio, its target, and the orders to get there.

Open `model.py` first, the one door through which a file is applied to data.
"""
