"""A study at a glance says what the whole study says."""

from pathlib import Path

import pytest

from mech_exo.tuning.records import list_studies
from mech_exo.tuning.study_glance import study_glances
from tests.unit.tuning.stored_studies import complete, execute, failed, new_store, pruned
from tests.unit.tuning.test_records import plain_study


def test_the_figures_are_those_of_the_whole_study(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 3.0, excess=0.1), complete(1, 1.0), failed(2), complete(3, 1.0)])
    with new_store(path, "minimised", ("minimize",)) as store:
        store.append([complete(0, -1.0, excess=0.1), complete(1, 1.0), complete(2, 0.5)])
    with new_store(path, "none feasible") as store:
        store.append([complete(0, 3.0, excess=0.1), pruned(1, 9.0)])
    with new_store(path, "empty"):
        pass
    with new_store(path, "later") as store:
        store.append([complete(0, 8.0)])
        store.begin_epoch({"data": "d2"})
        store.append([complete(1, 2.0, epoch=1), complete(2, 1.0, epoch=1)])
    glances, summaries = study_glances(path), list_studies(path)
    assert [g.name for g in glances] == [s.name for s in summaries]
    for glance, summary in zip(glances, summaries, strict=True):
        best = None if summary.best is None else (summary.best.number, summary.best.values[0])
        seen = (glance.trials, glance.best, glance.last)
        assert seen == (summary.trials, best, summary.last_completed), glance.name
    by_name = {g.name: g for g in glances}
    assert by_name["s"].best == (1, 1.0)
    assert by_name["minimised"].best == (2, 0.5)
    assert (by_name["later"].current, by_name["later"].trials) == (2, 3)


def test_a_plain_study(tmp_path: Path) -> None:
    plain_study(tmp_path / "f.db")
    (glance,), (summary,) = study_glances(tmp_path / "f.db"), list_studies(tmp_path / "f.db")
    assert summary.best is not None
    assert not glance.made_by_exo
    assert glance.best == (summary.best.number, summary.best.values[0])


@pytest.mark.parametrize("text", ["'{'", "'[]'", "'{\"version\": 2}'"])
def test_a_damaged_study_has_its_line_and_the_others_theirs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.db"
    for name in ("a", "b"):
        with new_store(path, name) as store:
            store.append([complete(0, 1.0)])
    execute(
        path,
        f"UPDATE study_system_attributes SET value_json = {text} WHERE key = 'exo:study' "
        "AND study_id = (SELECT study_id FROM studies WHERE study_name = 'a')",
    )
    damaged, whole = study_glances(path)
    assert "damaged or edited" in damaged.damage
    assert (whole.damage, whole.best) == ("", (0, 1.0))
