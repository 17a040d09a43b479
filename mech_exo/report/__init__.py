"""Figures as tables and JSON; each module shows one subject.

Where are figures shown? Here, and nowhere else. Nothing is computed here. `result_tables.py` is a
run, `verdict_tables.py` the verdict, `study_tables.py` a study; `plain_json.py` writes for `--json`
and `console.py` says where it all goes.
"""
