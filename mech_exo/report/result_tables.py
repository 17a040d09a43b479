"""The result of a run as tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from mech_exo.backtest.metrics import METRICS
from mech_exo.config.doc_pages import see_page
from mech_exo.factor_file.document import CONSTRUCTED_BY
from mech_exo.factor_file.written import Staged
from mech_exo.report.formats import WRITTEN, about, look_words, number, percent
from mech_exo.workflow.figures import ConstraintValue, Portfolio
from mech_exo.workflow.incumbent import INCUMBENT
from mech_exo.workflow.optimised import Optimised

if TYPE_CHECKING:
    from mech_exo.backtest.capacity import Capacity
    from mech_exo.data.check.checked_data import CheckedData

OFTEN_ABOVE = 0.02  # share of the executions from which on more than n names are worth a line
OFTEN_TIED = 0.1  # the same, of ties at the last place
OFTEN_EMPTY = 0.1  # the same, of executions that left nothing but cash
APART = 0.01  # share of the portfolio by which two sides may differ without a line


def show_result(result: Optimised, console: Console) -> None:
    """Print what a run found: figures, weights, constraints, or the Pareto front."""
    if result.pareto:
        count = f"{len(result.front)} of {len(result.outcome.study.current)} trials"
        _show(console, f"Pareto front: {count}", _front(result))
        if result.trial is None and result.front:
            console.print("export one by the same command with --n-trials 0 --trial NUMBER")
    if result.trial is None or result.best is None:
        return
    if not result.feasible:
        complete = sum(t.state == "COMPLETE" for t in result.outcome.study.current)
        others = len(result.outcome.study.current) - complete
        console.print(
            f"No feasible trial: all {complete} complete trials violate a constraint"
            f"{f', {others} failed or were pruned' if others else ''}. "
            f"The least violating is trial {result.trial.number}:"
        )
    _show(console, _figures_title(result), _figures(result))
    for line in portfolio_lines(result.best, result.incumbent):
        console.print(line, soft_wrap=True)
    _show(console, "Weights and hyperparameters", _weights(result))
    _show(console, "Constraints", _constraints(result.constraints))
    if result.best.capacity is not None:
        _show(console, *capacity_table(result.best.capacity))
    console.print()
    for line in data_lines(result.session.checked):
        console.print(line, soft_wrap=True)
    if result.verdict is None:
        console.print(f"verdict    {result.standing.words}", soft_wrap=True)
    if result.incumbent_failure:
        console.print(f"{INCUMBENT} is not compared: {result.incumbent_failure}", soft_wrap=True)
    if result.starts_knowing:
        console.print(
            f"trial 0 of this study is {INCUMBENT}, which {result.starts_knowing}", soft_wrap=True
        )


def data_lines(checked: "CheckedData") -> Iterator[str]:
    """What the data check found, by name."""
    for what, findings in (("warnings", checked.warnings), ("accepted", checked.agreed)):
        if findings:
            yield f"data       {what}: {', '.join(finding.name for finding in findings)}"


def portfolio_lines(best: Portfolio, incumbent: Portfolio | None) -> Iterator[str]:
    """What is worth knowing about portfolios beside their figures."""
    yield from occupancy_lines(best)
    for portfolio in (best, incumbent):
        if portfolio is not None:
            yield from side_lines(portfolio)
            yield from ruin_lines(portfolio)


def side_lines(portfolio: Portfolio) -> Iterator[str]:
    """That a portfolio of two sides is not as neutral as it was meant to be."""
    apart = portfolio.sides_apart
    if apart is not None and apart > APART:
        yield (
            f"note: the long and the short side of {portfolio.label} differ by up to "
            f"{percent(apart)} of the portfolio after a rebalance in sample: no_trade_band, "
            "max_adv_share and names that cannot be traded leave them unequal "
            f"({see_page('objective')})."
        )


def ruin_lines(portfolio: Portfolio) -> Iterator[str]:
    """That everything was lost; the other figures hardly show it."""
    parts = {"in sample": portfolio.in_sample, "out of sample": portfolio.out_of_sample}
    for name, figures in parts.items():
        if figures is not None and figures.get("total_return") == -1.0:
            yield f"note: {portfolio.label} was ruined {name}: it lost all it was worth."


def occupancy_lines(portfolio: Portfolio) -> Iterator[str]:
    """What is worth knowing about how many names it held, and how the last one was chosen."""
    occupancy = portfolio.occupancy
    if occupancy is None:
        return
    n, executions = occupancy.positions, occupancy.executions
    if occupancy.above > OFTEN_ABOVE * executions:
        yield (
            f"note: more than {n} names were held after {occupancy.above} of {executions} "
            "executions in sample: names without a price could not be sold "
            f"({see_page('settings')})."
        )
    if occupancy.tied > OFTEN_TIED * executions:
        yield (
            f"note: names tied for the last of {n} places at {occupancy.tied} of {executions} "
            f"rebalances in sample: the order of the symbols decided ({see_page('conventions')})."
        )
    if occupancy.empty > OFTEN_EMPTY * executions:
        yield (
            f"note: {portfolio.label} held no name at all after {occupancy.empty} of {executions} "
            "executions in sample: its figures are in part those of cash."
        )


def file_lines(result: Optimised) -> Iterator[str]:
    """What was written, and what comes next."""
    files = result.files
    if files.exported is not None:
        before = " (by an earlier run; nothing has changed since)" if files.repeated else ""
        yield f"exported   {files.exported}{before}"
    if files.staged is not None:
        yield from staged_lines(files.staged, result.standing.words)


def staged_lines(staged: Staged, verdict: str) -> Iterator[str]:
    """What was staged, what is known of it, and what comes next."""
    index = "added to git's index" if staged.added else f"not added to git: {staged.remark}"
    yield f"staged     {staged.dated}"
    yield f"           {staged.latest} ({index})"
    yield f"verdict    {verdict}"
    yield f"review     cat {staged.dated}"
    yield "promote    exo factors promote"


def _portfolios(result: Optimised) -> Iterator[Portfolio]:
    for portfolio in (result.best, result.universe, result.incumbent):
        if portfolio is not None:
            yield portfolio


def _show(console: Console, title: str, table: Table) -> None:
    console.print()
    console.print(title, style="bold", soft_wrap=True)
    console.print(table)


def _figures_title(result: Optimised) -> str:
    assert result.best is not None
    inside, outside = result.best.dates_in_sample, result.best.dates_out_of_sample
    title = "Figures" if inside is None else f"Figures, in sample {inside[0]} to {inside[1]}"
    if outside is None:
        return title
    return (
        f"{title}, out of sample {outside[0]} to {outside[1]} "
        f"({look_words(result.best.look, result.best.looks)})"
    )


def _figures(result: Optimised) -> Table:
    has_holdout = result.session.holdout is not None
    table = _table()
    table.add_column("")
    for portfolio in _portfolios(result):
        table.add_column(f"{portfolio.label}\nin sample", justify="right")
        if has_holdout:
            table.add_column(_outside_heading(result, portfolio), justify="right")
    for metric in METRICS.values():
        cells = []
        for portfolio in _portfolios(result):
            parts = [portfolio.in_sample, portfolio.out_of_sample]
            cells += [
                WRITTEN[metric.unit](part.get(metric.name)) for part in parts if part is not None
            ]
        table.add_row(metric.label, *cells)
    return table


def _outside_heading(result: Optimised, portfolio: Portfolio) -> str:
    """Of a column of figures on the holdout; no line is wider than the incumbent's name."""
    heading = f"{portfolio.label}\nout of sample"
    fit = result.incumbent_fit if portfolio is result.incumbent else None
    if fit is None or fit.knows is False:
        return heading
    if fit.knows is None:
        return f"{heading}\nmay have seen\nthese dates"
    return f"{heading}\nhas seen these\ndates: fitted\nuntil {fit.until}"


