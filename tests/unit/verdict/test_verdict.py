"""The whole verdict on small data: the same whatever the jobs, kept, counted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.config.settings import Settings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.verdict.repeated_searches import searches_key, searches_of
from mech_exo.verdict.verdict import (
    VerdictRecord,
    validate,
    verdict_block,
)
from mech_exo.workforce.workforce import Workforce
from tests.unit.verdict.small import small_panel, small_settings, small_subject


def comparable(verdict: VerdictRecord) -> dict[str, Any]:
    plain = verdict.as_dict()
    del plain["seconds"]
    if plain["holdout"]:
        del plain["holdout"]["history"]
    return plain


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[VerdictRecord, Path]:
    study_file = tmp_path_factory.mktemp("verdict") / "study.db"
    return validate(small_subject(), study_file, workforce=Workforce(1)), study_file


def test_strong_skill_passes_and_is_plain_json(judged: tuple[VerdictRecord, Path]) -> None:
    verdict, _ = judged
    plain = json.loads(json.dumps(verdict.as_dict(), allow_nan=False))
    assert plain["overall"] == verdict.overall == "PASS"
    assert verdict.placebo is not None
    assert verdict.placebo.p == 0.25  # of three placebos, the least there is
    assert verdict.walk_forward.test.p < 0.01
    assert len(plain["walk_forward"]["windows"]) == 2
    assert plain["plateau"]["leans_on"] == "f0"
    assert set(plain["seconds"]) == {
        "placebo",
        "window",
        "holdout",
        "plateau and reported",
        "wall",
    }


def test_the_verdict_is_written_into_a_factor_file(
    judged: tuple[VerdictRecord, Path], tmp_path: Path
) -> None:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.factor_file.read import read_factor_file
    from mech_exo.factor_file.write import write_factor_file

    entry = {"weight": 1.0, "direction": "higher_better", "category": "test"}
    plain = FactorFile(metadata={}, factors={"test": {"f0": entry}})  # type: ignore[dict-item]
    file = replace(plain, verdict=verdict_block(judged[0]))
    path = write_factor_file(tmp_path / "f.yml", file)
    again = read_factor_file(path)
    assert again.verdict is not None
    assert again.verdict["overall"] == "PASS"
    assert again.verdict["holdout"]["looks"] == 1
    assert again.content_hash == plain.content_hash


@pytest.mark.slow
def test_the_number_of_jobs_changes_nothing(
    judged: tuple[VerdictRecord, Path], tmp_path: Path
) -> None:
    again = validate(small_subject(), tmp_path / "other.db", workforce=Workforce(3))
    assert comparable(again) == comparable(judged[0])


def test_finished_replicates_are_kept_and_the_look_is_counted_once(
    judged: tuple[VerdictRecord, Path],
) -> None:
    verdict, study_file = judged
    told: list[tuple[str, int, int]] = []
    again = validate(
        small_subject(),
        study_file,
        workforce=Workforce(1),
        progress=lambda *step: told.append(step),
    )
    assert comparable(again) == comparable(verdict)
    assert again.seconds["placebo"] == verdict.seconds["placebo"]  # the kept ones' own
    assert told == [("window", 2, 2), ("placebo", 4, 4)]
    assert again.holdout is not None
    assert again.holdout.looks == 1


def test_another_portfolio_is_another_look(judged: tuple[VerdictRecord, Path]) -> None:
    verdict, study_file = judged
    other = small_subject()
    changed = replace(other, params={**other.params, "weight_f1": 0.2})
    again = validate(changed, study_file, workforce=Workforce(1))
    assert again.holdout is not None
    assert again.holdout.looks == 2
    assert again.holdout.p_alone == again.holdout.test.p
    assert again.holdout.p == pytest.approx(again.holdout.p_alone, rel=0.3)  # nearly the same one
    assert 1.0 <= again.holdout.looks_worth < 1.5
    assert again.placebo == verdict.placebo  # the same search


def test_more_placebos_keep_those_there_are() -> None:
    few = searches_of(small_subject())
    many = searches_of(small_subject(settings=small_settings(placebos=9, level=0.01)))
    other = searches_of(small_subject(settings=small_settings(windows=3)))
    assert searches_key(few) == searches_key(many)
    assert searches_key(few) != searches_key(other)
    assert searches_key(few) != searches_key(searches_of(small_subject(trials=9)))


def test_a_replicate_sees_nothing_of_the_holdout() -> None:
    panel = small_panel(premium=0.6)
    split = panel.split(0.2)
    returns = panel.returns.copy()
    returns[split:] = np.random.default_rng(1).normal(0.0, 0.05, returns[split:].shape)
    one = searches_of(small_subject(panel))()
    two = searches_of(small_subject(replace(panel, returns=returns)))()
    for part, number in (("placebo", 0), ("placebo", 1), ("window", 1)):
        first, second = one.replicate(part, number), two.replicate(part, number)
        del first["seconds"], second["seconds"]
        assert first == second


def test_without_a_holdout_there_is_no_pass(tmp_path: Path) -> None:
    settings = small_settings()
    settings = replace(settings, holdout=replace(settings.holdout, fraction=0.0))
    verdict = validate(small_subject(settings=settings), tmp_path / "x.db", workforce=Workforce(1))
    assert verdict.holdout is None
    assert verdict.overall == "INCONCLUSIVE"
    assert "no holdout" in verdict.decision.reason


def test_noise_does_not_pass(tmp_path: Path) -> None:
    subject = small_subject(small_panel(seed=4), small_settings(placebos=5))
    assert validate(subject, tmp_path / "x.db", workforce=Workforce(1)).overall != "PASS"


def test_an_interruption_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import signal

    keep, signalled = ReplicateStore.keep, list[int]()

    def interrupting(self: ReplicateStore, part: str, number: int, payload: str) -> None:
        keep(self, part, number, payload)
        if not signalled:  # a second signal would end it at once
            signalled.append(number)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(ReplicateStore, "keep", interrupting)
    subject, study_file = small_subject(), tmp_path / "x.db"
    with pytest.raises(ExoError, match="of 6 replicates, which are kept") as caught:
        validate(subject, study_file, workforce=Workforce(1))
    assert caught.value.exit_code == ExitCode.INTERRUPTED
    monkeypatch.undo()
    kept = ReplicateStore(study_file, searches_key(searches_of(subject))).finished()
    assert 1 <= len(kept) < 6
    validate(subject, study_file, workforce=Workforce(1))


def test_warm_starts_that_know_the_data_are_not_repeated() -> None:
    from mech_exo.tuning.study_record import Epoch, StudyRecord

    equal = {"weight_f0": 1.0, "weight_f1": 1.0}
    study = StudyRecord(
        name="s",
        directions=("maximize",),
        epochs=(Epoch(0, "f", {}, 0, np.datetime64("2020-01-01", "us").astype(object)),),
        attributes={"warm_start": {"0": [{"weight_f0": 0.3, "weight_f1": -0.2}, equal]}},
    )
    assert small_subject(study=study).warm_start == (equal,)
    assert small_subject().warm_start == ()


def test_settings_are_unchanged_by_default() -> None:
    assert Settings().verdict.placebos == 99
    assert Settings().verdict.windows == 8


def test_a_quick_verdict_can_say_no_and_not_yes(tmp_path: Path) -> None:
    quick = validate(small_subject().quickly(), tmp_path / "study.db", workforce=Workforce(1))
    assert quick.overall == "INCONCLUSIVE"
    assert quick.placebo is None
    assert quick.decision.p < 0.01
    assert "It looks like skill" in quick.decision.reason
    assert "quick verdict" in quick.decision.reason
    assert len(quick.walk_forward.windows) == 1
    assert json.loads(json.dumps(quick.as_dict(), allow_nan=False))["placebo"] is None
    assert set(quick.seconds) == {"placebo", "window", "holdout", "plateau and reported", "wall"}
    noise = small_subject(small_panel(premium=-0.6)).quickly()
    assert validate(noise, tmp_path / "study.db", workforce=Workforce(1)).overall in (
        "FAIL",
        "INCONCLUSIVE",
    )
