"""The verdict in plain language."""

import math
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from mech_exo.report.formats import number, percent
from mech_exo.verdict.decay import Decay
from mech_exo.verdict.decision import PROMISE, SUPPORT, at_level
from mech_exo.verdict.factor_skill import FactorSkill
from mech_exo.verdict.holdout import Holdout
from mech_exo.verdict.placebo import PlaceboSearch
from mech_exo.verdict.subject import Against
from mech_exo.verdict.supplementary import RatioReport
from mech_exo.verdict.verdict import VerdictRecord
from mech_exo.verdict.walkforward import WalkForward

STYLES = {"PASS": "bold green", "INCONCLUSIVE": "bold yellow", "FAIL": "bold red"}
MOST = 99.5  # a longer time is not a plan
BENCHMARKS: dict[Against, str] = {
    "universe": "the equal-weighted universe's share of it",
    "cash": "cash",
    "series": "the share of verdict.benchmark in it",
}
"""What a verdict measures against -> what the returns are over."""


def show_verdict(verdict: VerdictRecord, console: Console) -> None:
    """Print what decides, what is only reported, and the overall answer with its reasons."""
    _title(console, f"Skill or luck: {verdict.origin}")
    console.print(_deciding(verdict))
    console.print(measures(verdict.against), soft_wrap=True)
    _title(console, "Walk-forward, window by window")
    console.print(_windows(verdict.walk_forward))
    reported = verdict.reported
    _title(
        console,
        f"Reported, not deciding (in sample; N = {reported.trials} trials, "
        f"{reported.observations} sessions)",
    )
    console.print(_reported(verdict))
    _title(console, "Plateau")
    for line in plateau_lines(verdict):
        console.print(line, soft_wrap=True)
    console.print()
    said = at_level(verdict.overall, verdict.level)
    console.print(f"verdict    {said}", style=STYLES[verdict.overall])
    for line in overall_lines(verdict):
        console.print(line, soft_wrap=True)


def measures(against: Against) -> str:
    """What the figures mean."""
    return (
        f"ratio: yearly return over {BENCHMARKS[against]}, by its own deviation; "
        "IC: how well the scores ranked what followed; active return: from the session after the "
        "first purchase on, so a trifle other than that of the figures"
    )


def overall_lines(verdict: VerdictRecord) -> Iterator[str]:
    """Why, what it would take, and what took the time."""
    decision = verdict.decision
    yield f"because    {decision.reason}"
    if verdict.holdout is not None:
        yield f"promise    {_promise(decision.promise)}"
    if verdict.decay.years:
        yield f"years      {_decay(verdict.decay)}"
    if verdict.overall != "PASS":
        yield f"it takes   {_what_it_takes(verdict)}"
    powers = ", ".join(f"{r}: {percent(p, 0)}" for r, p in decision.power_at_this_length.items())
    yield (
        f"power      chance that {number(decision.years, 1)} years out of sample show a true ratio "
        f"of {powers}"
    )
    seconds = {name: value for name, value in verdict.seconds.items() if name != "wall"}
    parts = ", ".join(f"{_named(name)} {value:.1f} s" for name, value in seconds.items())
    yield f"time       {verdict.seconds['wall']:.1f} s; work in all processes: {parts}"


def plateau_lines(verdict: VerdictRecord) -> Iterator[str]:
    """How the objective falls off around the candidate."""
    plateau = verdict.plateau
    yield (
        f"objective  {number(plateau.value)}; after small moves {number(plateau.median)} (median), "
        f"{number(plateau.low)} (lowest tenth); {percent(plateau.feasible, 0)} of the moves keep "
        "the constraints"
    )
    if plateau.leans_on:
        rest = plateau.without[plateau.leans_on]
        told = (
            "no limit is kept without it"
            if math.isnan(rest)
            else f"{number(rest)} without it ({percent(plateau.lost, 0)} lost)"
        )
        yield f"leans on   {plateau.leans_on}: {told}"


def _promise(kept: float | None) -> str:
    """What the holdout made of the walk-forward's promise."""
    if kept is None:
        return "the walk-forward promised nothing that the holdout could have kept"
    if kept <= 0.0:
        of_it = "nothing of what the walk-forward promised: it showed no skill, or the opposite"
    else:
        of_it = f"{percent(kept, 0)} of what the walk-forward promised"
    return f"the holdout kept {of_it}; a PASS needs {percent(PROMISE, 0)}"


def _decay(decay: Decay) -> str:
    """Year by year, and the halves."""
    years = ", ".join(f"{y.year} {number(y.coefficient)}" for y in decay.years)
    fading = ": fading" if decay.fading else ""
    return (
        f"IC out of sample: {years}; t of the earlier half {number(decay.earlier_t, 1)}, of the "
        f"later {number(decay.later_t, 1)}{fading}; autocorrelation of neighbouring months "
        f"{number(decay.autocorrelation, 2)}"
    )


def _deciding(verdict: VerdictRecord) -> Table:
    table = _table("what decides", "what was found", "chance under luck")
    table.add_row(*_held_out(verdict.holdout))
    for row in _in_sample(verdict.placebo, verdict.factors):
        table.add_row(*row)
    table.add_row(*_walked(verdict.walk_forward))
    table.add_section()
    table.add_row(
        "together",
        f"a PASS needs {percent(verdict.level, 0)} or less, and of each part at most "
        + ", ".join(f"{percent(most, 0)} ({name})" for name, most in SUPPORT.items()),
        percent(verdict.decision.p),
    )
    return table


