"""A run's one Telegram message.

Open `run_messages.py` first: it listens to a run. `channel.py` says where messages go, and
`courier.py` is the process that sends them.
"""
