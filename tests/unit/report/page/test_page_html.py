"""The page: one file, whole, in order, and with nothing in it that was not meant to be."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from mech_exo.report.charts.chart import draw
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.page.page_blocks import (
    Block,
    Bullets,
    Callout,
    Code,
    CommandLines,
    KeyFigure,
    KeyFigures,
    PageSection,
    Paragraph,
    ReportPage,
    Strong,
)
from mech_exo.report.page.page_html import page_html
from tests.unit.report.charts.sample_charts import sample_charts, sample_page
from tests.unit.report.charts.test_charts import HOSTILE, named

VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """What a page has: elements with their attributes, text, and whether all are closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return sample_page()


def test_the_same_sections_give_the_same_bytes(page: str) -> None:
    assert sample_page() == page


def test_it_is_small(page: str) -> None:
    assert len(page.encode()) < 1_000_000


def test_it_names_no_address(page: str) -> None:
    outline = Outline(page)
    addresses = [
        value
        for _, attributes in outline.elements
        for name, value in attributes.items()
        if name in ("src", "href", "action", "srcset", "data", "poster")
    ]
    assert {a for a in addresses if not a.startswith("#")} == {"data:,"}
    assert not re.search(r"@import|@font-face|url\(|fetch\(|XMLHttp|import\(", page)
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
    [policy] = [m for m in outline.all("meta") if "http-equiv" in m]
    assert policy["content"].startswith("default-src 'none'")


def test_everything_is_closed_and_has_its_own_name(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    ids = Counter(a["id"] for _, a in outline.elements if "id" in a)
    assert [name for name, count in ids.items() if count > 1] == []
    for _, attributes in outline.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(name, "main") in ids
        assert attributes.get("href", "#main").removeprefix("#") in {*ids, "data:,"}


def test_a_reader_without_eyes_finds_the_way(page: str) -> None:
    outline = Outline(page)
    assert outline.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h\d", tag)]
    assert levels == [1] + [2] * (len(levels) - 1)
    assert [len(outline.all(tag)) for tag in ("main", "nav", "header")] == [1, 1, 1]
    figures = len(sample_charts())
    assert len(outline.all("figure")) == len(outline.all("details")) == figures
    charts = outline.all("svg")
    assert len(charts) == 2 * figures
    assert all(c["role"] == "img" and len(c["aria-label"]) > 20 for c in charts)
    tables = len(outline.all("table"))
    assert tables == len(outline.all("caption")) == figures + 1
    assert {th["scope"] for th in outline.all("th")} == {"row", "col"}


def hostile_page() -> str:
    table = TextTable(HOSTILE, (HOSTILE, "n"), ((HOSTILE, HOSTILE),), note=HOSTILE)
    blocks: tuple[Block, ...] = (
        Paragraph(HOSTILE, Code(HOSTILE), Strong(HOSTILE)),
        Bullets(((HOSTILE, Code(HOSTILE)),)),
        Callout(HOSTILE, (HOSTILE,), "bad"),
        KeyFigures((KeyFigure(HOSTILE, HOSTILE, HOSTILE),)),
        CommandLines(HOSTILE, (HOSTILE, HOSTILE)),
        table,
        *(draw(named(chart, HOSTILE)) for chart in sample_charts()),
    )
    return page_html(ReportPage(HOSTILE, HOSTILE, (PageSection("s", HOSTILE, blocks),), HOSTILE))


def test_hostile_names_are_texts(page: str) -> None:
    outline, honest = Outline(hostile_page()), Outline(page)
    assert outline.open == []
    assert {tag for tag, _ in outline.elements} == {tag for tag, _ in honest.elements}
    assert len(outline.all("script")) == 1
    shown = "".join(outline.text)
    assert shown.count("<script>alert(1)</script>") > 20
    assert not [a for _, a in outline.elements if any(n.startswith("on") for n in a)]


def test_a_table_whose_rows_are_not_as_wide_as_its_head_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has not 2 cells"):
        TextTable("t", ("a", "b"), (("1", "2"), ("1",)))
