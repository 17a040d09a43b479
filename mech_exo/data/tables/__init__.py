"""What a file holds, before anybody asks what it means.

`file_formats.py` knows the endings of file names and reads each into a `Table` (`cells.py`), whose
methods give dates, texts and numbers, and refuse a cell by file, line and column.
"""
