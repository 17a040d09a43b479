"""Whole runs, each from a request to files.

`optimise.py` is one search, `weekly_run.py` the run for cron, `dry_run.py` what either would do.

The command line calls these, and so can a program: `mech_exo.optimise(mech_exo.RunRequest(…))`.
"""
