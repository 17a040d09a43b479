"""The store: imports, what they change, and what was known when."""
