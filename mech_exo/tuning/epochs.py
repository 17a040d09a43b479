"""Whether a run may go on with a study, and the epoch that its trials belong to."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from mech_exo.errors import ExoError
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.fingerprint import difference
from mech_exo.tuning.refusals import check_own, damaged
from mech_exo.tuning.study_record import Epoch
from mech_exo.tuning.study_store import StudyStore


def enter_epoch(
    store: StudyStore,
    components: Mapping[str, str],
    directions: Sequence[Direction],
    *,
    objective_names: Sequence[str],
    constraint_names: Sequence[str],
    accept_changes: bool,
    undivided: Callable[[], str] | None = None,
) -> Epoch:
    """The epoch for a run under `components`, in the selected study.

    The current epoch if nothing differs from its own, a new one in a study that has none yet or
    with `accept_changes`.

    Parameters
    ----------
    undivided
        As `difference` has it.

    Raises
    ------
    ExoError
        The study is not exo's, of other objectives or damaged; or its fingerprint differs, or
        another program has added trials to it, and `accept_changes` is not given.
    """
    declare = partial(
        store.declare,
        directions,
        objective_names=objective_names,
        constraint_names=constraint_names,
    )
    named = (tuple(objective_names), tuple(constraint_names))
    study = store.load()
    check_own(store.path, study)
    epoch = study.epoch
    changes = [] if epoch is None else difference(epoch.components, components, undivided)
    added = [trial.number for trial in study.foreign]
    if added:
        changes.append(f"trials of another program: {_numbers(added)}")
    if epoch is not None and not changes:
        if study.directions != tuple(directions):  # the objective file has not changed
            raise damaged(store.path, study.name, f"its directions are {study.directions}")
        if named != (study.objective_names, study.constraint_names):  # by somebody's hand
            declare()
        return epoch
    if epoch is not None and not accept_changes:
        raise ExoError(
            f"Study '{study.name}' in {store.path} was made under other conditions:\n"
            + "".join(f"  {line}\n" for line in changes),
            hint="Set them back, or use another --study-name, or go on with --accept-changes: "
            "then only trials made from now on count for the best.",
        )
    declare()
    return store.begin_epoch(components)


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(n) for n in numbers[:5])
    return shown if len(numbers) <= 5 else f"{shown}, … ({len(numbers)} in all)"
