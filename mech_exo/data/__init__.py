"""From a source to the panel that a backtest may know.

Open `build.py` first. `sources.py` delivers a `market.py`; its values become public by date
(`asof.py`), scores (`scores.py`), and a `panel.py`. `identity.py` says which data they were.
`tables/` reads files, and `check/` asks what the numbers in them mean.
"""
