"""The user's file: its search space, its objective, its constraints and factors.

Where is a trial scored? In `evaluate.py`: parameters in, value, constraints and metrics out.
`spec.py` is the file compiled, `space.py` what it suggests, `rehearsal.py` its trial run.
"""
