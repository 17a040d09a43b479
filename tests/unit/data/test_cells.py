"""Tables from files: what is read, and the one line that says what is wrong."""

import gzip
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExitCode, ExoError

GOOD = "date,symbol,close\n2020-01-01,A,1.5\n2020-01-02,A,\n"


def written(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def error(path: Path) -> ExoError:
    with pytest.raises(ExoError) as caught:
        read_table(path)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert str(path) in caught.value.message
    assert "\n" not in str(caught.value)
    return caught.value


def test_csv_gz_and_parquet_are_the_same_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"date": ["2020-01-01", "2020-01-02"], "symbol": ["A", "A"], "close": [1.5, np.nan]}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    paths = (
        written(tmp_path, GOOD),
        written(tmp_path, gzip.compress(GOOD.encode(), mtime=0), "t.csv.gz"),
        tmp_path / "t.parquet",
    )
    for path in paths:
        table = read_table(path)
        assert table.columns == ["date", "symbol", "close"]
        assert list(table.texts("symbol")) == ["A", "A"]
        np.testing.assert_array_equal(table.numbers("close"), [1.5, np.nan])
        assert [str(d) for d in table.dates("date")] == ["2020-01-01", "2020-01-02"]


def test_parquet_with_a_date_index(tmp_path: Path) -> None:
    index = pd.DatetimeIndex(["2020-01-01", "2020-01-02"])
    pd.DataFrame({"A": [1, 2]}, index=index).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert sorted(table.columns) == ["A", "date"]
    assert str(table.dates("date")[1]) == "2020-01-02"


def test_parquet_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "date": [date(2020, 1, 1), date(2020, 1, 2)],
            "symbol": pd.Categorical(["A", "B"]),
            "close": pd.array([1, None], dtype="Int64"),
            "flag": [True, False],
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert str(table.dates("date")[1]) == "2020-01-02"
    assert list(table.texts("symbol")) == ["A", "B"]
    np.testing.assert_array_equal(table.numbers("close"), [1.0, np.nan])
    assert not table.is_numeric("flag")


def test_floats_are_read_exactly(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = np.exp(rng.normal(0.0, 20.0, 500))
    text = "date,symbol,close\n" + "".join(f"2020-01-01,A,{v!r}\n" for v in values.tolist())
    np.testing.assert_array_equal(read_table(written(tmp_path, text)).numbers("close"), values)


def test_a_symbol_that_looks_missing_stays_a_symbol(tmp_path: Path) -> None:
    text = "date,symbol,close\n2020-01-01,NA,1\n2020-01-01,NULL,1\n2020-01-01,007,1\n"
    assert list(read_table(written(tmp_path, text)).texts("symbol")) == ["NA", "NULL", "007"]


def test_byte_order_mark_blank_lines_and_spaces(tmp_path: Path) -> None:
    text = "\ufeffdate, symbol ,close\n\n2020-01-01, A ,1\n\n\n2020-01-02,A,x\n\n"
    table = read_table(written(tmp_path, text))
    assert table.columns == ["date", "symbol", "close"]
    assert list(table.texts("symbol")) == ["A", "A"]
    with pytest.raises(ExoError, match=r"t\.csv, line 6: close is 'x', not a finite number"):
        table.numbers("close")


@pytest.mark.parametrize("cell", ["12.5x", "inf", "-inf", "1,5", "True", "1_000", "0x1f"])
def test_a_cell_that_is_no_number(tmp_path: Path, cell: str) -> None:
    text = f'date,symbol,close\n2020-01-01,A,1.5\n2020-01-02,A,"{cell}"\n'
    table = read_table(written(tmp_path, text))
    with pytest.raises(ExoError, match=r"line 3: close is .*, not a finite number") as caught:
        table.numbers("close")
    assert cell.removeprefix("-") in caught.value.message
    assert not table.is_numeric("close")


@pytest.mark.parametrize("cell", ["", "NaN", "NA", "null", "-"])
def test_an_empty_cell_is_unknown(tmp_path: Path, cell: str) -> None:
    table = read_table(written(tmp_path, f"date,symbol,close\n2020-01-01,A,{cell}\n"))
    assert np.isnan(table.numbers("close")).all()


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        *(("", "YYYY-MM-DD"), ("2020-13-01", "YYYY-MM-DD"), ("yesterday", "YYYY-MM-DD")),
        *(("2020", "YYYY-MM-DD"), ("0020-01-01", "YYYY-MM-DD"), ("2020/13/01", "YYYY-MM-DD")),
        *(("01/02/2020", "day or the month first"), ("13.02.2020", "day or the month first")),
        *(("1/2/20", "day or the month first"), ("43831", "day number of Excel")),
        *(("1577923200", "seconds since 1970"), ("1577923200000", "seconds since 1970")),
        *(("Foo 2 2020", "YYYY-MM-DD"), ("2-Jan-20", "YYYY-MM-DD")),
    ],
)
def test_a_cell_that_is_no_date(tmp_path: Path, cell: str, remedy: str) -> None:
    table = read_table(written(tmp_path, f"date,symbol,close\n2020-01-01,A,1\n{cell},A,2\n"))
    with pytest.raises(ExoError, match=r"t\.csv, line 3: date is ") as caught:
        table.dates("date")
    assert remedy in caught.value.hint


