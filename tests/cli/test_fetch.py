"""`exo data fetch`, against a local stand-in for the vendors."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mech_exo.cli.entry import run
from mech_exo.config.settings import DataSettings
from mech_exo.data.market import Market
from mech_exo.data.store.store_market import store_market
from tests.cli.conftest import environment, one_error, run_exo
from tests.unit.data.fetch.vendor_server import (
    VendorServer,
    closes,
    days,
    vendor_server,
    yesterday,
)

Capture = pytest.CaptureFixture[str]
STORE = Path("data/store")


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with vendor_server() as state:
        yield state


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(server: VendorServer, vendor: str, symbols: str, *more: str) -> list[str]:
    asked = ["--symbols", symbols, "--base-url", server.url, "--pause", "0", "--tries", "2"]
    return ["data", "fetch", vendor, *asked, *more]


def fetch(server: VendorServer, symbols: str, *more: str, vendor: str = "stooq") -> int:
    return run(words(server, vendor, symbols, *more))


def market(as_of: str | None = None) -> Market:
    return store_market(DataSettings(source="store", store=STORE, as_of=as_of))[0]


@pytest.mark.parametrize("vendor", ["yfinance", "stooq"])
def test_prices_come_into_the_store(server: VendorServer, capsys: Capture, vendor: str) -> None:
    assert fetch(server, "AA,BB,CC", vendor=vendor) == 0
    told = capsys.readouterr().out
    assert "3 of 3 fetched from " + vendor in told
    found = market()
    assert found.symbols == ("AA", "BB", "CC")
    sessions = [day for day in days(server.last) if day <= yesterday()]
    assert found.dates.tolist() == sessions
    expected = np.column_stack([closes(name)[: len(sessions)] for name in found.symbols])
    np.testing.assert_allclose(found.close, expected, rtol=1e-5)
    assert sorted(path.name for path in STORE.iterdir()) == ["manifest.json", "prices"]
    # again: nothing new, and all are asked for anew
    assert fetch(server, "AA,BB,CC", vendor=vendor) == 0
    assert "nothing new" in capsys.readouterr().out
    assert server.asked == ["AA", "BB", "CC"] * 2


def test_half_of_it_fails_and_the_same_command_goes_on(
    server: VendorServer, capsys: Capture
) -> None:
    server.faults = {"CC": ["gone"], "DD": ["limited", "limited", "limited", ""]}
    assert fetch(server, "AA,BB,CC,DD,EE") == 1
    told = capsys.readouterr().out
    assert "2 of 5 fetched from stooq; 2 failed: CC (not found" in told
    assert "DD (rate limited: HTTP 429); 1 not asked for after that." in told
    assert "The store is as it was. Run the same command again" in told
    assert not (STORE / "manifest.json").exists()
    asked = len(server.asked)
    assert fetch(server, "AA,BB,CC,DD,EE", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert server.asked[asked:] == ["CC", "DD", "DD", "EE"]
    assert (list(found["failed"]), found["not_asked"], found["store"]) == (["CC"], [], None)
    # taken off the list: nobody is asked again
    asked = len(server.asked)
    assert fetch(server, "AA,BB,DD,EE") == 0
    assert server.asked[asked:] == []
    assert market().symbols == ("AA", "BB", "DD", "EE")


def test_what_came_can_be_stored_without_the_rest(server: VendorServer, capsys: Capture) -> None:
    server.faults = {"BB": ["html", "html", ""]}
    assert fetch(server, "AA,BB", "--partial") == 1
    told = capsys.readouterr().out
    assert "1 of 2 fetched" in told
    assert "a web page instead of CSV" in told
    assert market().symbols == ("AA",)
    assert fetch(server, "AA,BB", "--partial") == 1
    assert fetch(server, "AA,BB") == 0
    assert market().symbols == ("AA", "BB")
    assert server.asked == ["AA", "BB", "BB", "BB"]


def test_a_dividend_is_no_restatement_and_a_correction_is(
    server: VendorServer, capsys: Capture
) -> None:
    assert fetch(server, "AA,BB", "--end", str(days(server.last)[-20])) == 0
    before = market().close
    server.adjusted = {"AA": 0.98}
    assert fetch(server, "AA,BB") == 0
    assert "readjusted 1 name, returns unchanged: AA × 0.98" in capsys.readouterr().out
    # the vendor corrects the adjustment of days that are stored: that changes a return
    server.adjusted = {"AA": 0.97}
    assert fetch(server, "AA,BB") == 1
    told = capsys.readouterr().out
    assert "REFUSED" in told
    assert "with --accept-restated nothing is asked again" in told
    asked = len(server.asked)
    assert fetch(server, "AA,BB", "--accept-restated") == 0
    assert len(server.asked) == asked
    assert not np.array_equal(market().close[: len(before)], before)


def test_a_killed_fetch_goes_on(server: VendorServer, folder: Path) -> None:
    more = ("--pause", "0.3")
    process = subprocess.Popen(
        [sys.executable, "-m", "mech_exo.cli", *words(server, "stooq", "AA,BB,CC,DD"), *more],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60.0
    while len(server.asked) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    there = set(server.asked[:2])
    assert not (STORE / "manifest.json").exists()
    server.asked.clear()
    assert fetch(server, "AA,BB,CC,DD") == 0
    assert not there & set(server.asked)
    assert market().symbols == ("AA", "BB", "CC", "DD")


def test_a_list_of_symbols(server: VendorServer, folder: Path) -> None:
    (folder / "list.txt").write_text("# mine\nAA # the first\n\nBB, AA\nBRK.B\n")
    asked = ("--base-url", server.url, "--pause", "0")
    assert run(["data", "fetch", "stooq", "--symbols-file", "list.txt", *asked]) == 0
    assert market().symbols == ("AA", "BB", "BRK.B")


def test_a_run_on_fetched_prices(server: VendorServer, folder: Path, capsys: Capture) -> None:
    symbols = ",".join(f"N{n}" for n in range(12))
    assert fetch(server, symbols) == 0
    (folder / "settings.yml").write_text(
        "data: {source: store, store: data/store}\nfactors: {min_history: 60}\n"
    )
    assert run(["optuna-run", "--n-trials", "2", "--config", "settings.yml"]) in (0, 3)
    assert "store: 12 stocks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["bloomberg", "--symbols", "AA"], "'bloomberg' is no vendor"),
        (["stooq"], "no symbol is named"),
        (["stooq", "--symbols", ","], "no symbol is named"),
        (["stooq", "--symbols", "AA BB"], "'AA BB' cannot be a symbol"),
        (["stooq", "--symbols-file", "gone.txt"], "the list of symbols cannot be read"),
        (["stooq", "--symbols", "AA", "--start", "2199-01-01"], "is after the last day"),
        (["stooq", "--symbols", "AA", "--pause", "-1"], "--pause"),
        (["stooq", "--symbols", "AA", "--base-url", "file:///etc"], "must begin with http"),
    ],
)
def test_what_is_refused(folder: Path, more: list[str], told: str) -> None:
    assert told in one_error(run_exo("data", "fetch", *more, cwd=folder))
    assert not (STORE / "manifest.json").exists()
