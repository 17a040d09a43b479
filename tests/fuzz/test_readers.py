"""Whatever is in a file: an ExoError, or what it says. No other exception, and no waiting."""

import gzip
import io
import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mech_exo.config.load import load_settings
from mech_exo.config.settings import DataSettings, FactorTable, StorageSettings
from mech_exo.data.factor_tables import read_factor_table
from mech_exo.data.market import Market
from mech_exo.data.price_files import read_prices
from mech_exo.data.sectors import read_sectors
from mech_exo.data.tables.file_formats import read_table
from mech_exo.data.universe_files import UNIVERSE_FILES
from mech_exo.errors import ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.objective.objective_file import find_objective
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.paper import ledger as book
from mech_exo.paper.ledger_file import read_ledger
from mech_exo.portfolio.positions_file import read_positions
from mech_exo.promote.history import VersionHistory
from mech_exo.report.study_tables import studies_json, study_json, study_lines
from mech_exo.report.trial_listing import trial_listing
from mech_exo.report.trial_tables import trial_json, trial_lines
from mech_exo.risk.limits import read_limits
from mech_exo.system.locks import _holder, exclusive_lock
from mech_exo.system.strict_yaml import read_yaml
from mech_exo.tuning.kept_verdicts import KeptVerdict, keep_verdict
from mech_exo.tuning.records import current_epoch, list_studies, read_study
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.tuning.replicates import _Work
from mech_exo.tuning.study_store import StudyStore
from mech_exo.tuning.trial_table import columns_of, trial_rows, trial_table
from mech_exo.verdict.benchmark_series import read_benchmark
from mech_exo.verdict.payloads import PLACEBO, WINDOW, check_payload, unpack
from mech_exo.verdict.placebo import compare
from mech_exo.workflow.remembered_verdicts import standing_of_best
from mech_exo.workflow.trial_detail import trial_detail
from tests.cli.conftest import REPOSITORY
from tests.fuzz.mutations import CELLS, TOKENS, spoilt
from tests.unit.data.small_markets import random_market
from tests.unit.tuning.stored_studies import complete, failed, new_store, pruned

fuzz = settings(settings.get_profile("fuzz"))
Reader = Callable[[Path], object]

PRICES = b"date,S00,S01\n" + b"".join(
    f"2020-01-{d:02d},{100 + d / 7:.4f},{50 - d / 9:.4f}\n".encode() for d in range(1, 29)
)
LONG = b"date,symbol,close\n" + b"".join(
    f"2020-01-{d:02d},{s},{100 + d / 7:.4f}\n".encode() for d in range(1, 29) for s in ("A", "B")
)
FACTS = (
    b"symbol,period_end,available_date,pe_ratio,note\nS00,2019-12-31,2020-02-01,12.5,\n"
    b"S01,2019-12-31,2020-02-11 17:30:00,11.25,late\nS02,2020-03-31,2020-05-01,NA,\n"
)
WIDE = b"date,S00,S01\n2020-01-02,0.5,-0.25\n2020-02-03,,0.125\n"
POSITIONS = b"symbol,shares\nS00,10\nS01,2.5\nCASH,1000\n"
SECTORS = b"symbol,sector\nS00,Energy\nS01,Utilities\n"
DATED = b"symbol,sector,from,to\nS00,Energy,2020-01-02,\nS00,Mining,2020-03-02,2020-05-01\n"
MEMBERS = b"symbol,from,to\nS00,2019-01-01,\nS01,2020-02-03,2020-05-01\nS01,2020-06-01,\n"
VOLUME = b"date,symbol,volume,close\n2020-01-02,S00,1200,5\n2020-01-03,S01,,4.5\n"
VOLUMES = b"date,S00,S01\n2020-01-02,1200,NA\n2020-01-03,,4.5\n"
SIZES = b"symbol,available_date,market_cap\nS00,2020-01-02,1e9\nS01,2020-02-02,2.5e8\n"
BENCHMARK = b"date,return\n2020-01-02,0.01\n2020-01-03,-0.02\n"
SETTINGS = (REPOSITORY / "config/settings.yml").read_bytes()
FILES = b"data:\n  source: files\n  prices: p.csv\n  factors: [{file: f.csv, columns: {a: b}}]\n"
LIMITS = (REPOSITORY / "config/risk_limits.yml").read_bytes()
OBJECTIVE = (REPOSITORY / "research/obj_utils.py").read_bytes()
FACTORS = b"""\
metadata: {created_at: "2025-06-09T10:15:30", best_sharpe_ratio: 1.25, total_trials: 50}
factors:
  fundamental:
    pe_ratio: {weight: 0.5, direction: "higher_better", category: "fundamental"}
  technical:
    rsi_14: {weight: -1.0e-05, parameters: {window: 14}}
hyperparameters: {cash_pct: 0.25, stop_loss_pct: 0.1, position_size_pct: 0.1}
provenance: {data_end: "2020-01-31", seed: 42}
"""
ENTRY = (
    b'{"version": 1, "action": "promote", "at": "2025-06-09T10:15:30+02:00", "who": "a@b", '
    b'"reason": "", "source": "x.yml", "sha256": "00", "overridden": ["verdict"]}'
)
LOCK = b'{"pid": 1, "started": "2025-06-09", "host": "h", "command": "exo optuna-run"}'
MARKET: Market = random_market(1)
SESSIONS = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[D]")


