import importlib.util
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pytest

from mech_exo.config.settings import TuningSettings
from mech_exo.errors import ExoError
from mech_exo.tuning.asking import Asker, draw_once
from mech_exo.tuning.cube import from_json
from mech_exo.tuning.preflight import try_once
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.pruning import MedianLimits
from mech_exo.tuning.samplers.base import Sampler
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.workforce.evaluation_work import Suggestion
from tests.unit.tuning.tuning_problems import (
    Bowl,
    bowl,
    pareto,
    suggest_conditional,
    suggest_floats,
    suggest_mixed,
)


def record_of(suggestion: Suggestion, problem: Problem) -> TrialRecord:
    result = Bowl(len(problem.directions)).evaluate(suggestion.params, suggestion.limits)
    return TrialRecord(
        number=suggestion.index,
        state=result.state.upper(),  # type: ignore[arg-type]
        params=suggestion.params,
        distributions=suggestion.distributions,
        values=result.values,
        constraints=result.constraints or None,
        metrics=result.metrics,
        intermediate=result.intermediate,
    ).canonical()


def asker_of(problem: Problem, settings: TuningSettings) -> Asker:
    return Asker(problem, settings, try_once(problem, settings.seed))


def ask_in_turn(problem: Problem, settings: TuningSettings, count: int) -> list[TrialRecord]:
    asker, records = asker_of(problem, settings), []
    for index in range(count):
        records.append(record_of(asker.ask(index), problem))
        asker.add(records[-1])
    return records


def plain_optuna(
    problem: Problem, records: list[TrialRecord], index: int, seed: int
) -> dict[str, Any]:
    """What a newly made TPESampler suggests for a study of exactly these trials."""
    words = np.random.SeedSequence(seed, spawn_key=(index,)).generate_state(4)
    sampler = optuna.samplers.TPESampler(seed=words, constant_liar=False)  # type: ignore[arg-type]
    study = optuna.create_study(directions=list(problem.directions), sampler=sampler)
    for record in records:
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState[record.state],
                params=dict(record.params),
                distributions={n: from_json(d) for n, d in record.distributions.items()},
                values=list(record.values) if record.state == "COMPLETE" else None,
                system_attrs={"constraints": list(record.constraints or ())},
                intermediate_values=dict(record.intermediate),
            )
        )
    trial = study.ask()
    problem.suggest(trial)
    return trial.params


@pytest.mark.parametrize(
    "problem",
    [bowl(), bowl(suggest_mixed), bowl(suggest_conditional), pareto()],
    ids=["floats", "mixed", "conditional", "pareto"],
)
def test_tpe_suggests_what_optuna_suggests(problem: Problem) -> None:
    settings = TuningSettings(seed=5, window=3, pruner="median")
    records = ask_in_turn(problem, settings, 45)
    assert {r.state for r in records} >= {"COMPLETE", "FAIL"}
    assert any(not r.feasible for r in records if r.state == "COMPLETE")
    for index in (0, 1, 13, 20, 33, 44):
        told = records[: max(0, index - 2)]
        theirs = plain_optuna(problem, told, index, 5)
        ours = records[index].params
        assert ours.keys() == theirs.keys()
        for name, value in theirs.items():
            close = isinstance(value, float)
            assert ours[name] == (pytest.approx(value, rel=1e-9, abs=1e-9) if close else value)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2", "qmc", "random"])
def test_trials_beyond_the_window_are_not_seen(sampler: str) -> None:
    problem = bowl()
    settings = TuningSettings(sampler=sampler, population=6, pruner="median")
    records = ask_in_turn(problem, settings, 30)
    eager = asker_of(problem, settings)
    for record in records:
        eager.add(record)  # all have finished, long before they are due
    for index in range(30):
        assert eager.ask(index).params == records[index].params


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2", "qmc", "random"])
def test_asking_begins_anywhere(sampler: str) -> None:
    problem = bowl()
    settings = TuningSettings(sampler=sampler, population=6, pruner="median")
    records = ask_in_turn(problem, settings, 26)
    for start in (1, 5, 6, 7, 25):
        asker = asker_of(problem, settings)
        for record in records[:start]:
            asker.add(record)
        assert asker.ask(start).params == records[start].params


@pytest.mark.parametrize(
    ("sampler", "needs"),
    [("tpe", [0, 0, 0, 1, 2, 3, 4]), ("cmaes", [0, 0, 0, 0, 0, 5, 5])],
)
def test_how_many_trials_a_trial_needs(sampler: str, needs: list[int]) -> None:
    settings = TuningSettings(sampler=sampler, window=3, population=5)
    asker = asker_of(bowl(), settings)
    assert [asker.sampler.needs(i) for i in range(7)] == needs
    assert asker.ready(2)
    assert not asker.ready(6)
    with pytest.raises(ValueError, match="cannot be asked"):
        asker.ask(6)


