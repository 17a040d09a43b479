"""Files, locks, SQLite, processes: nothing of finance.

Files (`whole_files.py`, `user_file.py`), locks, SQLite (`sqlite.py`, `database_watch.py`),
processes, signals, streams, and text that others have written.
"""