@pytest.mark.parametrize(
    "cell",
    [
        *("2020-01-02", "20200102", "2020/01/02", "2020/1/2", "Jan 2, 2020", "January 2 2020"),
        *("2 Jan 2020", "02-Jan-2020", "02-JAN-2020", "2020-01-02 23:59:00-05:00"),
        *("2020-01-02T00:00Z", "2020-01-02T16:30:05.000Z", "2020-01-02 00:00:00+09:00"),
    ],
)
def test_a_day_in_a_spelling_that_can_mean_one_day_only(tmp_path: Path, cell: str) -> None:
    table = read_table(written(tmp_path, f'date,symbol,close\n"{cell}",A,1\n'))
    assert str(table.dates("date")[0]) == "2020-01-02"


def test_thousands_and_decimal_commas_have_a_remedy(tmp_path: Path) -> None:
    for cell in ("1,5", "1,234.5", "1.234,5", "1,234,567"):
        table = read_table(written(tmp_path, f'date,symbol,close\n2020-01-01,A,"{cell}"\n'))
        with pytest.raises(ExoError, match="not a finite number") as caught:
            table.numbers("close")
        assert "decimal point" in caught.value.hint


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "-05:00"])
def test_the_local_date_of_a_time_with_a_zone_counts(tmp_path: Path, zone: str) -> None:
    index = pd.DatetimeIndex(["2020-01-01", "2020-07-01"], tz=zone, name="date")
    pd.DataFrame({"A": [1.0, 2.0]}, index=index).to_parquet(tmp_path / "t.parquet")
    days = read_table(tmp_path / "t.parquet").dates("date")
    assert [str(day) for day in days] == ["2020-01-01", "2020-07-01"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"date,symbol,close\n", "has no rows"),
        ("t.csv", b"date,symbol,close\n\n\n", "has no rows"),
        ("t.csv", b"date:symbol:close\n1:2:3\n", "single column"),
        ("t.csv", b"date,A,B,A\n2020-01-01,1,2,3\n", "the column 'A' twice"),
        ("t.csv", b"date,A,,B\n2020-01-01,1,2,3\n", "column 3 has no name"),
        (
            "t.csv",
            b"date,A\n2020-01-01,1\n2020-01-02,1,2\n",
            "line 3: has 3 cells, the header has 2",
        ),
        ("t.csv", b"date,A\n2020-01-01,1\n2020-01\n", "line 3: has 1 cells"),
        ("t.csv", b'date,A\n2020-01-01,"1\n', "is not CSV"),
        ("t.csv", b"date,A\n2020-01-01,\xff\n", "not UTF-8"),
        (
            "t.csv.gz",
            gzip.compress(GOOD.encode() * 500, mtime=0)[:-20],
            "truncated or damaged gzip",
        ),
        ("t.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:6], "truncated or damaged gzip"),
        ("t.csv.gz", GOOD.encode(), "seems to be text"),
        ("t.parquet", b"PAR1 is not enough", "not a readable Parquet"),
        ("t.doc", b"?", "of no known format"),
        ("t.xlsx", b"?", "not a readable workbook"),
    ],
)
def test_a_damaged_file(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    assert says in error(written(tmp_path, content, name)).message


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for name in ("none.csv", "none.parquet", "none.csv.gz"):
        assert "cannot be read" in error(tmp_path / name).message
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in error(tmp_path / "folder.csv").message


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "mech-exo[parquet]" in error(written(tmp_path, b"", "t.parquet")).hint


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_header_in_quotes(tmp_path: Path, separator: str) -> None:
    rows = [["date", "symbol", "close"], ["2020-01-01", "A", "1.5"]]
    text = "".join(separator.join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    table = read_table(written(tmp_path, text))
    assert table.columns == rows[0]
    assert table.numbers("close").tolist() == [1.5]


def test_a_missing_column_suggests_the_nearest(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "dates,symbol,close\n2020-01-01,A,1\n"))
    with pytest.raises(ExoError, match="no column 'date'") as caught:
        table.require("of a table", "date")
    assert caught.value.hint == "Did you mean 'dates'?"


def test_a_cell_that_is_a_list_is_no_value(tmp_path: Path) -> None:
    frame = pd.DataFrame({"date": ["2020-01-01"], "close": [[1.0, 2.0]]})
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ExoError, match="not a finite number"):
        read_table(tmp_path / "t.parquet").numbers("close")
