"""How vendors and libraries lay out prices and facts, brought to one form.

Open `registry.py` first: a layout is an entry that recognises its tables and reads them into the
plain long or wide table that the readers know. `spellings.py` holds the names that date, symbol,
price and publication have in the world.
"""
