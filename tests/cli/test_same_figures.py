"""Every metric of one portfolio is the same number wherever it is shown: to the last bit.

`SOURCES` has a line for each place. A new place that shows metrics is one line more.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
import yaml

from mech_exo import Project
from mech_exo.backtest.metrics import METRICS
from mech_exo.cli.entry import run
from mech_exo.factor_file.document import FIGURES
from mech_exo.report.dashboard_server import application
from mech_exo.report.trial_listing import shown
from mech_exo.tuning.trial_table import trial_rows
from tests.cli.conftest import lay_out
from tests.unit.report.dashboard_requests import ask

if TYPE_CHECKING:
    import pandas as pd

STUDY = "größe 1"
FILE = "best portfolio.yml"


@dataclass(frozen=True)
class Told:
    """A project with a study, and what the run that made it printed with `--json`."""

    folder: Path
    run: dict[str, Any]
    capsys: pytest.CaptureFixture[str] | None = None

    @property
    def trial(self) -> int:
        """The best one."""
        return int(self.run["best"]["number"])

    def exo(self, *arguments: str) -> str:
        """What a command prints."""
        assert self.capsys is not None
        self.capsys.readouterr()
        assert run(arguments) == 0, self.capsys.readouterr().err
        return self.capsys.readouterr().out

    def json(self, *arguments: str) -> Any:
        """What a command prints with `--json`."""
        return json.loads(self.exo(*arguments, "--json"))


Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """A place that shows metrics.

    Attributes
    ----------
    part
        Which figures: in sample, or of the holdout.
    figures
        Metric -> number, text of a number, or None where it is undefined.
    metrics
        Those that it has; the usual: all.
    """

    part: Literal["in_sample", "out_of_sample"]
    figures: Callable[[Told], Figures]
    metrics: tuple[str, ...] = tuple(METRICS)


def _row(told: Told, form: str) -> Figures:
    text = told.exo("study", "trials", STUDY, "--format", form, "--where", f"number=={told.trial}")
    (row,) = csv.DictReader(io.StringIO(text)) if form == "csv" else json.loads(text)
    return {name: row[f"metric_{name}"] or None for name in METRICS}


def _compared(told: Told) -> Figures:
    studies = told.json("study", "compare", STUDY, "other")["studies"]
    found: Figures = studies[0]["best"]["metrics"]
    return found


def _file(told: Told) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((told.folder / FILE).read_text("utf-8"))
    return document


def _stated(told: Told) -> Figures:
    metadata = _file(told)["metadata"]
    return {metric: metadata[name] for name, metric in FIGURES.items()}


def _verified(told: Told) -> Figures:
    values = {v["name"]: v for v in told.json("verify", FILE)["values"]}
    return {name: values[f"out_of_sample.metrics.{name}"]["computed"] for name in METRICS}


def _dashboard(told: Told) -> Figures:
    app = application(told.folder / "studies/factor_opt.db")
    studies = ask(app, "/api/studies").json["study_summaries"]
    number = next(s["study_id"] for s in studies if s["study_name"] == STUDY)
    trials = ask(app, f"/api/studies/{number}?after=0").json["trials"]
    told_of = {a["key"]: a["value"] for a in trials[told.trial]["user_attrs"]}
    return {name: told_of.get(name) for name in METRICS}


def _named(metrics: "pd.Series[float]") -> Figures:
    return {str(name): float(value) for name, value in metrics.items()}


def _library(told: Told) -> Figures:
    best = Project.open(told.folder).study(STUDY).best
    assert best is not None
    return _named(best.metrics)


def _library_table(told: Told) -> Figures:
    row = Project.open(told.folder).study(STUDY).trials.loc[told.trial]
    return {name: row[f"metric_{name}"] for name in METRICS}


def _library_run(part: Literal["in_sample", "holdout"]) -> Callable[[Told], Figures]:
    def figures(told: Told) -> Figures:
        project = Project.open(told.folder)
        best = project.study(STUDY).best
        assert best is not None
        return _named(project.backtest(best, part=part).metrics)

    return figures


def _backtest(portfolio: str, *more: str) -> Callable[[Told], Figures]:
    def figures(told: Told) -> Figures:
        named = () if portfolio.endswith(".yml") else ("--study-name", STUDY)
        found: Figures = told.json("backtest", portfolio, *named, *more)["metrics"]
        return found

    return figures


def _page(told: Told) -> dict[str, Any]:
    """The exact figures that the report's page carries."""
    told.exo("report", STUDY, "--out", "report.html")
    page = (told.folder / "report.html").read_text("utf-8")
    _, _, rest = page.partition('id="report-data">')
    found: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return found


