"""CSV by pyarrow is CSV line by line, to the bit and to the word, or it is left to that."""

import gzip
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mech_exo.data.tables import csv_files, line_blocks, quick_csv
from mech_exo.data.tables.cells import MISSING, Table
from mech_exo.data.tables.columns import Coded, Column, Figures
from mech_exo.data.tables.csv_files import read_csv
from mech_exo.data.tables.csv_lines import read_lines
from mech_exo.errors import ExoError

NUMBERS = (
    *("1", "1.5", "-2", "0", "-0.0", "1e5", "1E-3", ".5", "5.", "1e-320", "4.9e-324", "2e-324"),
    *("1.7976931348623157e308", "9007199254740993", "123456789012345678901234567890"),
    *("0.1000000000000000055511151231257827", "2.2250738585072014e-308", "00012", "1e0005"),
)
ODD = (
    *("inf", "-inf", "Infinity", "nan(1)", "NAN", "-nan", "+1", "1_000", "0x1f", "1,5", "1e999"),
    *(
        " 1.5",
        "1.5 ",
        "\t2",
        "1e",
        "--1",
        "1.5x",
        "١٢",
        "1\u00a0",
        "\u20072",
        "True",
        "1d",
        "1e-999",
    ),
    *('a"b', '"', '""', "a\0b", "\0", "é", "\u2028", "x\ry", "x\ny", "\x1c", "\x0b1", "1f", "#"),
)
DATES = (
    "2020-01-02",
    "20200103",
    "2020-01-04 10:00",
    "2020-1-5",
    "2020-02-30",
    "2020-01-02T00:00Z",
)
NAMES = ("A", "BRK.B", "007", "NA", "null", "nan", " A ", "É", "a b", "1e5", "12")

