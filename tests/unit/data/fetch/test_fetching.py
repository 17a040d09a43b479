"""One symbol after the other: attempts, ends, and what is kept in between."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from mech_exo.data.fetch.fetched_quotes import REQUEST, Asked, FetchedQuotes
from mech_exo.data.fetch.fetching import Fetched, Manners, fetch_quotes
from mech_exo.data.fetch.quote_source import LIMITED, NO_ANSWER, NOT_FOUND, QuoteError, VendorCloses

SPAN = (date(2024, 1, 1), date(2024, 1, 5))
ASKED = Asked("vendor", "2024-01-01", "")
QUOTES = VendorCloses(
    np.array(["2024-01-02", "2024-01-03"], "datetime64[D]"), np.array([1.0, 1.0 / 3])
)


class Vendor:
    """Answers by a script: a list of reasons for each symbol, then well."""

    def __init__(self, **script: list[str]) -> None:
        self.script = script
        self.asked: list[str] = []

    def closes(self, symbol: str, start: date, last: date) -> VendorCloses:
        self.asked.append(symbol)
        if self.script.get(symbol):
            raise QuoteError(self.script[symbol].pop(0))
        return QUOTES

    def close(self) -> None: ...


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("mech_exo.data.fetch.fetching.time.sleep", waits.append)
    return waits


def fetched(vendor: Vendor, folder: Path, symbols: str = "ABCDE", tries: int = 3) -> Fetched:
    kept = FetchedQuotes(folder, ASKED, SPAN[1])
    told: list[tuple[int, int, str]] = []
    found = fetch_quotes(
        vendor, tuple(symbols), SPAN, kept, Manners(1.0, tries), lambda *line: told.append(line)
    )
    assert [line[1] for line in told] == [len(symbols)] * len(told)
    return found


def test_what_may_pass_is_asked_again_later(tmp_path: Path, slept: list[float]) -> None:
    vendor = Vendor(B=[NO_ANSWER, LIMITED], C=[NOT_FOUND])
    found = fetched(vendor, tmp_path)
    assert (found.symbols, found.failed) == (("A", "B", "D", "E"), {"C": NOT_FOUND})
    assert vendor.asked == list("ABBBCDE")
    assert slept == [1.0, 2.0, 4.0, 1.0, 1.0, 1.0]
    assert not found.complete


def test_a_vendor_that_has_had_enough_is_left_alone(tmp_path: Path, slept: list[float]) -> None:
    found = fetched(vendor := Vendor(B=[LIMITED] * 9), tmp_path)
    assert (found.symbols, found.failed) == (("A",), {"B": LIMITED})
    assert found.not_asked == ("C", "D", "E")
    assert vendor.asked == list("ABBB")


def test_a_vendor_that_is_not_there_is_asked_for_few(tmp_path: Path, slept: list[float]) -> None:
    silent = {symbol: [NO_ANSWER] * 9 for symbol in "BCDE"}
    found = fetched(vendor := Vendor(**silent), tmp_path, tries=1)
    assert (list(found.failed), found.not_asked) == (["B", "C", "D"], ("E",))
    assert vendor.asked == list("ABCD")


def test_what_is_there_is_not_asked_again(tmp_path: Path, slept: list[float]) -> None:
    fetched(Vendor(C=[LIMITED] * 9), tmp_path / "kept")
    found = fetched(vendor := Vendor(), tmp_path / "kept")
    assert vendor.asked == list("CDE")
    assert found.complete
    assert set(found.symbols) == set("ABCDE")


def test_quotes_come_back_to_the_bit(tmp_path: Path) -> None:
    kept = FetchedQuotes(tmp_path / "kept", ASKED, SPAN[1])
    kept.keep("A/B", QUOTES)
    back = FetchedQuotes(tmp_path / "kept", ASKED, SPAN[1]).quotes("A/B")
    assert back.days.tolist() == QUOTES.days.tolist()
    assert back.close.tobytes() == QUOTES.close.tobytes()
    assert len(kept.sha256(["A/B"])) == 64


def test_a_fetch_that_goes_on_after_midnight_keeps_its_last_day(tmp_path: Path) -> None:
    FetchedQuotes(tmp_path / "kept", ASKED, SPAN[1]).keep("A", QUOTES)
    later = FetchedQuotes(tmp_path / "kept", ASKED, SPAN[1] + timedelta(days=1))
    assert "A" in later
    assert later.last == SPAN[1]


@pytest.mark.parametrize(
    ("asked", "hours"),
    [
        (Asked("vendor", "2024-01-01", ""), 25),
        (Asked("vendor", "2024-01-01", ""), -2),
        (Asked("vendor", "2024-01-02", ""), 1),
        (Asked("vendor", "2024-01-01", "2024-01-05"), 1),
        (Asked("other", "2024-01-01", ""), 1),
    ],
)
def test_what_is_old_or_of_another_fetch_is_not_used(
    tmp_path: Path, asked: Asked, hours: int
) -> None:
    FetchedQuotes(tmp_path / "kept", ASKED, SPAN[1]).keep("A", QUOTES)
    request = tmp_path / "kept" / REQUEST
    stated = json.loads(request.read_text())
    stated["begun_at"] = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    request.write_text(json.dumps(stated))
    assert "A" not in FetchedQuotes(tmp_path / "kept", asked, SPAN[1])
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"begun_at": 3, "last": 4}'])
def test_a_damaged_folder_is_begun_anew(tmp_path: Path, text: str) -> None:
    FetchedQuotes(tmp_path / "kept", ASKED, SPAN[1]).keep("A", QUOTES)
    (tmp_path / "kept" / REQUEST).write_text(text)
    assert "A" not in FetchedQuotes(tmp_path / "kept", ASKED, SPAN[1])