def facts(path: Path) -> object:
    long = path.is_file() and b"symbol" in path.read_bytes()  # a long table names its factors
    table = FactorTable(file=path, factor=None if long else "own")
    return read_factor_table(table, MARKET, ignore_unknown=True, max_age_days=None)


def attached(name: str) -> Reader:
    """Reads a file of the universe into the market."""
    data = DataSettings(unknown_symbols="ignore")
    return lambda path: UNIVERSE_FILES[name](MARKET, read_table(path), data)


def objective(path: Path) -> object:
    found = find_objective(path, path.parent, {})
    return ObjectiveSpec.compile(found.source, found.label)


def entries(path: Path) -> object:
    folder = path.parent / "config/history"
    folder.mkdir(parents=True, exist_ok=True)
    path.replace(folder / "0001.json")
    return VersionHistory(path.parent).entries()


READERS: dict[str, tuple[str, Reader, list[bytes]]] = {
    "settings": ("s.yml", lambda p: load_settings(p, environment={}), [SETTINGS, FILES]),
    "factor file": ("f.yml", lambda p: read_factor_file(p).content_hash, [FACTORS]),
    "limits": ("l.yml", read_limits, [LIMITS]),
    "prices": ("p.csv", read_prices, [PRICES, LONG]),
    "factor table": ("f.csv", facts, [FACTS, WIDE]),
    "positions": ("p.csv", lambda p: read_positions(p, MARKET.symbols), [POSITIONS]),
    "sectors": ("s.csv", lambda p: read_sectors(p, MARKET.symbols), [SECTORS, DATED]),
    "membership": ("m.csv", attached("membership"), [MEMBERS]),
    "volume": ("v.csv", attached("volume"), [VOLUME, VOLUMES]),
    "market cap": ("c.csv", attached("market_cap"), [SIZES, VOLUMES]),
    "benchmark": ("b.csv", lambda p: read_benchmark(p, SESSIONS), [BENCHMARK]),
    "objective": ("o.py", objective, [OBJECTIVE]),
    "history": ("h.json", entries, [ENTRY]),
    "lock": ("a.lock", _holder, [LOCK, b"{}"]),
}


def parquet(content: bytes) -> bytes:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.csv.read_csv(io.BytesIO(content)), sink)
    return sink.getvalue()