def test_warm_start_trials_are_the_given_vectors() -> None:
    problem = bowl()
    vectors = [{f"x{i}": 0.1 * i for i in range(5)}, {"x0": 0.5}]
    for sampler in ("tpe", "cmaes", "qmc", "nsga2"):
        settings = TuningSettings(sampler=sampler)
        given = list(vectors)
        asker = Asker(problem, settings, try_once(problem, 1), given)
        given.clear()  # the asker has its own
        assert asker.ask(0).params == vectors[0]
        second = asker.ask(1).params
        assert second["x0"] == 0.5
        assert set(second) == set(vectors[0])


@pytest.mark.parametrize("sampler", ["cmaes", "qmc"])
def test_samplers_of_numbers_refuse_categories(sampler: str) -> None:
    settings = TuningSettings(sampler=sampler)
    with pytest.raises(ExoError, match=r"cannot draw the categorical parameter 'kind'.*tpe"):
        asker_of(bowl(suggest_conditional), settings)


def _dynamic(trial: Any) -> None:
    if trial.suggest_float("x", -1.0, 1.0) > 0:
        trial.suggest_float("y", -1.0, 1.0)


def _shifting() -> Callable[[Any], None]:
    calls: list[int] = []

    def suggest(trial: Any) -> None:
        calls.append(1)
        trial.suggest_float("x", -float(len(calls)), 1.0)

    return suggest


@pytest.mark.parametrize("suggest", [_dynamic, _shifting()])
def test_a_changing_space_is_an_error_where_it_must_not(suggest: Callable[[Any], None]) -> None:
    problem = bowl(suggest)
    asker = asker_of(problem, TuningSettings(sampler="cmaes"))

    def ask_a_generation() -> None:
        for index in range(12):
            asker.ask(index)

    with pytest.raises(ExoError, match="same parameters with the same ranges"):
        ask_a_generation()


def test_cmaes_has_one_objective() -> None:
    with pytest.raises(ExoError, match="one objective"):
        asker_of(pareto(), TuningSettings(sampler="cmaes"))


def test_cmaes_finds_the_best_feasible_point() -> None:
    """Minimum of Σ(x − 0.3)² subject to x0 ≥ 0.6, with failures: known by inspection."""

    def suggest(trial: Any) -> None:
        suggest_floats(trial, 4)

    problem = bowl(suggest)
    asker = asker_of(problem, TuningSettings(sampler="cmaes", pruner="none"))
    best = None
    for index in range(600):
        suggestion = asker.ask(index)
        x = np.array(list(suggestion.params.values()))
        loss = float(((x - 0.3) ** 2).sum())
        failed = index % 7 == 0
        record = TrialRecord(
            index,
            "FAIL" if failed else "COMPLETE",
            suggestion.params,
            suggestion.distributions,
            () if failed else (-loss,),
            None if failed else (0.6 - x[0],),
        )
        asker.add(record)
        if record.feasible and (best is None or record.values > best.values):
            best = record
    assert best is not None
    assert best.values[0] > -0.09 - 1e-3
    found = np.array(list(best.params.values()), dtype=float)
    np.testing.assert_allclose(found, [0.6, 0.3, 0.3, 0.3], atol=0.02)


def test_qmc_is_the_sobol_sequence() -> None:
    asker = asker_of(bowl(), TuningSettings(sampler="qmc", pruner="none"))
    points = []
    for index in range(64):
        suggestion = asker.ask(index)
        points.append(list(suggestion.params.values()))
        asker.add(TrialRecord(index, "FAIL", suggestion.params, suggestion.distributions))
    cells = np.floor((np.array(points) + 1) / 2 * 64).astype(int)
    for axis in range(5):  # a net: one point in each 64th of every axis
        assert sorted(cells[:, axis]) == list(range(64))


def test_an_empty_suggestion_is_an_error() -> None:
    with pytest.raises(ExoError, match="suggests no parameter"):
        try_once(Problem(lambda trial: None, Bowl), 1)


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_gp_without_torch_says_what_to_install() -> None:
    with pytest.raises(ExoError, match=r"needs torch.*mech-exo\[gp\]"):
        asker_of(bowl(), TuningSettings(sampler="gp"))