def _in_sample(placebo: PlaceboSearch | None, factors: FactorSkill) -> Iterator[tuple[str, ...]]:
    """The placebo search, and what the factors know without a search; in quick, that alone."""
    skilful = _skilful(factors)
    if placebo is None:
        yield "factors\nin closed form, without a search", skilful, percent(factors.p)
        return
    yield (
        f"placebo search\nthe same search, {placebo.placebos} times without signal",
        f"ratio {number(placebo.ratio, 2)}; luck finds {number(placebo.luck_mean, 2)} on average, "
        f"more than {number(placebo.luck_line, 2)} in 5 %",
        percent(placebo.p),
    )
    yield (
        "  beside it, without a search",
        f"{skilful}: chance under luck {percent(factors.p)}; your portfolio: {percent(placebo.p)}",
    )


def _skilful(factors: FactorSkill) -> str:
    """What is asked of the factors, and of which."""
    asked, left_out = len(factors.factors), factors.left_out
    if not left_out:
        return f"some combination of the {asked} factors has skill"
    return (
        f"some combination of {asked} of the {asked + len(left_out)} factors has skill "
        f"(not asked: {', '.join(left_out)}; too little data, or they depend on a parameter)"
    )


def _held_out(holdout: Holdout | None) -> tuple[str, str, str]:
    if holdout is None:
        return "sealed holdout", "none (holdout.fraction is 0)", "–"
    looks = "first look"
    if holdout.looks > 1:
        worth, alone = number(holdout.looks_worth, 1), percent(holdout.p_alone)
        looks = f"{holdout.looks} portfolios seen there, worth {worth}; {alone} alone"
    return (
        f"sealed holdout\n{holdout.first_date} to {holdout.last_date}",
        f"ratio {number(holdout.test.skill.ratio, 2)}, active return "
        f"{percent(holdout.test.active.mean)} a year, scores' IC "
        f"{number(holdout.test.coefficient)}",
        f"{percent(holdout.p)} ({looks})",
    )


def _walked(walked: WalkForward) -> tuple[str, str, str]:
    test = walked.test
    return (
        f"walk-forward\nre-tuned {len(walked.windows)} times, held over what follows",
        f"ratio {number(test.skill.ratio, 2)}, active return {percent(test.active.mean)} a year "
        f"({percent(test.active.low)} to {percent(test.active.high)}, "
        f"t {number(test.active.t, 1)}), IC {number(test.coefficient)}; "
        f"efficiency {percent(walked.efficiency, 0)}, stability {number(walked.stability, 2)}",
        percent(test.p),
    )


def _windows(walked: WalkForward) -> Table:
    table = _table("tuned until", "held", "ratio in sample", "ratio out of sample", "")
    for window in walked.windows:
        table.add_row(
            window.trained[1],
            f"{window.tested[0]} to {window.tested[1]}",
            number(window.in_sample, 2),
            number(window.out_of_sample, 2),
            "" if window.feasible else "no feasible trial: the least violating was held",
        )
    return table


def _reported(verdict: VerdictRecord) -> Table:
    reported = verdict.reported
    table = _table("", "Sharpe ratio", "information ratio")

    def add(name: str, *cells: str) -> None:
        table.add_row(name, *cells)

    both = (reported.sharpe, reported.information_ratio)
    add("in sample, 95 % interval", *(_interval(r) for r in both))
    add("best expected of pure noise", *(number(r.noise, 2) for r in both))
    add("after a haircut for N trials", *(number(r.haircut, 2) for r in both))
    add("PSR: chance that it is above 0", *(percent(r.probabilistic) for r in both))
    add("DSR, variance of the trials", *(percent(r.deflated_trials) for r in both))
    add("DSR, variance 1/(T − 1)", *(percent(r.deflated_noise) for r in both))
    add("minimum track record", *(_years(r.minimum_track_record) for r in both))
    add("minimum backtest length", *(_years(r.minimum_backtest) for r in both))
    add(
        "PBO of the space",
        "",
        f"{percent(reported.overfitting)} ({reported.portfolios} portfolios)",
    )
    return table


def _interval(ratio: RatioReport) -> str:
    return f"{number(ratio.ratio, 2)} ({number(ratio.low, 2)} to {number(ratio.high, 2)})"


def _what_it_takes(verdict: VerdictRecord) -> str:
    decision = verdict.decision
    needed = decision.years_needed
    if not math.isfinite(needed):
        return "other factors or another search: more years of this evidence would not help."
    if needed > MOST:
        return "more than a hundred years of data, if the evidence goes on as it is."
    if needed <= decision.years:
        return (
            f"no longer history: evidence like this reaches the level in {number(needed, 1)} years "
            f"on average, and there are {number(decision.years, 1)}."
        )
    return (
        f"about {number(needed, 1)} years out of sample instead of {number(decision.years, 1)}, if "
        "the evidence goes on as it is."
    )


def _years(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.1f} years" if value <= MOST else "never"


def _named(part: str) -> str:
    return {"window": "windows", "placebo": "placebos"}.get(part, part)


def _title(console: Console, text: str) -> None:
    console.print()
    console.print(text, style="bold", soft_wrap=True)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    return table
