"""Does anything after t move a score at t? Truncate, compute again, compare.

What a factor says at t must be the same whether the market ends at t or goes on. That is a proof
for the dates tried, whatever the factor's code does; it cannot see a value that was wrong before
it reached exo (a column that already holds tomorrow's return). So information coefficients too
good to be true are looked for as well, and publication dates that cannot be.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.lookbacks import windows_of
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, FloatArray, Panel
from mech_exo.data.scores import factor_scores, raw_values
from mech_exo.data.standardise import standardise
from mech_exo.data.universe import eligible
from mech_exo.errors import ExoError
from mech_exo.leakage.checked_before import of_data_check
from mech_exo.leakage.leak_finding import LeakFinding
from mech_exo.leakage.publication import publication_findings
from mech_exo.leakage.target_leaks import of_targets
from mech_exo.objective.exposures import check_repeats, own_values
from mech_exo.objective.factor import CustomFactor
from mech_exo.objective.factor_names import check_against_panel
from mech_exo.objective.mandates import decides_with_data
from mech_exo.objective.space import Space
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.verdict.evidence import t_statistic
from mech_exo.verdict.ranking import information_coefficients

DATES_TRIED = 24
TOLERANCE = 1e-9  # relative; a truncated sum may round otherwise
SAME_DAY_LIMIT = 0.6  # of the mean coefficient; rsi_14, which holds the day's return, reaches 0.4
NEXT_DAY_LIMIT = 0.1
CERTAIN_T = 4.0  # and of its t-statistic


@dataclass(frozen=True)
class LeakReport:
    """What was tried and what was found.

    Attributes
    ----------
    findings
        Leaks first.
    factors, dates
        How many of each were truncated and compared.
    coefficients
        Factor -> mean information coefficient with the return of the same and the next session.
    targets
        Whether the target weights were tried too.
    """

    findings: tuple[LeakFinding, ...]
    factors: int
    dates: int
    coefficients: dict[str, tuple[float, float]]
    targets: bool = False

    @property
    def passed(self) -> bool:
        """Whether no leak was found."""
        return all(f.severity != "leak" for f in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "passed": self.passed}


def check_leaks(
    settings: Settings, market: Market, panel: Panel, spec: ObjectiveSpec | None
) -> LeakReport:
    """Check every factor of the panel, and those that the objective file defines or changes.

    Who is in the universe is checked too, where something narrows it, and the target weights,
    where the file has a `construct` or the settings have rules of their own.

    Parameters
    ----------
    market, panel
        As a run would use them, holdout included.
    spec
        The user's file; None: only the panel's factors.

    Raises
    ------
    ExoError
        For a factor of the file that fails, that has other values when computed again, or that is
        named like one of the panel.
    """
    rows = _dates_tried(panel)
    drawn: dict[str, Any] = {}
    space = None
    if spec is not None:
        check_against_panel(spec.factors, spec.label, panel)
        space = Space.of(spec, panel, settings)
        needed = spec.reads_market or decides_with_data(settings, spec)
        drawn = _drawn(space, settings) if needed else {}
    subjects = _panel_factors(settings, market, panel, space, drawn)
    if spec is not None:
        arguments = {f.name: f.arguments(drawn) for f in spec.factors}
        subjects += [
            _own_factor(f, arguments[f.name], spec, settings, market, panel) for f in spec.factors
        ]
        check_repeats(spec, market, arguments)
    findings: list[LeakFinding] = []
    coefficients = {}
    for subject in subjects:
        findings += _truncation(subject, market, panel, rows)
        found, coefficients[subject.name] = _foresight(subject, panel)
        findings += found
    if panel.eligible is not None:
        findings += _truncation(_universe(settings, panel, panel.eligible), market, panel, rows)
    targets = spec is not None and decides_with_data(settings, spec)
    if spec is not None and targets:
        findings += of_targets(settings, market, panel, spec, drawn)
    findings += publication_findings(market)
    findings += of_data_check(settings, market)
    findings.sort(key=lambda f: f.severity != "leak")
    return LeakReport(tuple(findings), len(subjects), len(rows), coefficients, targets)


@dataclass(frozen=True, eq=False)
class _Subject:
    """A factor, and how to compute it for one date from another market.

    `compared` [M, N] is what `compute` gives from the whole market: the scores, or for a user's
    factor its raw values, which a score can hide (one mean over all dates cancels in it).
    """

    name: str
    scores: FloatArray
    compared: FloatArray
    compute: Callable[[Market, int], FloatArray]
    what: str = "the factor"


def _dates_tried(panel: Panel) -> list[int]:
    """Rebalance numbers, evenly spread, the first and the last among them."""
    spread = np.linspace(0, len(panel.rebalance) - 1, min(DATES_TRIED, len(panel.rebalance)))
    return sorted(set(spread.round().astype(int).tolist()))


def _panel_factors(
    settings: Settings,
    market: Market,
    panel: Panel,
    space: Space | None,
    drawn: Mapping[str, Any],
) -> list[_Subject]:
    """The panel's factors; those with a window under that of the settings, or the one drawn."""
    suggested = {f.name: f.arguments(drawn) for f in (space.computed if space else ())}

    def subject(k: int, name: str) -> _Subject:
        standing = windows_of(name, settings.factors) if name in panel.computed else {}
        windows = suggested.get(name, standing)

        def scored(other: Market, rows: slice) -> FloatArray:
            at, tradable = panel.rebalance[rows], panel.tradable[rows]
            raw = raw_values(other, name, at, settings.data.max_age_days, windows)
            return standardise(raw, tradable, settings.factors.winsorise)

        def compute(other: Market, m: int) -> FloatArray:
            return scored(other, slice(m, m + 1)).reshape(-1)

        same = windows == standing
        scores = panel.exposures[:, :, k] if same else scored(market, slice(None))
        return _Subject(name, scores, scores, compute)

    return [subject(k, name) for k, name in enumerate(panel.factor_names)]


