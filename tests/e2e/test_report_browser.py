"""A report's page in a real browser: with every kind of chart, at two widths, in both themes, in
print, by keyboard, and without a request.

`EXO_SCREENSHOTS=FOLDER` keeps a picture of every page that is looked at.
"""

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mech_exo.report.charts.chart import draw
from mech_exo.report.page.page_blocks import Code, PageSection, Paragraph, ReportPage
from mech_exo.report.page.page_html import page_html
from mech_exo.system.chromium import printed_pdf
from tests.cli.conftest import lay_out, run_exo
from tests.e2e.browsers import chromium_in, errors, needs_browser, unclosed
from tests.unit.report.charts.awkward_charts import LONG, awkward_charts
from tests.unit.report.charts.sample_charts import sample_charts, sample_page

pytestmark = needs_browser
LOOKS = Path(__file__).with_name("page_looks.js").read_text("utf-8")
FIGURES = len(sample_charts())
A4 = (595.0, 842.0)  # points
PRINTED = (794 - 2 * 57, 1123 - 60 - 68)  # pixels within the margins of page.css


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium_in(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("a report") / "report – 1.html"
    path.write_text(sample_page(), "utf-8")
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `exo report` writes of a study with a hostile name."""
    project = lay_out(tmp_path_factory.mktemp("reported") / "project")
    name = "<script>alert('a study')</script>"
    for command in (
        ("optuna-run", "--n-trials", "40", "--study-name", name, "--export-yaml", "f.yml"),
        ("report", name, "--out", "report.html"),
    ):
        run = run_exo(*command, cwd=project)
        assert run.returncode in (0, 3), run.stderr
    return project / "report.html"


def opened(browser: Any, page: Path, width: int, theme: str = "light", media: str = "") -> Any:
    """The page at a width, in a theme, as a screen or as paper shows it."""
    scheme = {"name": "prefers-color-scheme", "value": theme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [scheme]})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get_log("performance")
    browser.get(page.as_uri())
    keep_picture(browser, f"{page.stem}-{width}-{theme}{media}")
    return browser


def keep_picture(browser: Any, name: str) -> None:
    if folder := os.environ.get("EXO_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))


def requests(browser: Any) -> list[str]:
    """Addresses that were asked for since last asked."""
    found = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return found


@unclosed
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 740, 1440])
def test_nothing_is_wrong_on_a_screen(width: int, theme: str, chromium: Any, page: Path) -> None:
    browser = opened(chromium, page, width, theme)
    looks = browser.execute_script(LOOKS)
    assert looks["wrong"] == {name: [] for name in looks["wrong"]}
    assert looks["charts"] == FIGURES
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 200) == (theme == "dark")
    assert errors(browser) == []
    asked = [a for a in requests(browser) if not a.startswith("data:")]
    assert asked == [page.as_uri()]


@unclosed
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_a_study_is_reported(width: int, theme: str, chromium: Any, report: Path) -> None:
    browser = opened(chromium, report, width, theme)
    looks = browser.execute_script(LOOKS)
    assert looks["wrong"] == {name: [] for name in looks["wrong"]}
    assert looks["charts"] >= 10
    assert "<script>alert('a study')</script>" in browser.find_element("css selector", "h1").text
    assert errors(browser) == []
    assert [a for a in requests(browser) if not a.startswith("data:")] == [report.as_uri()]


@unclosed
def test_a_report_breaks_no_figure_on_paper(chromium: Any, report: Path) -> None:
    browser = opened(chromium, report, PRINTED[0], "light", "print")
    for name, right, height, breaks in browser.execute_script(_PAPER):
        assert right <= PRINTED[0] + 1, name
        assert height <= PRINTED[1], name
        assert breaks == "avoid", name


@unclosed
@pytest.mark.parametrize("width", [390, 1440])
def test_long_names_and_little_room(width: int, chromium: Any, tmp_path: Path) -> None:
    figures = tuple(draw(chart) for chart in awkward_charts())
    words = Paragraph(LONG.replace(" ", "_"), Code(LONG.replace(" ", "-")))
    section = PageSection("s", LONG, (words, *figures, figures[0].table))
    path = tmp_path / "awkward.html"
    path.write_text(page_html(ReportPage(LONG.replace(" ", "_"), LONG, (section,))), "utf-8")
    looks = opened(chromium, path, width).execute_script(LOOKS)
    assert looks["wrong"] == {name: [] for name in looks["wrong"]}
    assert looks["charts"] == len(figures)
    assert errors(chromium) == []


@unclosed
def test_tables_that_are_open_scroll_in_their_own_box(chromium: Any, page: Path) -> None:
    browser = opened(chromium, page, 390)
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true })")
    looks = browser.execute_script(LOOKS)
    assert looks["wrong"] == {name: [] for name in looks["wrong"]}
    wide = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')]"
        ".filter(box => box.scrollWidth > box.clientWidth).length"
    )
    assert wide > 0


_REACHABLE = """
const wanted = "a[href], summary, [tabindex='0'], button, input";
return [...document.querySelectorAll(wanted)].filter(e => e.checkVisibility()).length;
"""
_FOCUSED = """
const e = document.activeElement, style = getComputedStyle(e);
e.seen = (e.seen || 0) + 1;
return [e.tagName.toLowerCase(), e.seen, parseFloat(style.outlineWidth)];
"""


@unclosed
@pytest.mark.parametrize("width", [390, 1440])
def test_the_keyboard_reaches_everything(width: int, chromium: Any, page: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser = opened(chromium, page, width)
    reachable = browser.execute_script(_REACHABLE)
    assert reachable > 2 * FIGURES
    order = []
    for _ in range(reachable):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        order.append(browser.execute_script(_FOCUSED))
    assert [seen for _, seen, _ in order] == [1] * reachable
    assert order[0][0] == "a"
    assert [tag for tag, _, _ in order].count("svg") == FIGURES
    assert min(outline for _, _, outline in order) >= 1


_READING = "return document.getElementById('reading').textContent || null;"


@unclosed
def test_values_are_read_by_keyboard_and_pointer(chromium: Any, page: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser = opened(chromium, page, 1440)
    charts = [e for e in browser.find_elements("css selector", "svg.chart") if e.is_displayed()]
    for chart in charts:
        readings = json.loads(chart.get_attribute("data-readings"))
        browser.execute_script("arguments[0].focus()", chart)
        assert browser.execute_script(_READING) is None
        for key, expected in ((Keys.HOME, 0), (Keys.ARROW_RIGHT, 1), (Keys.END, -1)):
            ActionChains(browser).send_keys(key).perform()
            assert browser.execute_script(_READING) == readings[expected][2]
        ActionChains(browser).send_keys(Keys.ESCAPE).perform()
        assert browser.execute_script(_READING) is None
        ActionChains(browser).move_to_element(chart).perform()
        assert browser.execute_script(_READING) in {text for _, _, text in readings}
        inside = browser.execute_script(
            "const b = document.getElementById('reading').getBoundingClientRect();"
            "return b.left >= 0 && b.right <= innerWidth && b.top >= 0"
        )
        assert inside
    ActionChains(browser).move_by_offset(0, -5).move_to_element(
        browser.find_element("css selector", "h1")
    ).perform()
    assert browser.execute_script(_READING) is None


@unclosed
def test_without_javascript_nothing_is_lost(chromium: Any, page: Path) -> None:
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser = opened(chromium, page, 1440)
        charts = browser.find_elements("css selector", "figure .wide svg.chart")
        assert [c.is_displayed() for c in charts] == [True] * FIGURES
        assert {c.get_dom_attribute("tabindex") for c in charts} == {None}  # nothing to press
        [first, *_] = browser.find_elements("css selector", "figure summary")
        first.click()
        [table, *_] = browser.find_elements("css selector", "figure table")
        assert "this portfolio" in table.text
    finally:
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


_PAPER = """
return [...document.querySelectorAll("figure, .callout, .figures")].map(f => {
  const box = f.getBoundingClientRect(), style = getComputedStyle(f);
  return [f.id || f.className, box.right, box.height, style.breakInside];
});
"""


@unclosed
def test_print_is_a4_and_breaks_no_figure(chromium: Any, page: Path) -> None:
    browser = opened(chromium, page, PRINTED[0], "dark", "print")
    for name, right, height, breaks in browser.execute_script(_PAPER):
        assert right <= PRINTED[0] + 1, name
        assert height <= PRINTED[1], name
        assert breaks == "avoid", name
    hidden = browser.execute_script(
        "return [...document.querySelectorAll('nav, details, .narrow, .skip')]"
        ".filter(e => e.getClientRects().length).length"
    )
    assert hidden == 0
    looks = browser.execute_script(LOOKS)["wrong"]
    del looks["small"]  # paper has more dots
    assert looks == {name: [] for name in looks}


def test_a_pdf_has_a4_pages(page: Path) -> None:
    printed = printed_pdf(page.read_text("utf-8"))
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", printed)
    assert len(boxes) >= 4
    assert b"/Outlines" in printed  # a reader's list of sections
    assert b"/MarkInfo" in printed  # tagged, so that it can be read aloud
    for width, height in boxes:
        assert (float(width), float(height)) == pytest.approx(A4, abs=1.0)
