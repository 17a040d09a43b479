"""What can be seen on these data, with this search, by the verdict's rules: `exo calibrate`.

Open `judged_study.py` first: one synthetic panel in, the verdict's parts and decision out. What the
panels are made of: `noise_factors.py`.
"""
