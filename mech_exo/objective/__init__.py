"""The user's file: its space, objective, constraints, factors.

Where is a trial scored? In `evaluate.py`: parameters in, value, constraints and metrics out.
`spec.py` is the file compiled, `space.py` what it suggests, `rehearsal.py` its trial run.
"""
