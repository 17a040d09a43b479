"""The ledger of looks: which looks are at the same holdout."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.data.panel import FloatArray
from mech_exo.data.return_sketch import ReturnSketch
from mech_exo.errors import ExoError
from mech_exo.tuning.looks import Look, distinct, first_looks, rank, record_look
from mech_exo.tuning.seen_periods import SeenPeriods
from mech_exo.tuning.study_file import create_file

FIRST = Look("a", "demo", "2020-01-01", "2020-12-31", "optuna-run: trial 4 of s")
PERIODS = SeenPeriods.of(
    np.array(["2020-01-01", "2020-02-03"], dtype="datetime64[D]"),
    np.array(["2020-02-02", "2020-03-01"], dtype="datetime64[D]"),
    np.array([0.25, np.nan]),
    np.array([0.5, -0.125]),
)
DATES = np.arange(np.datetime64("2019-07-01"), np.datetime64("2021-07-01"))
NAMES = tuple(f"S{i:02d}" for i in range(20))


def market(seed: int) -> FloatArray:
    returns: FloatArray = np.random.default_rng(seed).normal(0.0, 0.01, (len(DATES), len(NAMES)))
    return returns


def sketch(
    seed: int = 0,
    *,
    dates: slice = slice(None),
    names: tuple[str, ...] = NAMES,
    noise: float = 0.0,
    missing: float = 0.0,
) -> ReturnSketch:
    """Of a market, or of a part of it, with revised prices or holes."""
    columns = [NAMES.index(name) for name in names if name in NAMES]
    returns = market(seed)[dates][:, columns]
    generator = np.random.default_rng(9)
    returns = returns + noise * generator.standard_normal(returns.shape)
    returns[generator.random(returns.shape) < missing] = np.nan
    added = len(names) - len(columns)
    more = generator.normal(0.0, 0.01, (len(returns), added))
    return ReturnSketch.of(DATES[dates], names, np.hstack([returns, more]))


def entered(path: Path, returns: ReturnSketch, **changes: Any) -> int:
    return distinct(record_look(path, replace(FIRST, **changes), returns))


def test_a_look_is_a_new_portfolio_on_shared_dates_of_the_same_returns(tmp_path: Path) -> None:
    path, own = tmp_path / "new" / "study.db", sketch()
    assert entered(path, own) == 1
    assert entered(path, own) == 1
    assert entered(path, own, content="b") == 2
    assert entered(path, own, content="c", first_date="2020-12-31", last_date="2021-06-30") == 3
    assert (
        entered(path, own, content="d", first_date="2021-01-01", last_date="2021-06-30") == 2
    )  # c, d
    assert entered(path, sketch(1), content="e") == 1
    assert entered(path, own) == 3  # a, b, c


@pytest.mark.parametrize(
    "source",
    [
        "files: 20 stocks, from renamed.csv",
        "files: 20 stocks, from prices.csv, another_table.csv",
        "sp500: moved to a loader",
    ],
)
def test_the_names_of_files_do_not_count(tmp_path: Path, source: str) -> None:
    path = tmp_path / "study.db"
    assert entered(path, sketch(), source="files: 20 stocks, from prices.csv") == 1
    assert entered(path, sketch(), content="b", source=source) == 2
    assert entered(path, sketch(), content="a", source=source) == 2


def test_another_market_with_the_same_file_names_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    words = "files: 20 stocks, from prices.csv"
    assert entered(path, sketch(0), source=words) == 1
    assert entered(path, sketch(1), content="b", source=words) == 1  # the same names and dates
    others = tuple(f"T{i:02d}" for i in range(20))
    assert entered(path, sketch(0, names=others), content="c", source=words) == 1
    assert entered(path, sketch(0), content="d", source=words) == 2


@pytest.mark.parametrize(
    "grown",
    [
        sketch(dates=slice(100, None)),
        sketch(names=(*NAMES, "NEW1", "NEW2", "NEW3")),
        sketch(names=NAMES[:10]),
        sketch(noise=1e-4),
        sketch(missing=0.1),
    ],
    ids=["cut off", "three names more", "half of the names", "revised", "with holes"],
)
def test_data_that_change_a_little_stay_the_same_data(tmp_path: Path, grown: ReturnSketch) -> None:
    path = tmp_path / "study.db"
    assert entered(path, sketch()) == 1
    assert entered(path, grown, content="b") == 2
    assert entered(path, grown) == 2
    assert entered(path, sketch(), content="c") == 3


def test_a_few_shared_names_do_not_make_another_market_the_same(tmp_path: Path) -> None:
    names = tuple(f"X{i:03d}" for i in range(200))
    path = tmp_path / "study.db"
    assert entered(path, sketch(names=(*NAMES, *names))) == 1
    assert entered(path, sketch(), content="b") == 1  # 20 of 220


def test_the_first_look_stays_as_it_was_entered(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    first = record_look(path, FIRST, sketch())[0]
    again = record_look(path, replace(FIRST, origin="validate"), sketch())
    assert again == (first,)
    assert first.origin == "optuna-run: trial 4 of s"
    assert first.looked


def test_a_look_that_is_there_needs_no_writing(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    record_look(path, FIRST, sketch())
    before = path.read_bytes()
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # a run at work
        assert entered(path, sketch()) == 1
    assert path.read_bytes() == before


def test_rank_is_how_many_had_been_seen_then(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    for content in ("a", "b", "a", "c"):
        looks = record_look(path, replace(FIRST, content=content), sketch())
    assert [rank(looks, content) for content in "abc"] == [1, 2, 3]
    assert distinct(looks) == 3


OLD = (
    "CREATE TABLE exo_looks (look INTEGER PRIMARY KEY, content TEXT NOT NULL, source TEXT NOT "
    "NULL, first_date TEXT NOT NULL, last_date TEXT NOT NULL, looked TEXT NOT NULL, "
    "origin TEXT NOT NULL)"
)
WORDS = "files: {} stocks, 2019-07-01 to {}, from prices.csv"


def old_ledger(path: Path, *contents: str, last: str = "2020-12-31") -> None:
    """As the version before kept it."""
    create_file(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(OLD)
        connection.executemany(
            "INSERT INTO exo_looks (content, source, first_date, last_date, looked, origin) "
            "VALUES (?, ?, '2020-01-01', ?, '2021-01-01T00:00:00+00:00', 'optuna-run')",
            [(content, WORDS.format(20, last), last) for content in contents],
        )


def test_an_old_ledger_is_read_on_by_its_words(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    old_ledger(path, "x", "y")
    words = WORDS.format(21, "2021-01-29")  # grown since
    assert entered(path, sketch(), source=words, last_date="2021-01-29") == 3
    assert entered(path, sketch(), content="x", source=words) == 3


def test_an_old_ledger_is_given_the_returns_and_survives_a_renaming(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    old_ledger(path, "x", "y")
    assert entered(path, sketch(), source=WORDS.format(20, "2020-12-31")) == 3
    assert entered(path, sketch(), source="files: 20 stocks, from other.csv") == 3
    assert entered(path, sketch(3), content="b", source=WORDS.format(20, "2020-12-31")) == 1


def test_old_looks_whose_dates_are_not_at_hand_stay_known_by_their_words(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    old_ledger(path, "x")
    short = sketch(dates=slice(400, None))  # begins after 2020-01-01
    source = WORDS.format(20, "2020-12-31")
    assert entered(path, short, source=source, first_date="2020-10-01") == 2
    assert entered(path, short, content="b", source=source, first_date="2020-10-01") == 3


def test_old_looks_are_unknown_until_they_are_seen_again(tmp_path: Path) -> None:
    path, own = tmp_path / "study.db", sketch()
    old_ledger(path, "x", "y")
    words = WORDS.format(20, "2020-12-31")
    looks = record_look(path, replace(FIRST, source=words, periods=PERIODS), own)
    assert [entry.periods is None for entry in looks] == [True, True, False]
    seen = replace(FIRST, content="x", source=words, periods=PERIODS)
    looks = record_look(path, seen, own)
    assert [entry.content for entry in looks] == ["x", "y", "a", "x"]
    assert distinct(looks) == 3
    assert [entry.looked for entry in first_looks(looks)][:2] == 2 * ["2021-01-01T00:00:00+00:00"]
    before = path.read_bytes()
    assert record_look(path, seen, own) == looks
    assert path.read_bytes() == before


def test_what_a_look_showed_comes_back(tmp_path: Path) -> None:
    record_look(tmp_path / "study.db", replace(FIRST, periods=PERIODS), sketch())
    (found,) = record_look(tmp_path / "study.db", FIRST, sketch())
    assert found.periods is not None
    assert found.periods.to_bytes() == PERIODS.to_bytes()
    assert found.periods.cells["last"].tolist() == [18294, 18322]


def test_a_portfolio_seen_on_more_dates_counts_on_all_of_them(tmp_path: Path) -> None:
    path, own = tmp_path / "study.db", sketch()
    assert entered(path, own) == 1
    assert entered(path, own, last_date="2021-03-31") == 1
    assert entered(path, own, first_date="2020-06-01") == 1  # no other dates
    later = replace(FIRST, content="b", first_date="2021-02-01", last_date="2021-06-30")
    assert distinct(record_look(path, later, own)) == 2


def test_a_damaged_ledger_is_one_error(tmp_path: Path) -> None:
    for change in (
        "UPDATE exo_returns SET sketch = X'0102'",
        "UPDATE exo_looks SET first_date = 'long ago'",
        "UPDATE exo_looks SET periods = X'010203'",
        "UPDATE exo_looks SET periods = 'text of some length'",
        "UPDATE exo_looks SET periods = X'0200000001000000000000000000000000'",
        "UPDATE exo_returns SET sketch = 7",
    ):
        path = tmp_path / f"{len(change)}.db"
        entered(path, sketch(), periods=PERIODS)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(change)
        with pytest.raises(ExoError, match="damaged or edited"):
            entered(path, sketch(), content="b")


def test_flat_prices_are_known_by_their_words(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    nothing = ReturnSketch.of(DATES, NAMES, np.full((len(DATES), len(NAMES)), np.nan))
    assert entered(path, nothing) == 1
    assert entered(path, nothing, content="b") == 2
