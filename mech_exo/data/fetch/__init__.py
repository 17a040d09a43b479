"""Prices from a vendor on the network into a store: `exo data fetch`.

Open `fetching.py` first; a vendor is one file with a `QuoteSource` and its line in `VENDORS`.
"""
