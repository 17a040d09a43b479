"""The YAML of weights: what it says, how it is read and written.

Open `document.py` first. `read.py` and `write.py` are the two ways, `schema.json` the form.
"""
