"""A run's one message, by Telegram and by webhook.

Open `run_messages.py` first: it listens to a run. The texts are in `progress_messages.py`;
`channel.py` says whether there is anybody to be told, `messengers.py` has an entry for each way of
telling, and `courier.py` is the process that sends.
"""