def _own_factor(
    factor: CustomFactor,
    arguments: Mapping[str, Any],
    spec: ObjectiveSpec,
    settings: Settings,
    market: Market,
    panel: Panel,
) -> _Subject:
    def values(other: Market) -> FloatArray:
        return own_values(factor, other, arguments, spec)

    def compute(other: Market, m: int) -> FloatArray:
        raw = values(other)[panel.rebalance[m]]
        return np.where(panel.tradable[m], raw, np.nan)

    whole = values(market)
    scores = factor_scores(
        market, whole, panel.rebalance, panel.tradable, settings.factors.winsorise
    )
    compared = np.where(panel.tradable, whole[panel.rebalance], np.nan)
    return _Subject(factor.name, scores, compared, compute)


def _universe(settings: Settings, panel: Panel, within: BoolArray) -> _Subject:
    """Who can be chosen, as if it were a factor: 1 or 0."""

    def compute(other: Market, m: int) -> FloatArray:
        found = eligible(other, panel.rebalance[m : m + 1], settings.data)
        return np.zeros(len(panel.symbols)) if found is None else found[0].astype(np.float64)

    chosen = within.astype(np.float64)
    return _Subject("universe", chosen, chosen, compute, "the universe")


def _drawn(space: Space, settings: Settings) -> dict[str, Any]:
    from mech_exo.tuning.asking import draw_once

    return draw_once(space.suggest, settings.tuning.seed)[0]


def _truncation(
    subject: _Subject, market: Market, panel: Panel, rows: list[int]
) -> Iterator[LeakFinding]:
    """At most one finding: the first date on which the future moves the score."""
    for m in rows:
        t = int(panel.rebalance[m])
        if t + 1 >= len(market.dates):
            continue
        try:
            known = subject.compute(market.until(t + 1), m)
        except ExoError as error:
            yield LeakFinding(
                "leak",
                subject.name,
                f"cannot be computed from what was known at {market.dates[t]}: {error.message}",
            )
            return
        moved = _moved(known, subject.compared[m])
        if moved.any():
            worst = int(np.argmax(np.where(moved, _distance(known, subject.compared[m]), -1.0)))
            cause = _cause(subject, market, m, t)
            yield LeakFinding(
                "leak",
                subject.name,
                f"{cause} move {subject.what} at {market.dates[t]}: that of "
                f"{market.symbols[worst]} is {known[worst]:.6g} from what was known then and "
                f"{subject.compared[m, worst]:.6g} with what came later "
                f"({int(moved.sum())} names differ).",
            )
            return


def _cause(subject: _Subject, market: Market, m: int, t: int) -> str:
    """Which of the two futures does it, by cutting only one."""
    cut = market.until(t + 1)
    published = replace(market, vintages=cut.vintages)
    try:
        if _moved(subject.compute(published, m), subject.compared[m]).any():
            return "values published after their date (period end taken for available_date?)"
    except ExoError:
        return "values published later"
    return "prices or daily values of later dates"


def _distance(one: FloatArray, other: FloatArray) -> FloatArray:
    gap = np.abs(one - other)
    return np.where(np.isnan(one) != np.isnan(other), np.inf, np.nan_to_num(gap))


def _moved(one: FloatArray, other: FloatArray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    moved: np.ndarray[Any, np.dtype[np.bool_]] = _distance(one, other) > TOLERANCE * (
        1.0 + np.abs(np.nan_to_num(other))
    )
    return moved


def _foresight(subject: _Subject, panel: Panel) -> tuple[list[LeakFinding], tuple[float, float]]:
    """Information coefficients that no honest factor has."""
    findings = []
    means = []
    # the return of a whole week or month is an honest factor: short-term reversal
    same = math.inf if panel.frequency.wait_days else SAME_DAY_LIMIT
    for day, shift, limit in (("same", 0, same), ("next", 1, NEXT_DAY_LIMIT)):
        inside = panel.rebalance + shift < len(panel.dates)
        returns = panel.returns[panel.rebalance[inside] + shift]
        found = information_coefficients(subject.scores[inside], returns)
        found = found[np.isfinite(found)]
        mean = float(found.mean()) if len(found) else float("nan")
        means.append(mean)
        certain = abs(t_statistic(found)) > CERTAIN_T or (len(found) > 1 and found.std() < 1e-9)
        if abs(mean) > limit and certain:
            findings.append(
                LeakFinding(
                    "leak",
                    subject.name,
                    f"too good to be true: its information coefficient with the {day} "
                    f"{panel.frequency.unit}'s return "
                    f"is {mean:.2f} on average over {len(found)} dates (limit {limit:g}).",
                )
            )
    return findings, (means[0], means[1])
