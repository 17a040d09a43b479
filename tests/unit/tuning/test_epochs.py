from pathlib import Path

import optuna
import pytest

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.epochs import enter_epoch
from mech_exo.tuning.study_record import Epoch
from mech_exo.tuning.study_store import StudyStore
from tests.unit.tuning.stored_studies import COMPONENTS, complete, new_store

optuna.logging.set_verbosity(optuna.logging.WARNING)


def enter(
    store: StudyStore,
    components: dict[str, str],
    directions: tuple[Direction, ...] = ("maximize",),
    *,
    accept_changes: bool = False,
) -> Epoch:
    return enter_epoch(
        store,
        components,
        directions,
        objective_names=("sharpe",),
        constraint_names=("volatility",),
        accept_changes=accept_changes,
    )


def test_a_new_study_begins_its_first_epoch(tmp_path: Path) -> None:
    with StudyStore.open(tmp_path / "f.db", StorageSettings(), create=True) as store:
        store.create_study("s", ("maximize", "minimize"))
        epoch = enter(store, COMPONENTS)
        assert (epoch.number, epoch.first_trial) == (0, 0)
        study = store.load()
        assert study.directions == ("maximize",)
        assert study.constraint_names == ("volatility",)


def test_the_same_fingerprint_goes_on_in_the_same_epoch(tmp_path: Path) -> None:
    with new_store(tmp_path / "f.db") as store:
        store.append([complete(0, 1.0)])
        assert enter(store, dict(reversed(COMPONENTS.items()))).number == 0
        assert enter(store, COMPONENTS, accept_changes=True).number == 0
        assert len(store.load().epochs) == 1


def test_another_fingerprint_is_refused_with_what_differs(tmp_path: Path) -> None:
    with new_store(tmp_path / "f.db") as store:
        store.append([complete(0, 1.0)])
        with pytest.raises(ExoError) as caught:
            enter(store, {**COMPONENTS, "tuning.seed": "43", "space.x": "int 1 … 2"})
        assert "\n  tuning.seed: 42 → 43\n  space.x: (none) → int 1 … 2\n" in caught.value.message
        assert "--accept-changes" in caught.value.hint
        assert caught.value.exit_code == ExitCode.BAD_INPUT
        assert len(store.load().epochs) == 1


def test_accept_changes_begins_an_epoch(tmp_path: Path) -> None:
    with new_store(tmp_path / "f.db") as store:
        store.append([complete(0, 1.0)])
        epoch = enter(store, {"data": "d2"}, accept_changes=True)
        assert (epoch.number, epoch.first_trial) == (1, 1)
        assert store.load().best() is None
        store.append([complete(1, 0.5, epoch=1)])
        back = enter(store, COMPONENTS, accept_changes=True)  # the first conditions again
        assert (back.number, back.first_trial) == (2, 2)


def test_trials_of_another_program_need_accept_changes(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        plain = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
        plain.optimize(lambda t: 5.0, n_trials=7)
        with pytest.raises(ExoError, match=r"another program: 1, 2, 3, 4, 5, … \(7 in all\)"):
            enter(store, COMPONENTS)
        assert enter(store, COMPONENTS, accept_changes=True).first_trial == 8
        assert enter(store, COMPONENTS).first_trial == 8


def test_other_objectives_are_refused_even_so(tmp_path: Path) -> None:
    with new_store(tmp_path / "f.db") as store:
        store.append([complete(0, 1.0)])
        with pytest.raises(ExoError, match="for the life of a study"):
            enter(store, {"data": "d2"}, ("maximize", "minimize"), accept_changes=True)
        assert len(store.load().epochs) == 1


def test_a_plain_study_is_refused_even_so(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    optuna.create_study(study_name="p", storage=f"sqlite:///{path}")
    with StudyStore.open(path, StorageSettings(), create=True) as store:
        store.select("p")
        with pytest.raises(ExoError, match="made by plain Optuna"):
            enter(store, COMPONENTS, accept_changes=True)