@pytest.mark.parametrize(
    ("sampler", "pruner", "problem", "prunes"),
    [
        ("tpe", "median", bowl(), True),
        ("random", "median", bowl(), True),
        ("tpe", "none", bowl(), False),
        ("tpe", "median", pareto(), False),
        ("cmaes", "median", bowl(), False),
    ],
)
def test_a_suggestion_carries_the_medians_of_the_told_trials(
    sampler: Any, pruner: Any, problem: Problem, prunes: bool
) -> None:
    settings = TuningSettings(sampler=sampler, pruner=pruner, window=3, population=4)
    asker = asker_of(problem, settings)
    assert asker.prunes is prunes
    medians = MedianLimits()
    records: list[TrialRecord] = []
    told = 0
    for index in range(30):
        suggestion = asker.ask(index)
        if not prunes:
            assert suggestion.limits is None
        else:
            needs = asker.sampler.needs(index)
            for record in records[told:needs]:
                medians.learn(record)
            told = needs
            assert suggestion.limits == medians.limits()
        records.append(record_of(suggestion, problem))
        asker.add(records[-1])
        assert asker.known == index + 1
    assert not prunes or medians.limits()


def test_optuna_says_as_much_as_before() -> None:
    before = optuna.logging.get_verbosity()
    try:
        for level in (optuna.logging.DEBUG, optuna.logging.ERROR):
            optuna.logging.set_verbosity(level)
            asker_of(bowl(), TuningSettings())
            assert optuna.logging.get_verbosity() == level
    finally:
        optuna.logging.set_verbosity(before)


def test_asking_itself_is_nobodys_news(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    try:
        asker_of(bowl(), TuningSettings()).ask(0)
    finally:
        optuna.logging.set_verbosity(before)
    assert "asking" not in capfd.readouterr().err


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2", "cmaes", "qmc"])
def test_suggest_is_called_once_a_trial_and_knows_its_position(sampler: Any) -> None:
    seen: list[int] = []

    def suggest(trial: Any) -> None:
        seen.append(trial.number)
        suggest_floats(trial)

    asker = asker_of(bowl(suggest), TuningSettings(sampler=sampler, window=8, population=8))
    seen.clear()  # of the candidate that was tried
    for index in range(8):
        asker.ask(index)
    assert seen == [0, 1, 2, 3, 4, 5, 6, 7]


def test_the_second_generation_of_nsga2_has_its_values_from_the_first() -> None:
    asker = asker_of(bowl(), TuningSettings(sampler="nsga2", population=20, pruner="none"))
    generations: list[list[Any]] = [[], []]
    for index in range(40):
        suggestion = asker.ask(index)
        generations[index // 20].extend(suggestion.params.values())
        params, space = suggestion.params, suggestion.distributions
        asker.add(TrialRecord(index, "COMPLETE", params, space, (float(index),)))
    first, second = generations
    assert len(set(first)) == 100
    inherited = sum(value in first for value in second)
    assert 60 <= inherited < 100  # one in five is drawn anew by mutation


def test_a_sampler_that_is_made_anew_for_each_trial_draws_it() -> None:
    class Renewed(Sampler):
        """As `gp` does, which needs torch."""

        name = "renewed"

        def reseed(self, sequence: np.random.SeedSequence) -> None:
            seed = int(sequence.generate_state(1)[0])
            self.optuna = optuna.samplers.RandomSampler(seed=seed)

    asker = asker_of(bowl(), TuningSettings(seed=3))
    asker.sampler = Renewed(window=4)
    for index in range(4):
        word = int(np.random.SeedSequence(3, spawn_key=(index,)).generate_state(1)[0])
        trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=word)).ask()
        suggest_floats(trial)
        assert asker.ask(index).params == trial.params


