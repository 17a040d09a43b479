"""Files whose names say another format than they have."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

FRAME = pd.DataFrame({"date": ["2020-01-01", "2020-01-02"], "A": [1.5, 2.5], "B": [3.5, 4.5]})
TEXT = FRAME.to_csv(index=False)


def parquet(path: Path) -> None:
    FRAME.to_parquet(path, engine="pyarrow")


def feather(path: Path) -> None:
    FRAME.to_feather(path)


def workbook(path: Path) -> None:
    FRAME.to_excel(path.with_suffix(".xlsx"))
    path.with_suffix(".xlsx").rename(path)


def zipped(path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT.encode(), mtime=0))


def text(path: Path) -> None:
    path.write_text(TEXT)


@pytest.mark.parametrize(
    ("make", "name", "says", "remedy"),
    [
        (parquet, "t.csv", "a Parquet file", "t.parquet"),
        (feather, "t.csv", "a Feather file", "t.feather"),
        (feather, "t.parquet", "a Feather file", "t.feather"),
        (workbook, "t.csv", "an Excel workbook", ".xlsx"),
        (workbook, "t.parquet", "an Excel workbook", ".xlsx"),
        (zipped, "t.csv", "a gzip file", "t.csv.gz"),
        (zipped, "t.xlsx", "a gzip file", "t.csv.gz"),
        (text, "t.csv.gz", "text", "t.csv"),
        (text, "t.parquet", "text", "t.csv"),
        (text, "t.xlsx", "text", "t.csv"),
        (text, "t.db", "text", "t.csv"),
    ],
)
def test_a_file_of_another_format_is_named(
    make: Callable[[Path], None], name: str, says: str, remedy: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    with pytest.raises(ExoError) as caught:
        read_table(tmp_path / name)
    assert f"{name}: its name says " in caught.value.message
    assert f"it seems to be {says}" in caught.value.message
    assert remedy in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_two_bytes_a_character_are_named(encoding: str, end: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes((TEXT.rstrip() + end).encode(encoding))
    with pytest.raises(ExoError) as caught:
        read_table(tmp_path / "t.csv")
    assert "text in UTF-16" in caught.value.message
    assert "Save it as UTF-8" in caught.value.hint


def test_another_text_encoding_has_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(TEXT.replace("A", "Ä").encode("latin-1"))
    with pytest.raises(ExoError, match="is not UTF-8 text") as caught:
        read_table(tmp_path / "t.csv")
    assert "Save it as UTF-8" in caught.value.hint


@pytest.mark.parametrize("cell", ["١٢٣", "１２", "1_000"])
def test_digits_of_other_scripts_are_no_numbers(cell: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TEXT.replace("2.5", cell))
    with pytest.raises(ExoError, match="not a finite number"):
        read_table(tmp_path / "t.csv").numbers("A")
