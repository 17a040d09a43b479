"""The sections of the page: each module turns parts of the record into blocks.

Nothing is computed here. `section_words.py` has what they share: how a part that is missing is
said.
"""