def _reported(part: Literal["in_sample", "out_of_sample"]) -> Callable[[Told], Figures]:
    def figures(told: Told) -> Figures:
        found: Figures = told.json("report", STUDY)["portfolios"]["portfolio"][part]
        return found

    return figures


SOURCES = {
    "optuna-run --json": Source("in_sample", lambda t: t.run["best"]["in_sample"]),
    "study show --json": Source(
        "in_sample", lambda t: t.json("study", "show", STUDY)["best"]["metrics"]
    ),
    "study show --trial --json": Source(
        "in_sample",
        lambda t: t.json("study", "show", STUDY, "--trial", str(t.trial))["metrics"],
    ),
    "study trials --format csv": Source("in_sample", lambda t: _row(t, "csv")),
    "study trials --format json": Source("in_sample", lambda t: _row(t, "json")),
    "study compare --json": Source("in_sample", _compared),
    "dashboard": Source("in_sample", _dashboard),
    "factor file": Source("in_sample", _stated, tuple(FIGURES.values())),
    "Project.study().best": Source("in_sample", _library),
    "Project.study().trials": Source("in_sample", _library_table),
    "Project.backtest": Source("in_sample", _library_run("in_sample")),
    "exo backtest best": Source("in_sample", _backtest("best")),
    "exo backtest FILE": Source("in_sample", _backtest(FILE)),
    "factor file, holdout": Source("out_of_sample", lambda t: _file(t)["out_of_sample"]["metrics"]),
    "verify --json": Source("out_of_sample", _verified),
    "Project.backtest, holdout": Source("out_of_sample", _library_run("holdout")),
    "exo backtest, holdout": Source("out_of_sample", _backtest(FILE, "--part", "holdout")),
    "exo backtest, as it is": Source(
        "in_sample",
        lambda t: t.json("backtest", FILE, "--what-if", "default")["what_ifs"][0]["metrics"],
    ),
    "report": Source("in_sample", lambda t: _page(t)["portfolios"]["portfolio"]["in_sample"]),
    "report, holdout": Source(
        "out_of_sample", lambda t: _page(t)["portfolios"]["portfolio"]["out_of_sample"]
    ),
    "report, as it is": Source("in_sample", lambda t: _page(t)["what_if"][0]["in_sample"]),
    "report --json": Source("in_sample", _reported("in_sample")),
    "report --json, holdout": Source("out_of_sample", _reported("out_of_sample")),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A study whose best trial is exported, and another one beside it."""
    folder = lay_out(tmp_path_factory.mktemp("figures") / "project")
    with pytest.MonkeyPatch.context() as patched, _captured() as out:
        patched.chdir(folder)
        common = ("optuna-run", "--n-trials", "6", "--quiet")
        assert run([*common, "--study-name", "other", "--seed", "7"]) in (0, 3)
        out.truncate(0)
        out.seek(0)
        named = ("--study-name", STUDY, "--export-yaml", FILE, "--json")
        assert run([*common, *named]) == 0
        return Told(folder, json.loads(out.getvalue()))


@contextmanager
def _captured() -> Iterator[io.StringIO]:
    """What is printed, in a fixture that lives longer than `capsys`."""
    with pytest.MonkeyPatch.context() as patched:
        out = io.StringIO()
        patched.setattr("sys.stdout", out)
        yield out


@pytest.fixture
def told(made: Told, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """The project as the working directory."""
    monkeypatch.chdir(made.folder)
    return Told(made.folder, made.run, capsys)


@pytest.mark.parametrize("name", SOURCES)
def test_every_metric_is_the_same_number(told: Told, name: str) -> None:
    source = SOURCES[name]
    expected = told.run["best"][source.part]
    assert list(expected) == list(METRICS)
    found = source.figures(told)
    assert set(source.metrics) <= set(found)
    for metric in source.metrics:
        assert _number(found[metric]) == _number(expected[metric]), metric


@pytest.mark.parametrize("part", ["in_sample", "out_of_sample"])
def test_the_numbers_tell_something(told: Told, part: str) -> None:
    figures = told.run["best"][part]
    assert sum(value is not None and value != 0.0 for value in figures.values()) >= 10


def test_years_are_the_same_in_the_report_and_in_a_backtest(told: Told) -> None:
    years = told.json("backtest", FILE, "--part", "all")["years"]
    shown_years = _page(told)["years"]
    assert [y["year"] for y in shown_years] == [y["year"] for y in years]
    for here, there in zip(shown_years, years, strict=True):
        assert here["total_return"] == there["metrics"]["total_return"]
        assert here["max_drawdown"] == there["metrics"]["max_drawdown"]
        assert here["universe"] == there["benchmark_metrics"]["total_return"]


def _words_of_run(told: Told) -> str:
    return told.exo("optuna-run", "--n-trials", "0", "--study-name", STUDY)


def _sentences(told: Told) -> str:
    told.exo("report", STUDY, "--out", "report.html")
    return (told.folder / "report.html").read_text("utf-8")


DATES = {
    "optuna-run": (_words_of_run, "Figures, in sample {0} to {1}, out of sample {2} to {3} "),
    "report, in sample": (_sentences, "In sample ({0} to {1}), it returned"),
    "report, holdout": (_sentences, "which no trial saw ({2} to {3}), it returned"),
}
"""A place that shows dates beside figures -> how it words them."""


@pytest.mark.parametrize("name", DATES)
def test_dates_beside_figures_are_those_of_the_path(told: Told, name: str) -> None:
    """From the first execution on; the first date of the data is a year before it."""
    shown_in, words = DATES[name]
    parts = [told.json("backtest", FILE, "--part", part) for part in ("in_sample", "holdout")]
    ends = [part[end] for part in parts for end in ("start", "end")]
    assert ends[0] > told.run["data"]["start"]
    assert ends[2] > told.run["data"]["holdout_start"]
    assert words.format(*ends) in shown_in(told)
    page = _page(told)
    assert [*page["in_sample"], *page["holdout"]] == ends


def test_people_see_the_same_rounded(told: Told) -> None:
    """The tables of one trial, of many, of the run and of studies side by side."""
    one = told.exo("study", "show", STUDY, "--trial", str(told.trial)).splitlines()
    of_run = told.exo("optuna-run", "--n-trials", "0", "--study-name", STUDY).splitlines()
    beside = told.exo("study", "compare", STUDY, "other").splitlines()
    row = trial_rows(Project.open(told.folder).study(STUDY).record)[told.trial]
    for metric in METRICS.values():
        (line,) = (x for x in one if x.startswith(f"  {metric.label} "))
        figure = line.removeprefix(f"  {metric.label} ").strip()
        assert figure == shown(f"metric_{metric.name}", row[f"metric_{metric.name}"])
        for table in (of_run, beside):
            (line,) = (x for x in table if x.startswith(f"{metric.label} "))
            assert f"  {figure}" in line, metric.name


def _number(value: Any) -> float | None:
    """A number of any source; None where it is undefined."""
    if value is None or value == "":
        return None
    number = float(value)
    return None if math.isnan(number) else number
