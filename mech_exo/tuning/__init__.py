"""Studies: what is searched, by whom it is asked, how it is stored.

Open `runner.py` first: a run, from the request to the stored study; `engine.py` is its loop, and
`samplers/` what it asks. `study_record.py` is a study, `study_store.py` its writer and `records.py`
its reader. Who may write is decided by `study_lock.py` (one run a study) and `refusals.py`; what
exo keeps beside trials is written by `own_tables.py`.
"""
