"""The store: prices and facts with what was known when (`exo data import`, `data.source: store`).

A store is a folder of Parquet parts that are only ever added to, and `manifest.json`, which says of
each import what it brought. The parts, replayed in order, are the market. Open `intake.py` first.
"""
