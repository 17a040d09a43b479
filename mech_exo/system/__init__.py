"""What a program needs of its machine, whatever it is for: files, locks, SQLite, processes."""
