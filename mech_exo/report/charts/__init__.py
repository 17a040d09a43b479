"""Charts as inline SVG, each with its numbers as a table behind it.

Open `chart.py` first: what a chart is, and `draw`, which makes a figure of one. `CHARTS` in
`chart_kinds.py` lists the kinds; each is a frozen record in a module of its own, which knows how to
paint itself at a width. They share units and ticks (`chart_units.py`, `ticks.py`), scales and axes
(`scale.py`, `plot_area.py`) and the sheet they are painted on (`canvas.py`). Colours are classes
of `charts.css`, so a page decides them, light and dark.
"""
