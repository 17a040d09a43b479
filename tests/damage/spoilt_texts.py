"""Damages to the text of a file: its encoding, lines, header, cells."""

import zlib
from collections.abc import Callable
from dataclasses import replace

from tests.damage.good_files import Files, Grid, long_prices
from tests.damage.kinds import CellOf, Change, Damage, prices_text, raw_prices, with_prices
from tests.damage.outcome import gzipped

ROW, NAME = 500, "AKP"
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
HTML = "<!DOCTYPE html><html><head><title>Too many requests</title></head><body>429</body></html>\n"


def _cut(files: Files) -> Files:
    return raw_prices(files, prices_text(files)[:-17].encode())


def _shuffled(files: Files) -> Files:
    rows = files.prices.rows
    return with_prices(files, files.prices.with_rows((*rows[1::2], *rows[::2])))


def _columns_reversed(files: Files) -> Files:
    grid = files.prices
    rows = tuple((cells[0], *cells[:0:-1]) for cells in grid.rows)
    return with_prices(files, Grid((grid.header[0], *grid.header[:0:-1]), rows))


def _line(text: str, at: int) -> Change:
    """A line put in before line `at` of the file, counted from 0."""

    def change(files: Files) -> Files:
        lines = prices_text(files).splitlines(keepends=True)
        place = at if at >= 0 else len(lines) + 1 + at
        return raw_prices(files, "".join([*lines[:place], text, *lines[place:]]).encode())

    return change


