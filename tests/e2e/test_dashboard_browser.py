"""`exo dashboard` in a real browser: what the page draws, and what it may not do.

`EXO_SCREENSHOTS=FOLDER` keeps a picture of every page that is looked at.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dashboard import make_study
from mech_exo.report.dashboard_plots import EQUITY, WEIGHTS
from mech_exo.tuning.records import read_study, study_names
from tests.cli.conftest import environment
from tests.cli.file_project import file_project
from tests.e2e.browsers import PATIENCE_S, chromium_in, errors, needs_browser, unclosed

pytestmark = needs_browser


@contextmanager
def served(path: Path, *options: str) -> Iterator[str]:
    """The address of `exo dashboard` on a study file."""
    command = [sys.executable, "-m", "mech_exo.cli", "dashboard", "--study-file", str(path)]
    port = free_port()
    with subprocess.Popen(
        [*command, "--port", str(port), *options],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        try:
            assert f"http://127.0.0.1:{port}" in server.stderr.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            said = server.stderr.read()
        assert server.wait() == 0, said


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """The browser on an empty page; afterwards no page asks a server that has ended."""
    yield chromium
    chromium.get("about:blank")
    chromium.get_log("browser")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium_in(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


def look(browser: Any, address: str, ready: Callable[[Any], Any], name: str) -> Any:
    """Open a page and return what `ready` finds on it as soon as that is something."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(address)
    found = WebDriverWait(browser, PATIENCE_S).until(ready, f"{address} does not become ready")
    if folder := os.environ.get("EXO_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))
    return found


_PLOTS = """
const count = v => v === undefined ? 0 : v.length;
return Object.fromEntries([...document.querySelectorAll(".js-plotly-plot")].map(
    plot => [plot.id, (plot.data || []).map(t => ({
        name: t.name || "", text: t.hovertemplate || "",
        x: Array.from(t.x || []), y: Array.from(t.y || [])}))]));
"""


def plots(*wanted: str) -> Callable[[Any], dict[str, list[dict[str, Any]]] | None]:
    """The plots of a page by id, once all that are wanted have points."""

    def ready(browser: Any) -> dict[str, list[dict[str, Any]]] | None:
        drawn: dict[str, list[dict[str, Any]]] = browser.execute_script(_PLOTS)
        full = all(any(trace["x"] for trace in drawn.get(name, [])) for name in wanted)
        return drawn if full else None

    return ready


def text(*wanted: str) -> Callable[[Any], str | None]:
    """The text of a page once it has all that is wanted."""

    def ready(browser: Any) -> str | None:
        shown: str = browser.find_element("css selector", "body").text
        return shown if all(word in shown for word in wanted) else None

    return ready


@unclosed
def test_a_pareto_study_with_infeasible_trials(tmp_path: Path, browser: Any) -> None:
    path = tmp_path / "f.db"
    make_study(path, 40, ("maximize", "minimize"), name="front")
    study = read_study(path, "front")
    infeasible = [t for t in study.trials if not t.feasible]
    front = study.front()
    assert 5 < len(infeasible) < 35
    assert 2 < len(front) < 20
    with served(path) as address:
        page = f"{address}/dashboard/studies/1"
        history = plots("graph-pareto-front", "plot-history", "graph-hyperparameter-importances")
        drawn = look(browser, page, history, "front")
        grey, feasible, best = drawn["graph-pareto-front"][1:]
        assert sorted(zip(best["x"], best["y"], strict=True)) == sorted(t.values for t in front)
        assert sorted(zip(grey["x"], grey["y"], strict=True)) == sorted(
            t.values for t in infeasible
        )
        assert len(feasible["x"]) == 40 - len(front) - len(infeasible)
        shown = wait_for(browser, text("Best Trials"))
        listed = [
            int(line[6:])
            for line in shown.splitlines()
            if line.startswith("Trial ") and line[6:].isdigit()
        ]
        assert listed == [t.number for t in front]
        drawn = look(
            browser, f"{page}/analytics", plots("plot-edf-0", "plot-edf-1", "plot-slice"), "edf"
        )
        assert [len(set(drawn[f"plot-edf-{i}"][0]["y"])) > 10 for i in (0, 1)] == [True, True]
        assert errors(browser) == []


@unclosed
def test_five_thousand_trials(tmp_path: Path, browser: Any) -> None:
    path = tmp_path / "f.db"
    make_study(path, 5000)
    study = read_study(path, "large")
    best = study.best()
    assert best is not None
    assert best.values[0] < max(t.values[0] for t in study.trials)  # the greatest is infeasible
    with served(path) as address:
        page = f"{address}/dashboard/studies/1"
        wanted = plots("plot-history", "graph-hyperparameter-importances")
        drawn = look(browser, page, wanted, "history")
        grey, points, line = drawn["plot-history"][1:]
        assert len(points["x"]) == sum(t.feasible for t in study.trials)
        assert len(grey["x"]) + len(points["x"]) == 5000
        assert line["y"][-1] == best.values[0]
        assert len(drawn["graph-hyperparameter-importances"][0]["x"]) == 12
        wait_for(browser, text(f"Best Trial (number={best.number})", str(best.values[0])))
        edf = look(browser, f"{page}/analytics", plots("plot-edf-0", "plot-slice"), "large_edf")
        assert len(set(edf["plot-edf-0"][0]["y"])) > 50
        shown = look(browser, f"{page}/trials", text("5000 Trials", "Trial 7"), "trials")
        assert "sharpe" in shown
        assert errors(browser) == []


_FETCH = """
const [address, method, done] = arguments;
const headers = {"Content-Type": "application/json"};
fetch(address, {method, headers, body: method === "GET" ? undefined : "{}"}).then(
    async answer => done([answer.status, await answer.text()]), error => done([0, `${error}`]));
"""


_WHERE = (
    "return document.readyState === 'complete' && document.URL !== 'about:blank' && document.URL"
)


@contextmanager
def framing(address: str) -> Iterator[str]:
    """The address of a page that frames another."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{address}'></iframe>".encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@unclosed
def test_read_only_and_strangers(tmp_path: Path, browser: Any) -> None:
    path = tmp_path / "f.db"
    make_study(path, 3)
    with served(path) as address:
        look(browser, f"{address}/dashboard", text("large"), "studies")
        status, said = browser.execute_async_script(_FETCH, "/api/studies/1", "DELETE")
        assert (status, "exo dashboard --writable" in said) == (403, True)
        [button] = browser.find_elements("css selector", "[aria-label='delete study']")
        button.click()
        browser.find_element("xpath", "//button[normalize-space()='Yes']").click()
        wait_for(browser, text("Failed to delete study"))
        errors(browser)
        stranger = address.replace("127.0.0.1", "rebound.example")
        look(browser, f"{stranger}/dashboard", text("does not answer to rebound.example"), "name")
        status, said = browser.execute_async_script(_FETCH, "/api/studies", "GET")
        assert status == 403
        assert "large" not in said
        with framing(f"{address}/dashboard") as other:
            browser.get(other)
            browser.switch_to.frame(0)
            shown = wait_for(browser, lambda b: b.execute_script(_WHERE))
            browser.switch_to.default_content()
        assert shown == "chrome-error://chromewebdata/"
    assert study_names(path) == ["large"]


def wait_for(browser: Any, ready: Callable[[Any], Any]) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, PATIENCE_S).until(ready)


@unclosed
def test_the_story_of_a_study(tmp_path: Path, browser: Any) -> None:
    folder = file_project(tmp_path / "project")
    command = [sys.executable, "-m", "mech_exo.cli", "optuna-run", "--n-jobs", "1", "--quiet"]
    name = "<img src=x onerror=alert(1)> **b** [l](javascript:alert(1))"
    command += ["--n-trials", "12", "--study-name", name]
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    file = folder / "studies/factor_opt.db"
    best = read_study(file, name).best()
    assert best is not None
    with served(file, "--project", str(folder)) as address:
        page = f"{address}/dashboard/studies/1"
        ids = tuple(f"user-defined-plot:{plot}" for plot in (WEIGHTS, EQUITY))
        browser.get(f"{address}/dashboard")
        wait_for(
            browser, lambda b: EQUITY in b.execute_async_script(_FETCH, "/api/studies/1", "GET")[1]
        )
        wanted = ("plot-history", "graph-hyperparameter-importances", "graph-timeline", *ids)
        drawn = look(browser, page, plots(*wanted), "story")
        assert len(drawn) == 5  # history, importance, timeline, and two of exo
        bar = drawn[ids[0]][0]
        assert bar["x"] == [v for n, v in best.params.items() if n.startswith("weight_")]
        portfolio, universe = drawn[ids[1]]
        assert portfolio["name"] == f"trial {best.number}"
        assert len(portfolio["x"]) == len(universe["x"]) > 200
        shown = look(browser, f"{page}/note", text("What exo knows of this study"), "note")
        for words in (name, "max_drawdown", "exo validate", "Verdict.", f"trial {best.number}"):
            assert words in shown
        assert len(browser.find_elements("css selector", "table tbody tr")) == 3  # the limits
        assert browser.find_elements("css selector", "img[src='x'], a[href^='javascript']") == []
        assert errors(browser) == []
