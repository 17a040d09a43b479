from pathlib import Path

import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.study_lock import check_study_free, lock_path, study_lock


def test_a_second_run_of_a_study_is_refused_in_words(tmp_path: Path) -> None:
    study_file = tmp_path / "a b.db"
    check_study_free(study_file, "s")
    with study_lock(study_file, "s"):
        with pytest.raises(ExoError) as caught, study_lock(study_file, "s"):
            pytest.fail("taken twice")
        with pytest.raises(ExoError) as asked:
            check_study_free(study_file, "s")
        with study_lock(study_file, "another study"):
            pass
    assert caught.value.exit_code == ExitCode.LOCKED
    assert caught.value.message.startswith(f"Study 's' in {study_file} is being run by process ")
    assert "--wait" in caught.value.hint
    assert str(asked.value) == str(caught.value)


def test_the_lock_file_lies_beside_the_study_file_while_it_is_held(tmp_path: Path) -> None:
    study_file = tmp_path / "f.db"
    with study_lock(study_file, "s"):
        assert [p.name for p in tmp_path.iterdir()] == [lock_path(study_file, "s").name]
    assert list(tmp_path.iterdir()) == []
