"""Studies: what is searched, by whom it is asked, how it is stored.

Open `runner.py` first: a run, from the request to the stored study; `engine.py` is its loop, and
`samplers/` what it asks. `study_record.py` is a study, `study_store.py` its writer and `records.py`
its reader.
"""
