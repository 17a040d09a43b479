"""Sectors that change: each row counts on its own days, and no later sector shows before."""

from pathlib import Path

import numpy as np
import pytest

from mech_exo.data.sector_history import SectorHistory
from mech_exo.data.sectors import read_sectors, sectors_of
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

DATES = np.arange("2024-01-01", "2024-01-07", dtype="datetime64[D]")
SYMBOLS = ("A", "B", "C")


def history(tmp_path: Path, text: str) -> SectorHistory:
    path = tmp_path / "sectors.csv"
    path.write_text(text)
    return sectors_of(read_table(path), SYMBOLS, DATES)


def test_a_row_counts_until_the_next_or_its_end(tmp_path: Path) -> None:
    text = (
        "symbol,sector,from,to\nA,oil,2020-01-01,\nA,tech,2024-01-03,2024-01-04\n"
        "B,banks,2024-01-02,\nZ,oil,2024-01-01,\n"
    )
    found = history(tmp_path, text)
    assert found.dated
    assert [found.names(t)[0] for t in range(6)] == ["oil", "oil", "tech", "tech", *["unknown"] * 2]
    assert [found.names(t)[1] for t in range(3)] == ["unknown", "banks", "banks"]
    assert {found.names(t)[2] for t in range(6)} == {"unknown"}


def test_no_later_sector_is_told_of(tmp_path: Path) -> None:
    text = "symbol,sector,from\nA,oil,2020-01-01\nA,aerospace,2024-01-05\nB,oil,2020-01-01\n"
    found = history(tmp_path, text)
    assert found.labels == ("aerospace", "oil", "unknown")
    assert found.at(slice(4)).labels == ("oil", "unknown")
    assert found.at(np.array([0, 5])).names(-1) == ("aerospace", "oil", "unknown")


def test_without_days_one_sector_stands_for_all(tmp_path: Path) -> None:
    found = history(tmp_path, "ticker,industry\nB,banks\nA,oil\n")
    assert not found.dated
    assert found.names() == ("oil", "banks", "unknown")
    assert found.at(slice(2)) is found


def test_a_file_with_days_is_read_as_of_one(tmp_path: Path) -> None:
    text = "symbol,sector,from\nA,oil,2020-01-01\nA,tech,2024-01-05\n"
    history(tmp_path, text)
    path = tmp_path / "sectors.csv"
    assert read_sectors(path, ("A",), np.datetime64("2024-01-04")) == ("oil",)
    assert read_sectors(path, ("A",)) == ("tech",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("symbol,sector,from\nA,oil,2020-01-01\nA,tech,2020-01-01\n", "line 3: A has another"),
        (
            "symbol,sector,from,to\nA,oil,2020-01-01,2024-01-03\nA,tech,2024-01-03,\n",
            "line 3: A has another sector from 2024-01-03 on",
        ),
        ("symbol,sector,from\nA,oil,early\n", "line 2: from is 'early'"),
        ("symbol,sector,from\nA,,2020-01-01\n", "line 2: sector is empty"),
        ("symbol,sector\nA,oil\nA,tech\n", "line 3: A is there twice"),
    ],
)
def test_mistakes_are_named_by_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ExoError) as caught:
        history(tmp_path, text)
    assert words in caught.value.message
