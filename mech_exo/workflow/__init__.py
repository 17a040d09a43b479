"""One run, from its inputs to its result, without printing.

Open `session.py` first, the inputs. `tuned.py` runs the search on them, `chosen_trial.py` makes the
result and its factor file, `verdict_run.py` has it judged, `reopen.py` goes from a file back to its
inputs.
"""
