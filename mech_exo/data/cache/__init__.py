"""Markets and panels kept on disk, by what they were made of, so that the next start is quick.

Open `kept_data.py` first. Nothing here is ever the only copy of anything: what is not found, or is
damaged, is made again from its source.
"""
