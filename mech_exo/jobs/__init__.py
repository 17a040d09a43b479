"""Whole runs, each from a request to files.

One search is in `optimise`, the weekly run in `weekly_run`, and what either would do in `dry_run`.
The command line calls these, and so can a program: `mech_exo.optimise(mech_exo.RunRequest(…))`.
"""