READERS |= {
    "prices.gz": ("p.csv.gz", read_prices, [gzip.compress(PRICES), gzip.compress(LONG)]),
    "prices.parquet": ("p.parquet", read_prices, [parquet(PRICES), parquet(LONG)]),
    "membership.parquet": ("m.parquet", attached("membership"), [parquet(MEMBERS)]),
    "facts.parquet": ("f.parquet", facts, [parquet(FACTS), parquet(WIDE)]),
}


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.parametrize("kind", READERS)
@fuzz
@given(data=st.data())
def test_a_spoilt_file_is_an_error_or_is_read(kind: str, data: st.DataObject) -> None:
    name, read, originals = READERS[kind]
    content = data.draw(spoilt(originals))
    with folder() as place:
        (place / name).write_bytes(content)
        with suppress(ExoError):
            read(place / name)


@pytest.mark.parametrize("kind", READERS)
def test_the_files_themselves_are_read(kind: str, tmp_path: Path) -> None:
    name, read, originals = READERS[kind]
    for content in originals:
        (tmp_path / name).write_bytes(content)
        read(tmp_path / name)


SPECIAL: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda p: p.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "socket": lambda p: socket.socket(socket.AF_UNIX).bind(str(p)),
    "dangling link": lambda p: p.symlink_to("nowhere"),
    "link to itself": lambda p: p.symlink_to(p.name),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("special", SPECIAL)
