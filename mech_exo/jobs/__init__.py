"""Whole runs, each from a request to files: one search (`optimise`), the weekly one (`reoptimize`).

The command line calls these, and so can a program: `mech_exo.optimise(mech_exo.RunRequest(…))`.
"""