def _weights(result: Optimised) -> Table:
    assert result.best is not None
    others = [p for p in (result.incumbent,) if p is not None]
    table = _table()
    table.add_column("")
    for portfolio in (result.best, *others):
        table.add_column(portfolio.label, justify="right")
    for name, weight in result.best.weights.items():
        row = [_signed(weight), *(_signed(p.weights.get(name)) for p in others)]
        table.add_row(name, *row)
    table.add_section()
    for name, value in result.best.hyperparameters.items():
        row = [percent(value), *(percent(p.hyperparameters.get(name)) for p in others)]
        table.add_row(name, *row)
    table.add_section()
    theirs = [_parameters(p) for p in (result.best, *others)]
    for name in theirs[0]:
        table.add_row(name, *(str(found.get(name, "–")) for found in theirs))
    return table


def _parameters(portfolio: Portfolio) -> dict[str, object]:
    """Parameter or rule -> value; factors that share one share its value."""
    rules = dict(portfolio.rules)
    found = {name: v for given in portfolio.parameters.values() for name, v in given.items()}
    found |= rules.pop("parameters", {})
    rules.pop(CONSTRUCTED_BY, None)  # all of them have the same
    return found | rules


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+z.4f}"


def _constraints(constraints: tuple[ConstraintValue, ...]) -> Table:
    table = _table()
    for heading in ("constraint", "trial", "limit", ""):
        table.add_column(heading, justify="left" if heading in ("constraint", "") else "right")
    for constraint in constraints:
        write = WRITTEN[constraint.unit]
        table.add_row(
            constraint.name,
            write(constraint.value),
            write(constraint.limit),
            "satisfied" if constraint.satisfied else "VIOLATED",
        )
    return table


def capacity_table(capacity: "Capacity", when: str = "in sample") -> tuple[str, Table]:
    """Title and table of what is earned at which capital, on which dates."""
    whole = capacity.unmoved
    half = "" if capacity.half is None else f": half is left at about {about(capacity.half)}"
    table = _table()
    for heading in ("capital", "active return a year", "left of it"):
        table.add_column(heading, justify="right")
    table.add_row("no impact", percent(whole), "")
    for point in capacity.points:
        left = percent(point.active_return / whole, 0) if whole > 0.0 else "–"
        table.add_row(f"{point.capital:,.0f}", percent(point.active_return), left)
    return f"Capacity, {when}, impact {capacity.impact:g}{half}", table


def _front(result: Optimised) -> Table:
    study = result.outcome.study
    table = _table()
    table.add_column("trial", justify="right")
    for name in study.objective_names:
        table.add_column(name, justify="right")
    for trial in result.front:
        table.add_row(str(trial.number), *(number(value, 4) for value in trial.values))
    return table


def _table() -> Table:
    return Table(box=None, pad_edge=False)