def _row(change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Change:
    """One row of the prices as other cells."""

    def spoil(files: Files) -> Files:
        rows = list(files.prices.rows)
        rows[ROW] = change(rows[ROW])
        return with_prices(files, files.prices.with_rows(rows))

    return spoil


def _separated(separator: str, decimal: str = ".") -> Change:
    def change(files: Files) -> Files:
        text = files.prices.text("|").replace(".", decimal).replace("|", separator)
        return raw_prices(files, text.encode())

    return change


def _text(change: Callable[[str], str], encoding: str = "utf-8") -> Change:
    return lambda files: raw_prices(files, change(prices_text(files)).encode(encoding))


def _header(change: Callable[[str], str]) -> Change:
    def spoil(files: Files) -> Files:
        header, rest = prices_text(files).split("\n", 1)
        return raw_prices(files, (change(header) + "\n" + rest).encode())

    return spoil


def _header_again(files: Files) -> Files:
    rows = files.prices.rows
    again = (*rows[:ROW], files.prices.header, *rows[ROW:])
    return with_prices(files, files.prices.with_rows(again))


def _quoted(files: Files) -> Files:
    quoted = [",".join(f'"{c}"' for c in line.split(",")) for line in prices_text(files).split()]
    return raw_prices(files, ("\n".join(quoted) + "\n").encode())


def _gzip(content: Callable[[bytes], bytes]) -> Change:
    def change(files: Files) -> Files:
        name = "prices.csv.gz"
        packed = content(gzipped(prices_text(files)))
        return replace(files, prices_file=name, raw={name: packed})

    return change


def _misnamed(ending: str, content: Callable[[str], bytes]) -> Change:
    def change(files: Files) -> Files:
        name = f"prices{ending}"
        return replace(files, prices_file=name, raw={name: content(prices_text(files))})

    return change


cell = CellOf(NAME, ROW)

TEXTS = (
    Damage("a byte order mark", _text(lambda t: "\ufeff" + t), "same"),
    Damage("lines that end with CR LF", _text(lambda t: t.replace("\n", "\r\n")), "same"),
    Damage("lines that end with CR", _text(lambda t: t.replace("\n", "\r")), "same"),
    Damage("no end of the last line", _text(str.rstrip), "same"),
    Damage("blank lines at the end", _text(lambda t: t + "\n\n\n"), "same"),
    Damage("a blank line in the middle", _line("\n", 300), "same"),
    Damage("a blank line before the header", _line("\n", 0), "refused"),
    Damage("a comment before the header", _line("# downloaded 2025-12-31\n", 0), "refused"),
    Damage("a title before the header", _line("Closing prices\n", 0), "refused"),
    Damage("a total in the last line", _line("Total," * 30 + "1\n", -1), "refused"),
    Damage("a remark in the last line", _line("Source: the vendor\n", -1), "refused"),
    Damage("blanks around the names", _header(lambda h: h.replace(",", " , ")), "same"),
    Damage("blanks around the cells", _text(lambda t: t.replace(",", ", ")), "same"),
    Damage("every cell in quotes", _quoted, "same"),
    Damage("semicolons", _separated(";"), "same"),
    Damage("tabs", _separated("\t"), "same"),
    Damage("bars", _separated("|"), "same"),
    Damage("semicolons and decimal commas", _separated(";", ","), "any"),
    Damage("blanks between the cells", _separated(" "), "refused"),
    Damage("cut off in the last line", _cut, "refused"),
    Damage("a row with a cell too many", _row(lambda c: (*c, "1.0")), "refused"),
    Damage("a row with a cell too few", _row(lambda c: c[:-1]), "refused"),
    Damage("a comma at the end of every line", _text(lambda t: t.replace("\n", ",\n")), "refused"),
    Damage("a quote that is not closed", _row(lambda c: (c[0], '"' + c[1], *c[2:])), "refused"),
    Damage("UTF-16", _text(str, "utf-16"), "refused"),
    Damage("Latin-1", _text(lambda t: t.replace(NAME, "AÉP"), "latin-1"), "refused"),
    Damage("a NUL in a cell", cell("12\x003"), "refused"),
    Damage("a name twice in the header", _header(lambda h: h.replace("BLQ", NAME)), "refused"),
    Damage("a name missing in the header", _header(lambda h: h.replace("BLQ", "")), "refused"),
    Damage("no header", _text(lambda t: t.split("\n", 1)[1]), "refused"),
    Damage("the header again in the middle", _header_again, "refused"),
    Damage("rows in another order", _shuffled, "same"),
    Damage("columns in another order", _columns_reversed, "same"),
    Damage("a page instead of a file", lambda f: raw_prices(f, HTML.encode()), "refused"),
    Damage("an empty file", lambda f: raw_prices(f, b""), "refused"),
    Damage("a header alone", lambda f: with_prices(f, f.prices.with_rows(())), "refused"),
    Damage("gzip", _gzip(lambda b: b), "same"),
    Damage("gzip that is cut off", _gzip(lambda b: b[:-200]), "refused"),
    Damage("gzip with a flipped byte", _gzip(lambda b: b[:5000] + b"\0\1" + b[5002:]), "refused"),
    Damage("text that is called gzip", _misnamed(".csv.gz", str.encode), "refused"),
    Damage("gzip that is called text", _misnamed(".csv", gzipped), "refused"),
    Damage("text that is called Parquet", _misnamed(".parquet", str.encode), "refused"),
    Damage("an unknown ending", _misnamed(".dat", str.encode), "refused"),
    Damage(
        "zlib without a gzip header",
        _misnamed(".csv.gz", lambda t: zlib.compress(t.encode())),
        "refused",
    ),
    Damage("a thousands separator", cell('"1,234.5"'), "refused"),
    Damage("a currency sign", cell("$93.10"), "refused"),
    Damage("a percent sign", cell("93.1%"), "refused"),
    Damage("a word", cell("halted"), "refused"),
    Damage("infinity", cell("inf"), "refused"),
    Damage("a number beyond all numbers", cell("1e400"), "refused"),
    Damage("underscores in a number", cell("1_000"), "refused"),
    Damage("a price of zero", cell("0"), "refused"),
    Damage("a negative price", cell("-93.1"), "refused"),
    Damage("a price of −999 for none", cell("-999"), "refused"),
    Damage("a point for no price", cell("."), "refused"),
    Damage("two points in a number", cell("93.1.0"), "refused"),
    Damage("full-width digits", cell(lambda old: old.translate(WIDE)), "any"),
    Damage("a plus before a number", cell(lambda old: f"+{old}"), "same"),
    Damage("a blank inside a number", cell(lambda old: f"{old[:1]} {old[1:]}"), "refused"),
    Damage("an apostrophe before a number", cell(lambda old: f"'{old}"), "refused"),
    Damage("a no-break blank after a number", cell(lambda old: f"{old}\u00a0"), "any"),
    Damage("a formula", cell("=B499"), "refused"),
    Damage("#DIV/0!", cell("#DIV/0!"), "refused"),
    Damage("long instead of wide", lambda f: with_prices(f, long_prices(f.prices)), "same"),
    Damage(
        "long with blanks around the symbols",
        lambda f: with_prices(f, long_prices(f.prices).mapped("symbol", lambda _, s: f" {s} ")),
        "same",
    ),
)
