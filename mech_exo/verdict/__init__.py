"""Skill or luck.

Where is the verdict? In `verdict.py`: a subject in, a verdict out. It repeats the search
(`repeated_searches.py`) on placebos (`placebo.py`) and as time goes by (`walkforward.py`), looks at
the sealed dates (`holdout.py`), and decides (`decision.py`).
"""
