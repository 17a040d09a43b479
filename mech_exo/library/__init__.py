"""What `import mech_exo` offers: a project, its studies, backtests and verdicts, in pandas.

Nothing here imports a heavy package at module level, so that the import stays quick.
"""
