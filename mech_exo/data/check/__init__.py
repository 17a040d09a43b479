"""Do the data mean what they seem to: findings, and the rules that make them.

Open `rules.py` first: it lists the rules and runs them over a market. A rule is a function of the
`examined.py` that gives `finding.py`s; there is a module for each subject that rules look at.
"""
