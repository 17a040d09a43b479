"""A factor file on all data: holdings, target and orders.

Open `model.py` first, the one door through which a file is applied to data.
"""
