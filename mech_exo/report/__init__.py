"""Where are figures shown? Here: each module is the tables and the JSON of one subject.

Nothing is computed here. `result_tables.py` is a run, `verdict_tables.py` the verdict,
`study_tables.py` a study; `plain_json.py` writes for `--json`, `console.py` is where it all goes.
"""