@pytest.mark.parametrize("sampler", ["cmaes", "qmc"])
def test_a_point_that_is_given_whole_needs_no_storage(
    sampler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TuningSettings(sampler=sampler, population=4)
    expected = ask_in_turn(bowl(), settings, 9)

    def slow(study: optuna.Study) -> None:
        raise AssertionError("a trial was asked of a study")

    asker = asker_of(bowl(), settings)
    monkeypatch.setattr(optuna.Study, "ask", slow)
    for record in expected:
        suggestion = asker.ask(record.number)
        assert suggestion.params == record.params
        assert dict(suggestion.distributions) == dict(record.distributions)
        asker.add(record)


def test_a_trial_is_not_asked_too_early_nor_twice_back() -> None:
    asker = asker_of(bowl(), TuningSettings(window=2))
    assert [asker.ready(index) for index in range(4)] == [True, True, False, False]
    with pytest.raises(ValueError, match=r"trial 2 cannot be asked: 0 told, 1 needed"):
        asker.ask(2)
    for record in ask_in_turn(bowl(), TuningSettings(window=2), 4):
        asker.add(record)
    assert [asker.ready(index) for index in range(4, 7)] == [True, True, False]
    asker.ask(4)
    with pytest.raises(ValueError, match="trial 2 cannot be asked: 3 told, 1 needed"):
        asker.ask(2)


def test_minus_zero_is_never_suggested() -> None:
    def suggest(trial: Any) -> None:
        trial.suggest_float("x", -0.0, -0.0)
        trial.suggest_categorical("c", [-0.0])

    for sampler in ("tpe", "random"):
        settings = TuningSettings(sampler=sampler)
        params = asker_of(bowl(suggest), settings).ask(0).params
        assert {name: repr(value) for name, value in params.items()} == {"x": "0.0", "c": "0.0"}


def test_the_first_difference_of_a_space_is_named() -> None:
    calls = []

    def suggest(trial: Any) -> None:
        calls.append(1)
        trial.suggest_float("a", -1.0, 1.0)
        trial.suggest_float("b", -1.0, 1.0 if len(calls) < 2 else 2.0)

    asker = asker_of(bowl(suggest), TuningSettings(sampler="qmc"))
    with pytest.raises(ExoError, match="the objective file's 'b' differs between trials") as caught:
        asker.ask(0)
    assert "--sampler qmc needs the same parameters" in caught.value.message
    assert caught.value.hint == "Use --sampler tpe."


@pytest.mark.parametrize(
    ("second", "named"),
    [(["a"], "b"), (["a", "c"], "c"), (["a", "b", "c"], "c"), (["c", "a"], "c")],
    ids=["missing", "renamed", "added", "renamed and first"],
)
def test_a_parameter_that_is_missing_or_new_is_named(second: list[str], named: str) -> None:
    """What the candidate has and the space has not comes first, then what it lacks."""
    candidates = [["a", "b"], second, second]  # tried, with the sampler's point, asked without

    def suggest(trial: Any) -> None:
        for name in candidates.pop(0):
            trial.suggest_float(name, -1.0, 1.0)

    asker = asker_of(bowl(suggest), TuningSettings(sampler="qmc"))
    with pytest.raises(ExoError, match=f"the objective file's '{named}' differs between trials"):
        asker.ask(0)


def test_a_candidate_drawn_once_depends_on_the_seed_alone() -> None:
    params, space = draw_once(suggest_mixed, 7)
    assert draw_once(suggest_mixed, 7) == (params, space)
    assert draw_once(suggest_mixed, 7 + 2**32) == (params, space)
    assert draw_once(suggest_mixed, 8)[0] != params
    assert list(space) == ["x", "n", "scale", "fixed"]


@pytest.mark.parametrize(
    ("seed", "word"), [(7, 7), (2**32 - 1, 2**32 - 1), (2**32, 0), (2**32 + 100, 100)]
)
def test_a_candidate_drawn_once_is_the_one_of_a_random_sampler(seed: int, word: int) -> None:
    """Whose seed has 32 bits."""
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=word)).ask()
    suggest_mixed(trial)
    assert draw_once(suggest_mixed, seed)[0] == trial.params


def test_a_part_of_a_point_may_be_given() -> None:
    start = {"x0": 0.125, "x3": -0.5}
    for sampler in ("tpe", "cmaes", "qmc"):
        settings = TuningSettings(sampler=sampler, population=4)
        asker = Asker(bowl(), settings, try_once(bowl(), settings.seed), [start])
        free = asker_of(bowl(), settings)
        given, drawn = asker.ask(0).params, free.ask(0).params
        assert {name: given[name] for name in start} == start
        if sampler != "tpe":
            assert {n: given[n] for n in ("x1", "x2", "x4")} == {
                n: drawn[n] for n in ("x1", "x2", "x4")
            }
        assert asker.ask(1).params == free.ask(1).params or sampler == "tpe"


def test_a_told_trial_leaves_few_bytes() -> None:
    """In the asking process of a long study: its record, and what the sampler keeps of it."""
    from benchmarks.asking import asker_with

    asker_with(30)  # what is made once for all
    tracemalloc.start()
    try:
        kept = [asker_with(60)]
        small = tracemalloc.get_traced_memory()[0]
        kept.append(asker_with(360))
        large = tracemalloc.get_traced_memory()[0] - small
    finally:
        tracemalloc.stop()
    assert len(kept) == 2
    assert 0.0 < (large - small) / 300 < 12_000
