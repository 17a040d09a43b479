"""Who does the work: worker processes of this machine, or the workers of a Dask scheduler.

Open `executor.py` first: it says what is asked of either; `workforce.py` chooses. What is asked,
what comes back and who keeps it is decided above (`tuning`): work is told in the order of its
numbers, so that neither the executor nor the number of workers changes a result.
"""
