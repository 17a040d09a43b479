"""Paper trading: a ledger that is stepped session by session.

Open `step.py` first. `paper_account.py` is what one session does, `ledger.py` where it is booked,
`ledger_status.py` how it stands against what the backtest lets one expect.
"""
