"""What `import mech_exo` offers: projects and studies, in pandas.

Open `projects.py` first.

Nothing here imports a heavy package at module level, so that the import stays quick.
"""
