"""Imports: replayed in order, as known on a day, whole or not at all."""

import errno
import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from mech_exo.config.settings import DataSettings
from mech_exo.data.market import Market
from mech_exo.data.store import intake
from mech_exo.data.store.manifest import MANIFEST, read_manifest
from mech_exo.data.store.store_market import store_market
from mech_exo.errors import ExitCode, ExoError
from mech_exo.system import whole_files
from mech_exo.system.locks import exclusive_lock
from tests.unit.data.store.deliveries import bring, closes, prices, reports, standing

Q1, MAY, JUNE = "2024-01-31", "2024-02-12", "2024-03-05"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def market(store: Path, as_of: str | None = None) -> Market:
    return store_market(DataSettings(source="store", store=store, as_of=as_of))[0]


def files(store: Path) -> dict[str, bytes]:
    return {str(p.relative_to(store)): p.read_bytes() for p in store.rglob("*") if p.is_file()}


def test_what_was_known_when(store: Path) -> None:
    """Three imports: a beginning, a new scale with more days, a restatement."""
    first, second = closes(40), closes(50)
    second[:, 1] *= 0.99
    third = second.copy()
    third[10, 0] = 55.5
    bring(store, prices(first), reports({(0, Q1, MAY): 1.0}), on="2024-03-01")
    bring(store, prices(second), reports({(0, Q1, MAY): 1.0, (0, Q1, JUNE): 2.0}), on="2024-04-01")
    refused = bring(store, prices(third), reports({(0, Q1, MAY): 1.5}), on="2024-05-01")
    assert refused.refused
    assert len(read_manifest(store).imports) == 2
    bring(store, prices(third), reports({(0, Q1, MAY): 1.5}), on="2024-05-01", accept=True)

    for day, close, values in (
        ("2024-03-01", first, [1.0]),
        ("2024-03-31", first, [1.0]),
        ("2024-04-01", second, [1.0, 2.0]),
        ("2024-04-30", second, [1.0, 2.0]),
        ("2024-05-01", third, [1.5, 2.0]),
        (None, third, [1.5, 2.0]),
    ):
        then = market(store, day)
        np.testing.assert_array_equal(then.close, close)
        assert then.vintages["eps"].value.tolist() == values
    with pytest.raises(ExoError, match="knew nothing on 2024-02-29"):
        market(store, "2024-02-29")


