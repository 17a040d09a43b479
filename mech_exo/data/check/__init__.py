"""Do the data mean what they seem to: findings, and the rules that make them.

Open `finding.py` first.
"""
