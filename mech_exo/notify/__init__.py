"""A run's one Telegram message.

Open `run_messages.py` first: it listens to a run. The texts are in
`progress_messages.py`; `channel.py` says where they go, and `courier.py` is the process that sends them.
"""
