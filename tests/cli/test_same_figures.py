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
from mech_exo.report.formats import WRITTEN, percent
from mech_exo.report.trial_listing import shown
from mech_exo.tuning.trial_table import trial_rows
from tests.cli.conftest import lay_out
from tests.unit.report.dashboard_requests import ask

if TYPE_CHECKING:
    import pandas as pd

STUDY = "größe 1"
FILE = "best portfolio.yml"
PRUNED = "pruned"
PRUNING = ("--pruner", "median")


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
        assert here["turnover"] == there["metrics"]["turnover"]
        assert here["universe"] == there["benchmark_metrics"]["total_return"]


def test_what_a_year_cost_is_its_turnover_at_the_rate(told: Told) -> None:
    """The page's columns of turnover and of costs, and both figures of all dates."""
    track = told.json("backtest", FILE, "--part", "all")
    page, rate = _page(told), 2.0 * 10e-4
    assert page["paid_a_year"] == pytest.approx(rate * track["metrics"]["turnover"], rel=1e-12)
    text = (told.folder / "report.html").read_text("utf-8")
    for year in track["years"]:
        turned = year["metrics"]["turnover"]
        name = f"{year['year']}{'' if year['whole'] else '*'}"
        assert f"{name}, turnover: {percent(turned)}&" in text
        assert f"{name}, paid: {percent(rate * turned, 2)}&" in text


def test_years_of_few_sessions_are_marked(told: Told) -> None:
    """A start in autumn: what is annualised of its few sessions has a star, the return has none."""
    asked = ("backtest", FILE, "--start", "2019-10-01", "--end", "2020-12-31")
    first, second = told.json(*asked)["years"]
    assert not first["whole"]
    assert second["whole"]
    out = told.exo(*asked)
    rows = out.splitlines()
    lines = {y: next(x for x in rows if x.startswith(f"{y} ")) for y in ("2019", "2020")}
    for name in ("sharpe", "turnover", "active_return"):
        assert f" {WRITTEN[METRICS[name].unit](first['metrics'][name])}* " in lines["2019"], name
    assert f" {percent(first['metrics']['total_return'])} " in lines["2019"]
    assert "*" not in lines["2020"]


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


def test_a_look_is_told_in_the_same_words_everywhere(told: Told) -> None:
    """The portfolio's first look stays the first, while others are seen there."""
    told.exo("backtest", "0", "--study-name", "other", "--part", "holdout")
    there = told.json("backtest", FILE, "--part", "holdout")
    data, page = _again(told)["data"], _page(told)
    assert there["look"] == data["holdout_look"] == page["holdout_look"] == 2
    assert there["looks"] == data["holdout_looks"] == page["holdout_looks"] > 2
    words = f"look 2 of {there['looks']} at the holdout"
    assert f"({words})" in _words_of_run(told)
    assert f"This is {words}." in _sentences(told)
    assert f"looks      {words};" in told.exo("backtest", FILE, "--part", "holdout")


def _again(told: Told) -> Any:
    return told.json("optuna-run", "--n-trials", "0", "--study-name", STUDY)


def _note(told: Told) -> str:
    app = application(told.folder / "studies/factor_opt.db")
    studies = ask(app, "/api/studies").json["study_summaries"]
    number = next(s["study_id"] for s in studies if s["study_name"] == PRUNED)
    body: str = ask(app, f"/api/studies/{number}?after=0").json["note"]["body"]
    return body


def _cloud(told: Told) -> str:
    told.exo("report", PRUNED, "--out", "pruned.html")
    return (told.folder / "pruned.html").read_text("utf-8")


def _listed(told: Told, *choice: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        told.exo("study", "trials", PRUNED, "--format", "json", *choice)
    )
    return found


def _run_of_pruned(told: Told) -> Any:
    return told.json("optuna-run", "--n-trials", "0", "--study-name", PRUNED, *PRUNING)


FEASIBLE: dict[str, Callable[[Told], Any]] = {
    "study show --json": lambda t: t.json("study", "show", PRUNED)["feasible"],
    "study trials --feasible": lambda t: len(_listed(t, "--feasible")),
    "study trials": lambda t: sum(
        bool(row["feasible"]) and row["state"] == "COMPLETE" for row in _listed(t)
    ),
    "study compare --json": lambda t: t.json("study", "compare", PRUNED, "other")["studies"][0][
        "feasible"
    ],
    "rank": lambda t: t.json("study", "show", PRUNED, "--trial", "0")["rank"]["of"],
    "study importance --json": lambda t: t.json("study", "importance", PRUNED)["trials"],
    "optuna-run --json": lambda t: _run_of_pruned(t)["study"]["feasible_trials"],
    "Project.study": lambda t: int(
        Project.open(t.folder)
        .study(PRUNED)
        .trials.query("feasible and state == 'COMPLETE'")["epoch"]
        .count()
    ),
}
"""A place that counts feasible trials -> what it counts."""

FEASIBLE_IN_WORDS: dict[str, tuple[Callable[[Told], str], str]] = {
    "study show": (lambda t: t.exo("study", "show", PRUNED), "trials, {} feasible"),
    "dashboard's note": (_note, "{} of them keep all limits"),
    "report": (_cloud, "are complete, and {} of them keep all limits"),
}


def test_feasible_trials_are_the_same_number_everywhere(told: Told) -> None:
    """Complete ones that keep all limits: one that was pruned keeps them too, and is not one."""
    assert run(["optuna-run", "--n-trials", "30", "--quiet", "--study-name", PRUNED, *PRUNING]) == 0
    trials = Project.open(told.folder).study(PRUNED).record.trials
    keeping = [t for t in trials if all(c <= 0.0 for c in t.constraints or (1.0,))]
    feasible = sum(t.state == "COMPLETE" for t in keeping)
    assert 0 < feasible < len(keeping)
    found = {name: count(told) for name, count in FEASIBLE.items()}
    assert found == dict.fromkeys(FEASIBLE, feasible)
    for name, (shown_in, words) in FEASIBLE_IN_WORDS.items():
        assert words.format(feasible) in shown_in(told), name


def test_a_verdicts_active_return_is_without_the_first_session_and_says_so(told: Told) -> None:
    asked = ("validate", "--study-name", STUDY, "--quick", "--n-jobs", "1")
    assert run([*asked, "--json"]) in (0, 1)
    assert told.capsys is not None
    block = json.loads(told.capsys.readouterr().out)["verdict"]["holdout"]
    held = Project.open(told.folder).backtest(FILE, part="holdout")
    active = held.returns - held.benchmark
    assert active.mean() * 252.0 == pytest.approx(held.metrics["active_return"], rel=1e-9)
    assert active.iloc[1:].mean() * 252.0 == pytest.approx(
        block["test"]["active"]["mean"], rel=1e-9
    )
    assert run(asked) in (0, 1)
    assert (
        "active return: from the session after the first purchase" in told.capsys.readouterr().out
    )


def test_a_limits_value_is_the_metric_to_the_last_bit(told: Told) -> None:
    same = {"max_drawdown": "max_drawdown", "volatility": "volatility"}
    shown_of = told.json("study", "show", STUDY, "--trial", str(told.trial))["constraints"]
    page = {one["name"]: one for one in _page(told)["constraints"]}
    for name, metric in same.items():
        expected = told.run["best"]["in_sample"][metric]
        assert told.run["best"]["constraints"][name]["value"] == expected
        assert shown_of[name]["value"] == page[name]["value"] == expected


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
