"""Paper trading: a ledger that is stepped session by session."""
