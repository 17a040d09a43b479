"""The cache: the same bits, sooner; and whatever happens to it, the same bits."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.config.load import settings_from_mapping
from mech_exo.config.settings import FactorSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.cache import cache_folder, sources_key
from mech_exo.data.cache import kept_data as module
from mech_exo.data.cache.cache_folder import MANIFEST, read_entry, write_entry
from mech_exo.data.cache.kept_data import READ, KeptData
from mech_exo.data.cache.packing import Packing, UnpackableError, unpacked
from mech_exo.data.check.finding import Finding
from mech_exo.data.check.rules import examine
from mech_exo.data.market import Market
from mech_exo.data.sources import load_market
from mech_exo.data.tables import csv_files
from tests.unit.data.small_markets import random_market

TODAY = date(2020, 3, 1)
ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that keeps small data too."""
    monkeypatch.setattr(module, "WORTH", 0)
    monkeypatch.setenv("EXO_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Prices and a table of facts."""
    days = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-03-01"))
    rows = [f"{day},{10 + i % 7},{20 + i % 5 / 4}" for i, day in enumerate(days.tolist())]
    (tmp_path / "prices.csv").write_text("\n".join(["date,A,B", *rows]) + "\n")
    facts = [f"{n},2020-01-{d:02d},{d}.5,{d / 7}" for d in range(1, 29) for n in "AB"]
    text = "symbol,available_date,return_on_equity,eps\n" + "\n".join(facts) + "\n"
    (tmp_path / "facts.csv").write_text(text)
    names = {
        "prices": str(tmp_path / "prices.csv"),
        "factors": [{"file": str(tmp_path / "facts.csv")}],
    }
    return settings_from_mapping(
        {"data": {"source": "files", **names}, "factors": {"min_history": 20}}, "test"
    )


def kept_data(
    settings: Settings, listed: tuple[str, ...] | None = None, *, cached: bool = True
) -> KeptData:
    """What a run asks for, and what it keeps."""
    data = KeptData(settings, cached=cached)
    data.checked(TODAY)
    data.panel(listed)
    data.keep()
    return data


def packed(value: Any) -> tuple[Any, list[tuple[str, tuple[int, ...], bytes]]]:
    """A value in a form that can be compared to the bit."""
    packing = Packing()
    form = packing.packed(value)
    return form, [(a.dtype.str, a.shape, a.tobytes()) for a in packing.arrays]


def assert_right(found: KeptData, settings: Settings) -> None:
    """The same bits as without a cache."""
    market = load_market(settings)
    assert packed(found.market()) == packed(market)
    assert found.checked(TODAY) == examine(market, settings, TODAY)
    assert packed(found.panel()) == packed(build_panel(market, settings))


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def test_the_second_start_has_the_bits_of_the_first(settings: Settings, folder: Path) -> None:
    first = kept_data(settings)
    assert first.note == ""
    assert_right(first, settings)
    assert len(entries(folder)) == 3
    second = kept_data(settings)
    assert second.note == READ
    assert_right(second, settings)
    for data in (first, second):  # mapped, and nobody can write to it
        assert not data.market().close.flags.writeable
        assert not data.panel().exposures.flags.writeable
    one, other = (second.market().vintages[name] for name in ("eps", "return_on_equity"))
    assert one.of_one_table(other)


def test_the_second_start_reads_no_file(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_data(settings)
    monkeypatch.setattr(module, "load_market", None)
    monkeypatch.setattr(module, "build_panel", None)
    assert kept_data(settings).note == READ


def test_everything_that_a_market_can_hold() -> None:
    plain = random_market(3)
    market = replace(
        plain,
        findings=(Finding("jump", "error", "m", "r", "A", "2020-01-01", figure=0.1),),
        sectors=random_market(3).sectors,
        daily={
            "own": np.asfortranarray(random_market(3).close) * 2.0,
            "none": random_market(3).close,
        },
        categories={"own": "custom"},
        source="words",
    )
    packing = Packing()
    again = unpacked(packing.packed(market), packing.arrays)
    assert isinstance(again, Market)
    for field in fields(Market):
        assert packed(getattr(again, field.name)) == packed(getattr(market, field.name))
    assert again.findings == market.findings


def test_a_change_that_keeps_size_and_time_is_seen(settings: Settings, folder: Path) -> None:
    kept_data(settings)
    prices = settings.data.prices
    assert prices is not None
    before = prices.stat()
    text = prices.read_text()
    prices.write_text(text.replace("2020-01-20,1", "2020-01-20,2"))
    os.utime(prices, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert prices.stat().st_size == before.st_size
    found = kept_data(settings)
    assert found.note == ""
    assert_right(found, settings)
    prices.write_text(text)
    assert kept_data(settings).note == READ


def test_settings_and_factors_make_other_panels_of_one_market(
    settings: Settings, folder: Path
) -> None:
    kept_data(settings)
    other = replace(settings, factors=FactorSettings(winsorise=0.2, min_history=20))
    assert_right(kept_data(other), other)
    assert len(entries(folder)) == 5
    listed = kept_data(settings, ("rsi_14",))
    assert listed.panel(("rsi_14",)).factor_names == ("rsi_14",)
    later = replace(settings, data=replace(settings.data, start="2020-01-05"))
    assert_right(kept_data(later), later)
    assert len(entries(folder)) == 9


def test_a_large_file_that_pyarrow_would_read_faster(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "LARGE", 800)
    assert KeptData(settings).slow_files() == []
    monkeypatch.setattr(csv_files, "find_spec", lambda name: None)
    assert [file.name for file in KeptData(settings).slow_files()] == ["prices.csv", "facts.csv"]
    monkeypatch.setattr(csv_files, "LARGE", 1_000_000)
    assert KeptData(settings).slow_files() == KeptData(Settings()).slow_files() == []


def test_every_setting_of_the_data_is_in_the_key(settings: Settings) -> None:
    """What a setting means is not asked: another value is another entry, also a silent one's."""
    key = sources_key.market_key(settings, ())
    for field in fields(settings.data):
        if field.name not in ("source", "demo"):
            changed: dict[str, Any] = {field.name: "other"}
            other = replace(settings.data, **changed)
            assert sources_key.market_key(replace(settings, data=other), ()) != key, field.name


# What happens to a file of an entry: its bytes before -> after; or it is gone.
SPOIL: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "one byte shorter": lambda content: content[:-1],
    "one bit": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "longer": lambda content: content + b"\0" * 8,
    "another file": lambda content: b'{"arrays": [], "value": null, "sha256": 7}',
    "no JSON": lambda content: b"\x93NUMPY\x01",
}


@pytest.mark.parametrize("spoiled", [*SPOIL, "gone"])
def test_a_damaged_file_is_made_anew(settings: Settings, folder: Path, spoiled: str) -> None:
    kept_data(settings)
    for path in sorted(folder.rglob("*.*")):
        if not path.is_file():
            continue
        good = path.read_bytes()
        path.unlink()  # not through the map of who has it open
        if spoiled != "gone":
            path.write_bytes(SPOIL[spoiled](good))
        found = kept_data(settings)
        assert found.note == "", path
        assert_right(found, settings)
        assert path.read_bytes() == good
        assert kept_data(settings).note == READ


def test_it_may_be_deleted_at_any_time(settings: Settings, folder: Path) -> None:
    kept = kept_data(settings)
    shutil.rmtree(folder)
    assert_right(kept, settings)
    for path in sorted(entries(folder)):
        (path / "0.npy").unlink()
    assert_right(kept_data(settings), settings)


def test_a_record_of_somebody_else_is_not_made(folder: Path) -> None:
    for record in ("subprocess:Popen", "mech_exo.data.build:load_panel", "mech_exo.data.x:Y"):
        with pytest.raises(UnpackableError):
            unpacked({"record": record, "fields": {}}, [])
    with pytest.raises(UnpackableError):
        Packing().packed(object())
    with pytest.raises(UnpackableError):
        Packing().packed(np.array([object()]))


def test_a_folder_that_cannot_be_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXO_CACHE_DIR", "/dev/null/cache")
    found = kept_data(settings)
    assert "cannot be written (Not a directory); going on without it" in found.note
    assert_right(found, settings)


def test_a_full_disk(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder.parent)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    found = kept_data(settings)
    assert "cannot be written (No space left on device)" in found.note
    assert_right(found, settings)
    assert entries(folder) == []


def test_a_file_that_cannot_be_written_to_its_end(settings: Settings, folder: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
        found = kept_data(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "going on without it" in found.note
    assert_right(found, settings)
    assert entries(folder) == []


@pytest.mark.parametrize("variable", ["1", "yes"])
def test_it_can_be_turned_off(
    settings: Settings, folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_right(kept_data(settings, cached=False), settings)
    monkeypatch.setenv("EXO_NO_CACHE", variable)
    assert_right(kept_data(settings), settings)
    assert entries(folder) == []
    monkeypatch.setenv("EXO_NO_CACHE", "0")
    kept_data(settings)
    assert len(entries(folder)) == 3


def test_small_data_are_not_kept(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORTH", 10_000_000)
    kept_data(settings)
    kept_data(Settings())  # the demo
    assert entries(folder) == []


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_and_change(given: Settings) -> Market:
        market = load_market(given)
        assert given.data.prices is not None
        text = given.data.prices.read_text()
        given.data.prices.write_text(text.replace("2020-01-20,1", "2020-01-20,2"))
        return market

    monkeypatch.setattr(module, "load_market", load_and_change)
    assert "changed while it was read" in kept_data(settings).note
    assert entries(folder) == []


def test_what_was_not_used_for_longest_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = (np.zeros(1000),)
    for age, key in ((300, "a"), (200, "b"), (100, "c")):
        write_entry(folder, key, value)
        os.utime(folder / key / MANIFEST, (time.time() - age,) * 2)
    assert read_entry(folder, "a") is not None  # used just now
    monkeypatch.setattr(cache_folder, "MOST_BYTES", 30_000)
    write_entry(folder, "d", value)
    assert [path.name for path in entries(folder)] == ["a", "c", "d"]


WRITER = """
import os, signal, sys
import numpy as np
from pathlib import Path
from mech_exo.data.cache import cache_folder
save = np.save
def stopped(path, array, **options):
    if path.name == "1.npy":
        path.write_bytes(b"half of it")
        os.kill(os.getpid(), signal.SIGKILL)
    save(path, array, **options)
if sys.argv[2] == "killed":
    np.save = stopped
folder = Path(sys.argv[1])
for i in range(20):
    cache_folder.write_entry(folder, f"key{i}", tuple(np.arange(1000) + j for j in range(3)))
"""


def writer(folder: Path, how: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), how], cwd=ROOT)


def test_a_writer_that_is_killed_leaves_no_entry(folder: Path) -> None:
    process = writer(folder, "killed")
    assert process.wait() == -signal.SIGKILL
    (left,) = entries(folder)
    assert left.name.startswith(".")
    assert read_entry(folder, "key0") is None
    write_entry(folder, "key0", (1,))
    assert len(entries(folder)) == 2  # another writer may be at work on it
    os.utime(left, (0, 0))
    write_entry(folder, "key1", (1,))
    assert [path.name for path in entries(folder)] == ["key0", "key1"]


def test_two_writers_and_a_reader_at_once(folder: Path) -> None:
    processes = [writer(folder, "whole"), writer(folder, "whole")]
    while any(process.poll() is None for process in processes):
        found = read_entry(folder, "key3")
        assert found is None or found[2][0] == 2
    assert [process.wait() for process in processes] == [0, 0]
    assert [p.name for p in entries(folder)] == sorted(f"key{i}" for i in range(20))
    for i in range(20):
        assert [a.tolist()[0] for a in read_entry(folder, f"key{i}")] == [0, 1, 2]
