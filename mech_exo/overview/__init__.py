"""Where a project stands: studies, production, data, and the next step.

Start with `project_overview.py`; `next_steps.py` has the rules by which a command is proposed.
Nothing here writes, looks at the holdout, or reads more data than takes a moment.
"""