words = st.sampled_from((*NUMBERS, *MISSING, *ODD, *DATES, *NAMES))
numbers = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.sampled_from(NUMBERS)
columns = st.sampled_from(
    [
        st.sampled_from(NAMES),
        st.sampled_from(DATES[:2]),
        numbers,
        numbers | st.sampled_from(MISSING),
        st.integers(0, 2**70).map(str),
        numbers | words,
        words,
        st.text(max_size=4),
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A CSV file, most often a good one."""
    kinds = draw(st.lists(columns, min_size=1, max_size=4))
    rows = draw(st.lists(st.tuples(*kinds), min_size=0, max_size=8))
    always = draw(st.booleans())
    header = [f"c{i}" for i in range(len(kinds))]
    lines = [",".join(_quoted(cell, always) for cell in row) for row in [header, *rows]]
    for line in draw(st.lists(st.sampled_from(["", " ", "a,b,c,d,e", "1", '"', "\t"]), max_size=1)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = end.join(lines) + draw(st.sampled_from([end, "", end * 2, end * 3, "\n", "\0", "\x1a"]))
    start = draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf", b"\xff"]))
    return start + text.encode("utf-8", "surrogatepass")


def _quoted(cell: str, always: bool) -> str:
    plain = not (always or any(c in cell for c in ',\n\r"'))
    return cell if plain else '"' + cell.replace('"', '""') + '"'


def outcome(ask: Callable[[], Any]) -> tuple[str, object]:
    """The bytes of an array, the texts of a list, or the words of an error."""
    try:
        found = ask()
    except ExoError as error:
        return "error", str(error)
    if isinstance(found, Coded):
        return "texts", (found.codes.tolist(), found.texts)
    if isinstance(found, np.ndarray):
        values = np.where(np.isnan(found), np.nan, found) if found.dtype.kind == "f" else found
        return found.dtype.str, (values.shape, values.tobytes())
    return type(found).__name__, found


ASKED: tuple[Callable[[Table, str], Any], ...] = (
    Table.numbers,
    Table.is_numeric,
    Table.dates,
    partial(Table.dates, up=True),
    Table.times,
    Table.texts,
    Table.coded,
)


def assert_same(quick: Table, slow: Table) -> None:
    assert quick.columns == slow.columns
    np.testing.assert_array_equal(quick.rows, slow.rows)
    for name in slow.columns:
        for ask in ASKED:
            one, other = (outcome(partial(ask, t, name)) for t in (quick, slow))
            assert one == other, name
        assert list(quick.cells[name]) == list(slow.cells[name])


def written(folder: Path, content: bytes | str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=files(),
    block=st.sampled_from([64, 256, 4_000_000]),
    sampled=st.sampled_from([40, 4_000_000]),
)
def test_the_quick_table_is_the_slow_one(
    tmp_path: Path, content: bytes, block: int, sampled: int
) -> None:
    path = written(tmp_path, content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_blocks, "BLOCK", block)
        patch.setattr(quick_csv, "SAMPLED", sampled)  # the rest is a surprise
        quick = quick_csv.quick_csv(path)
        if quick is not None:
            assert_same(quick, read_lines(path))


def table(folder: Path, rows: list[str], header: str = "date,symbol,close") -> Table:
    """A table that the quick reader must not refuse."""
    path = written(folder, "\n".join([header, *rows]) + "\n")
    quick = quick_csv.quick_csv(path)
    assert quick is not None
    assert_same(quick, read_lines(path))
    return quick


@pytest.mark.parametrize("number", [n for n in NUMBERS if n != "00012"])
def test_numbers_are_the_bits_of_python(tmp_path: Path, number: str) -> None:
    found = table(tmp_path, [f"2020-01-02,A,{number}"]).cells["close"]
    assert isinstance(found, Figures)
    assert found.values.tobytes() == np.array([float(number)]).tobytes()


@pytest.mark.parametrize("odd", [*ODD, *MISSING, "1.5"])
def test_a_surprise_far_behind_the_sample(
    tmp_path: Path, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same as line by line, whoever reads it in the end."""
    monkeypatch.setattr(quick_csv, "SAMPLED", 100)
    monkeypatch.setattr(csv_files, "WORTH", 0)
    rows = ["2020-01-02,A,1.5"] * 20
    text = "\n".join(["date,symbol,close", *rows, f"2020-01-02,A,{_quoted(odd, False)}", *rows])
    path = written(tmp_path, text)
    quick, slow = outcome(lambda: read_csv(path)), outcome(lambda: read_lines(path))
    assert quick[0] == slow[0]
    if isinstance(slow[1], Table) and isinstance(quick[1], Table):
        assert_same(quick[1], slow[1])
    else:
        assert quick == slow


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", [False, True])
@pytest.mark.parametrize("blanks", [(), (1,), (2, 2, 5), (12,)])
def test_the_true_line_is_named(
    tmp_path: Path, end: str, quote: bool, blanks: tuple[int, ...]
) -> None:
    lines = ["date,symbol,close", *(f"2020-01-{d:02d},A,{d}" for d in range(1, 11))]
    lines[9] = "2020-01-09,A,x"
    for at in blanks:
        lines.insert(at, "")
    text = [",".join(_quoted(c, quote) for c in line.split(",")) if line else "" for line in lines]
    quick = quick_csv.quick_csv(written(tmp_path, "\ufeff" + end.join(text) + end))
    assert quick is not None
    expected = 1 + lines.index("2020-01-09,A,x")
    with pytest.raises(ExoError, match=rf"t\.csv, line {expected}: close is 'x', not a finite"):
        quick.numbers("close")


def test_numbers_that_are_dates_or_names_keep_their_texts(tmp_path: Path) -> None:
    rows = [f"202001{d:02d},0{d:02d},{d}.50" for d in range(1, 20)]
    found = table(tmp_path, rows)
    assert str(found.dates("date")[4]) == "2020-01-05"
    assert found.coded("symbol")[4] == "005"
    assert isinstance(found.cells["symbol"], Figures)
    assert found.cells["close"][3] == "4.50"


def test_a_part_of_a_table(tmp_path: Path) -> None:
    found = table(tmp_path, [f"2020-01-{d:02d},{'AB'[d % 2]}{d % 3},{d}.0" for d in range(1, 20)])
    rows = found.numbers("close") > 15.0
    cells: dict[str, Column] = {
        n: c[rows] for n, c in found.cells.items() if isinstance(c, Coded | Figures)
    }
    part = Table(found.path, cells, found.rows[rows])
    assert list(part.texts("symbol")) == ["A1", "B2", "A0", "B1"]
    assert part.coded("symbol").texts == ("A0", "A1", "B1", "B2")
    assert part.numbers("close").tolist() == [16.0, 17.0, 18.0, 19.0]
    assert list(part.cells["close"]) == ["16.0", "17.0", "18.0", "19.0"]
    assert part.where(0).endswith("line 17")


@pytest.mark.parametrize(
    "content",
    [
        "date,symbol,close\n2020-01-02,A\n",
        "date,symbol,close\n2020-01-02,A,1,2\n",
        "date,symbol,close\n2020-01-02,A,1\n \n",
        "date,symbol,close\r2020-01-02,A,1\r",
        'date,symbol,close\n2020-01-02,"A\nB",1\n',
        'date,symbol,close\n2020-01-02,A"B,1\n',
        'date,symbol,close\n2020-01-02,"A"B,1\n',
        'date,symbol,close\n2020-01-02,"A""B",1\n',
        'date,symbol,close\n2020-01-02, "A",1\n',
        'date,symbol,close\n2020-01-02,"A,1\n',
        "date,symbol,close\n2020-01-02,A\0,1\n",
        b"date,symbol,close\n2020-01-02,\xff,1\n",
        "date,symbol,close\n2020-01-02,A,1\n2020-01-02,A,inf\n",
        "date,date,close\n2020-01-02,A,1\n",
        "date,symbol,close\n",
        "\ndate,symbol,close\n2020-01-02,A,1\n",
        f"date,symbol,close\n2020-01-02,{'A' * 140_000},1\n",
        f"date,symbol,close\n2020-01-02,A,{'1' * 140_000}\n",
        "",
    ],
)
def test_what_the_quick_reader_leaves_alone(
    tmp_path: Path, content: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, content)
    monkeypatch.setattr(quick_csv, "_kind", lambda cells: "number" if "1" in cells else "text")
    assert quick_csv.quick_csv(path) is None


def test_compressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "WORTH", 0)
    content = b"date,symbol,close\n" + b"2020-01-02,A,1.5\n" * 5000
    good = written(tmp_path, gzip.compress(content), "t.csv.gz")
    assert_same(read_csv(good), read_lines(good))
    assert isinstance(read_csv(good).cells["close"], Figures)
    damaged = written(tmp_path, gzip.compress(content)[:-9], "u.csv.gz")
    with pytest.raises(ExoError, match="truncated or damaged gzip"):
        read_csv(damaged)
    monkeypatch.setattr(quick_csv, "room", lambda: 1000)
    monkeypatch.setattr("mech_exo.data.tables.csv_lines.room", lambda: 1000)
    with pytest.raises(ExoError, match="larger than"):
        read_csv(good)


def test_without_pyarrow_the_result_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "WORTH", 0)
    path = written(tmp_path, "date,symbol,close\n" + "2020-01-02,A,1.5\n" * 9)
    with_it = read_csv(path)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        without = read_csv(path)
    assert isinstance(without.cells["close"], list)
    assert isinstance(with_it.cells["close"], Figures)
    assert_same(with_it, without)


def test_a_file_that_changes_between_two_reads(tmp_path: Path) -> None:
    found = table(tmp_path, [f"2020-01-02,{i},1.5" for i in range(9)])
    written(tmp_path, "date,symbol,close\n2020-01-02,1,1.5\n")
    again = quick_csv.quick_csv(written(tmp_path, "date,symbol,close\n2020-01-02,1,1.5\n"))
    assert again is not None
    written(tmp_path, "date,symbol,close\n2020-01-02,1\n")
    with pytest.raises(ExoError, match="was changed while it was read"):
        again.texts("symbol")
    assert list(found.texts("symbol")) == [str(i) for i in range(9)]  # kept
