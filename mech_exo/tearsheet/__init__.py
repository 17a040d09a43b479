"""A tear sheet: all that a study or a factor file and its data tell of one portfolio, as one page.

Nothing is decided here, and no figure has a definition of its own: what study, verdict, replicates
and backtests hold is put together. Open `tear_sheet.py` first, the record; `reported.py` is what it
is made from, `collection.py` makes it, `contents.py` lists the sections of the page.
"""