@pytest.mark.parametrize("kind", [*READERS, "study file", "ledger"])
def test_what_is_no_file_is_said_at_once(
    kind: str, special: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    known = {key: (name, read) for key, (name, read, _) in READERS.items()}
    name, read = (known | {key: ("x.db", reader) for key, reader in _databases.items()})[kind]
    SPECIAL[special](Path(name))
    done = threading.Event()
    said: list[BaseException] = []

    def attempt() -> None:
        try:
            read(Path(name))
        except BaseException as error:  # noqa: BLE001 - looked at below
            said.append(error)
        done.set()

    threading.Thread(target=attempt, daemon=True).start()
    assert done.wait(60), f"{kind} waits for a {special}"
    if kind == "lock":  # says "another process"
        assert said == []
    else:
        assert [type(error) for error in said] == [ExoError]
        assert name in str(said[0]) or "0001.json" in str(said[0])


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", "x" * 300, "~nobody/x", ""])
@pytest.mark.parametrize("kind", ["settings", "factor file", "prices", "objective", "lock"])
def test_a_name_that_can_be_none_is_said(kind: str, name: str, tmp_path: Path) -> None:
    suffix = Path(READERS[kind][0]).suffix
    with suppress(ExoError):
        READERS[kind][1](Path(tmp_path / f"{name}{suffix}"))


@pytest.mark.parametrize("path", ['"a\\0b.csv"', '"\\ud800.csv"', "~nobody/x.csv"])
def test_a_path_of_the_settings_that_can_be_none(path: str, tmp_path: Path) -> None:
    file = tmp_path / "s.yml"
    file.write_text(f"data: {{source: files, prices: {path}}}\n")
    with pytest.raises(ExoError):
        read_prices(load_settings(file, environment={}).data.prices or Path())


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    for kind in ("settings", "factor file", "limits", "objective", "history"):
        name, read, [content, *_] = READERS[kind]
        (tmp_path / name).write_bytes(content + b"\n#" + b"x" * 5_000_000)
        with pytest.raises(ExoError, match="larger than 5 MB"):
            read(tmp_path / name)


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz", "b.csv"])
def test_more_than_the_memory_holds_is_said(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mech_exo.system.user_file.room", lambda: 1_000_000)
    for module in ("csv_lines", "file_formats"):
        monkeypatch.setattr(f"mech_exo.data.tables.{module}.room", lambda: 1_000_000)
    bomb = b"date,A,B\n" + b"2020-01-01,1,1\n" * 100_000
    (tmp_path / name).write_bytes(gzip.compress(bomb) if name.endswith(".gz") else bomb)
    read = READERS["benchmark" if name == "b.csv" else "prices"][1]
    with pytest.raises(ExoError, match="is larger than 1 MB"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tuning: {seed: " + "9" * 400 + "}", "line 1: the whole number 99999999999999999999…"),
        ("tuning: {seed: 9223372036854775808}", "too large"),
        ("backtest: {commission_bps: -" + "1" * 60 + "}", "too large"),
        ("data: &a {demo: *a}", "line 1: the value contains itself"),
        ("data: !!timestamp x", "the tag 'tag:yaml.org,2002:timestamp' has no meaning"),
        ("data: !!bool x", "not valid YAML"),
        (TOKENS[-1].decode(), "its aliases make more than 100,000 values"),
        ("[" * 20_000, "nested too deeply"),
    ],
)
def test_what_no_settings_file_can_mean(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "s.yml"
    path.write_text(text)
    with pytest.raises(ExoError, match=said):
        load_settings(path, environment={})


def test_aliases_and_the_largest_whole_number_are_read(tmp_path: Path) -> None:
    path = tmp_path / "s.yml"
    path.write_text(f"a: &a [1, 2]\nb: *a\nc: {{<<: &m {{x: 1}}, y: {2**63 - 1}}}\n")
    document = read_yaml(path).value
    assert document == {"a": [1, 2], "b": [1, 2], "c": {"x": 1, "y": 2**63 - 1}}


# Databases: bytes of their pages, and cells of their tables.


def all_of(path: Path) -> None:
    """What `exo study list`, `show` and `trials` read, and what a run begins with."""
    studies_json(list_studies(path))
    study = read_study(path, "s")
    known = standing_of_best(study, path)
    list(study_lines(study, known))
    study_json(study, known)
    current_epoch(path, "s")
    trial_table(study, "csv")
    trial_table(study, "json")
    rows = trial_rows(study)
    trial_listing(rows, columns_of(rows), total=len(rows), width=80)
    for trial in study.trials:
        detail = trial_detail(study, path, trial.number)
        list(trial_lines(detail))
        trial_json(detail)
    with StudyStore.open(path, StorageSettings(busy_timeout_s=0.1), create=False) as store:
        again = store.select("s")
        store.append([complete(len(again.trials), 1.0)])


def account_of(path: Path) -> None:
    """What `exo paper` reads before it books."""

    def query(connection: Any) -> None:
        if book.opening(connection, path) is not None:
            day = book.last_session(connection)
            book.read_account(connection, day)
            book.due_decision(connection, 1)

    read_ledger(path, query)


_databases: dict[str, Reader] = {"study file": all_of, "ledger": account_of}


def study_bytes() -> bytes:
    with folder() as place:
        path, settings = place / "s.db", StorageSettings(journal_mode="delete")
        with new_store(path, settings=settings) as store:
            store.append([complete(0, 1.5), failed(1), pruned(2, 0.25), complete(3, 2.5)])
        block = {"overall": "FAIL", "seconds": {"wall": 1.0}}
        keep_verdict(path, KeptVerdict("00", "11", "22", 4, {}, block, "s", 0, 3))
        return path.read_bytes()


def ledger_bytes() -> bytes:
    from mech_exo.paper.ledger_file import Ledger
    from mech_exo.paper.paper_account import Holding, PaperAccount, PaperDecision
    from mech_exo.portfolio.decision_terms import DecisionTerms

    with folder() as place:
        ledger = Ledger(place / "l.db", StorageSettings(journal_mode="delete"))
        with ledger.transaction() as connection:
            book.create(connection, book.Opening("2020-01-02", 1000.0, True, {"lag": 1}))
            held = PaperAccount(500.0, {"A": Holding(5.0, 100.0, 1.0, False)}, 0.1)
            terms = DecisionTerms(0.01, 2.0, {"A": 1e-6}, {"A": 1e5})
            decision = PaperDecision("2020-01-03", "2020-01-03", {"A": 0.5}, 0.1, "00", terms)
            book.book_session(connection, "2020-01-03", held, [], [], 0.5)
            book.book_decision(connection, decision, "f.yml")
            orders = [book.PaperOrder("A", "rebalance", 5.0, 0.5)]
            book.book_orders(connection, "2020-01-03", decision, orders)
        ledger.close()
        return (place / "l.db").read_bytes()


ORIGINALS = {"study file": study_bytes(), "ledger": ledger_bytes()}


@pytest.mark.parametrize("kind", _databases)
@fuzz
@given(data=st.data())
def test_a_database_with_spoilt_pages(kind: str, data: st.DataObject) -> None:
    content = data.draw(spoilt([ORIGINALS[kind]]))
    with folder() as place:
        (place / "x.db").write_bytes(content)
        with suppress(ExoError):
            _databases[kind](place / "x.db")


@pytest.mark.parametrize("kind", _databases)
@fuzz
@given(data=st.data())
def test_a_database_with_a_cell_of_another_kind(kind: str, data: st.DataObject) -> None:
    with folder() as place:
        path = place / "x.db"
        path.write_bytes(ORIGINALS[kind])
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            query = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            tables = sorted(name for (name,) in connection.execute(query))
            for _ in range(data.draw(st.integers(1, 3))):
                table = data.draw(st.sampled_from(tables))
                columns = [r[1] for r in connection.execute(f"PRAGMA table_info({table})")]
                column = data.draw(st.sampled_from(columns))
                cell = data.draw(st.sampled_from(CELLS))
                row = data.draw(st.integers(0, 8))
                with suppress(sqlite3.Error):  # a constraint of the table's own
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE rowid IN "
                        f"(SELECT rowid FROM {table} LIMIT 1 OFFSET {row})",
                        (cell,),
                    )
        with suppress(ExoError):
            _databases[kind](path)


PLACEBO_PAYLOAD = b'{"ratio": 0.5, "rank_t": -1.25, "value": 1.0, "trial": 3, "seconds": 0.5}'
WINDOW_PAYLOAD = (
    b'{"params": {"weight_a": 0.5}, "feasible": true, "in_sample": 0.5, "active": [0.5, 0.25], '
    b'"skill": [0.5, 0.25], "skill_sums": [0.5, NaN], "coefficients": [0.25], "seconds": 1}'
)


@fuzz
@given(placebo=spoilt([PLACEBO_PAYLOAD]), window=spoilt([WINDOW_PAYLOAD]))
def test_a_kept_replicate_that_was_edited(placebo: bytes, window: bytes) -> None:
    with folder() as place, closing(ReplicateStore(place / "s.db", "x")) as store:
        (place / "s.db").write_bytes(ORIGINALS["study file"])
        for part, content in ((PLACEBO, placebo), (WINDOW, window)):
            store.keep(part, 0, content.decode("utf-8", "replace"))
            with suppress(ExoError):
                done = _Work([(part, 0)], store, lambda *_: None).done
                payload = done[part, 0]
                check_payload((part, 0), payload)
                if part == PLACEBO:
                    compare([payload, payload])
                elif payload["params"] is not None:
                    unpack(payload)


def test_the_holder_of_a_lock_without_words(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with exclusive_lock(path, "It is being run", "Wait."):
        for text in ("{}", "[]", "null", "[" * 100_000, '{"pid": 1}', "", '"x"', "1"):
            path.write_text(text)
            with (
                pytest.raises(ExoError, match="It is being run by another process"),
                exclusive_lock(path, "It is being run", "Wait."),
            ):
                pass


def test_a_parquet_text_that_is_no_utf_8(tmp_path: Path) -> None:
    """Found by the above, in a file of pyarrow's own."""
    path = tmp_path / "f.parquet"
    path.write_bytes(parquet(FACTS).replace(b"S00", b"\x80\x8000"[:3]))
    with pytest.raises(ExoError, match="is not a readable Parquet file"):
        facts(path)