def test_one_import_or_ten_give_the_same_bits(tmp_path: Path) -> None:
    values = {
        (n, Q1, str(np.datetime64(MAY) + 7 * k)): n + 10.0 * k for n in (2, 0) for k in (1, 0)
    }
    scores = np.random.default_rng(1).normal(size=(4, 3))
    days = ["2024-01-10", "2024-01-20", "2024-02-10", "2024-03-10"]
    bring(tmp_path / "one", prices(closes()), reports(values), standing(days, scores))
    for n in range(1, 11):
        some = dict(list(values.items())[: 1 + n // 3])
        rows = standing(days[: 1 + n // 3], scores[: 1 + n // 3])
        bring(tmp_path / "ten", prices(closes(6 * n)), reports(some), rows)
    one, ten = market(tmp_path / "one"), market(tmp_path / "ten")
    assert one.close.tobytes() == ten.close.tobytes()
    assert one.daily["score"].tobytes() == ten.daily["score"].tobytes()
    for key in ("symbol", "period_end", "available", "value"):
        left, right = (getattr(m.vintages["eps"], key) for m in (one, ten))
        assert left.tobytes() == right.tobytes()
    assert one.categories == ten.categories == {"eps": "fundamental", "score": "custom"}


def test_a_value_stands_until_the_next_row_and_no_longer_than_allowed(store: Path) -> None:
    rows = standing(["2024-01-10", "2024-02-10"], np.array([[1.0, 2.0], [np.nan, 3.0]]))
    bring(store, prices(closes()), rows)
    found = market(store)
    at = np.searchsorted(found.dates, np.array(["2024-01-09", "2024-02-09"], "datetime64[D]"))
    np.testing.assert_array_equal(found.daily["score"][at], [[np.nan] * 4, [1, 2, np.nan, np.nan]])
    assert found.daily["score"][-1, :2].tolist()[1] == 3.0
    assert np.isnan(found.daily["score"][-1, 0])
    short = store_market(DataSettings(source="store", store=store, max_age_days=10))[0]
    assert np.isnan(short.daily["score"][at[1]]).all()


def test_nothing_new_writes_nothing(store: Path) -> None:
    facts = reports({(0, Q1, MAY): 1.0, (1, Q1, MAY): np.nan})
    bring(store, prices(closes()), facts)
    before = files(store)
    report = bring(store, prices(closes()), facts)
    assert (report.record, report.refused) == (None, False)
    assert files(store) == before


def test_a_dry_run_writes_nothing_and_says_what_would_be(store: Path) -> None:
    report = bring(store, prices(closes()), dry_run=True)
    assert report.record is not None
    assert report.record.counts == {"new_prices": 240, "new_names": 4}
    assert not store.exists()


def test_a_restatement_is_refused_and_nothing_is_written(store: Path) -> None:
    bring(store, prices(closes()), reports({(0, Q1, MAY): 1.0}))
    before = files(store)
    report = bring(store, prices(closes()), reports({(0, Q1, MAY): 1.25, (3, Q1, MAY): 9.0}))
    assert report.refused
    assert files(store) == before
    ((one,),) = (change.restated for change in report.facts)
    assert (one.symbol, one.day, one.field, one.old, one.new) == ("A", MAY, "eps", 1.0, 1.25)


def test_a_value_that_becomes_missing_is_a_restatement(store: Path) -> None:
    bring(store, prices(closes()), reports({(0, Q1, MAY): 1.0}))
    assert bring(store, prices(closes()), reports({(0, Q1, MAY): np.nan})).refused


def test_rows_of_facts_that_vanish_are_kept_and_counted(store: Path) -> None:
    rows = {(0, Q1, MAY): 1.0, (1, Q1, MAY): 2.0, (0, Q1, JUNE): 3.0}
    bring(store, prices(closes(50)), reports(rows))
    left = {key: value for key, value in rows.items() if key[0] == 0}
    report = bring(store, prices(closes()), reports(left))
    assert [change.vanished for change in report.facts] == [1]
    assert len(market(store).vintages["eps"].value) == 3


def test_a_field_keeps_its_kind(store: Path) -> None:
    bring(store, prices(closes()), reports({(0, Q1, MAY): 1.0}, "score"))
    with pytest.raises(ExoError, match="score comes from a wide table"):
        bring(store, prices(closes()), standing([MAY], np.ones((1, 2))))


def test_an_import_of_an_earlier_day_or_the_future_is_refused(store: Path) -> None:
    bring(store, prices(closes(50)), on="2024-04-01")
    with pytest.raises(ExoError, match="import 1 is of 2024-04-01"):
        bring(store, prices(closes()), on="2024-03-31")
    with pytest.raises(ExoError, match="in the future"):
        bring(store, prices(closes()), on="2199-01-01")


def test_a_store_that_is_being_written_refuses_by_name(store: Path) -> None:
    store.mkdir()
    with (
        exclusive_lock(store / intake.LOCK, "The store is being written", ""),
        pytest.raises(ExoError, match=f"by process {os.getpid()}") as caught,
    ):
        bring(store, prices(closes()))
    assert caught.value.exit_code == ExitCode.LOCKED


def _killed_before_the_manifest(store: Path) -> None:
    def stand_still(*_: object) -> None:
        (store / "reached").touch()
        time.sleep(60)

    setattr(intake, "write_manifest", stand_still)  # noqa: B010 - in a process of its own
    bring(store, prices(closes()), reports({(0, Q1, MAY): 1.0}))


@pytest.mark.parametrize("imported", [0, 1])
def test_a_killed_import_leaves_the_store_as_it_was(store: Path, imported: int) -> None:
    for _ in range(imported):
        bring(store, prices(closes(50)))
    before = files(store) if imported else {}
    process = multiprocessing.get_context("fork").Process(
        target=_killed_before_the_manifest, args=(store,)
    )
    process.start()
    for _ in range(1000):
        if (store / "reached").exists():
            break
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    (store / "reached").unlink()
    (store / "prices/.0002.parquet.abc.tmp").write_bytes(b"half")
    assert len(read_manifest(store).imports) == imported
    if imported:
        np.testing.assert_array_equal(market(store).close, closes(50))
    # the next import clears what is left, with fewer parts than the killed one had
    bring(store, prices(closes()))
    assert files(store).keys() - before.keys() - {MANIFEST} == {f"prices/000{imported + 1}.parquet"}
    np.testing.assert_array_equal(market(store).close, closes())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_full_disk_leaves_the_store_as_it_was(
    store: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    bring(store, prices(closes(50)))
    before = files(store)
    real = whole_files._write_new

    def fail(path: Path, data: bytes) -> None:
        if ".manifest" in path.name:
            raise OSError(number, os.strerror(number))
        real(path, data)

    monkeypatch.setattr(whole_files, "_write_new", fail)
    with pytest.raises(ExoError, match=r"manifest\.json: cannot be written"):
        bring(store, prices(closes()))
    monkeypatch.undo()
    np.testing.assert_array_equal(market(store).close, closes(50))
    assert {name: files(store)[name] for name in before} == before
    bring(store, prices(closes()))
    np.testing.assert_array_equal(market(store).close, closes())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda part: part.write_bytes(part.read_bytes()[:-1] + b"x"), "its hash"),
        (lambda part: part.write_bytes(b""), "its hash"),
        (lambda part: part.unlink(), "cannot be read"),
    ],
)
def test_a_damaged_part_is_refused_by_name(store: Path, damage: "object", words: str) -> None:
    bring(store, prices(closes(50)))
    bring(store, prices(closes()))
    damage(store / "prices/0001.parquet")  # type: ignore[operator]
    for attempt in (lambda: market(store), lambda: bring(store, prices(closes()))):
        with pytest.raises(ExoError, match=rf"prices/0001\.parquet.*{words}") as caught:
            attempt()
        assert "Restore a copy" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 1, "imports": [{}]}', "is damaged"),
        ('{"format": 1, "imports": 3}', "is damaged"),
        ('{"format": 99}', "format 99"),
    ],
)
def test_a_damaged_manifest_is_refused_by_name(store: Path, text: str, words: str) -> None:
    bring(store, prices(closes()))
    (store / MANIFEST).write_text(text)
    with pytest.raises(ExoError, match=words):
        market(store)


def test_a_lost_manifest_is_no_new_store(store: Path) -> None:
    bring(store, prices(closes(50)))
    bring(store, prices(closes()))
    (store / MANIFEST).unlink()
    with pytest.raises(ExoError, match="is not there, but the parts are"):
        bring(store, prices(closes()))


def test_without_pyarrow_the_extra_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ExoError, match="needs pyarrow") as caught:
        bring(store, prices(closes()))
    assert "mech-exo[parquet]" in caught.value.hint
