"""Which factor matters: information coefficients, and what they share."""

from collections.abc import Iterator

import numpy as np

from mech_exo.report.charts.chart_units import ChartUnit
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.interval_bars import IntervalBar, IntervalBars
from mech_exo.report.formats import number, percent
from mech_exo.report.page.page_blocks import Paragraph
from mech_exo.tearsheet.parts.factor_coefficients import FactorCoefficients
from mech_exo.tearsheet.parts.luck import number_of
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.verdict_found import VerdictFound
from mech_exo.tearsheet.sections.section_words import Blocks, drawn, listed, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet

SEEN = 2.0
"""t from which a factor is named as one that ranked what followed."""

COEFFICIENT = ChartUnit("coefficient", digits=4, short_digits=2)
CORRELATION = ChartUnit("correlation", digits=2, short_digits=1)


def factors_section(sheet: TearSheet) -> Blocks:
    """Each factor by itself, whatever the search made of it."""
    found = sheet.factors
    if isinstance(found, Missing):
        return not_there(found)
    left = (
        Paragraph(
            f"Not asked: {listed(found.left_out)}. They have too little data, or their scores "
            "depend on a parameter.",
            kind="note",
        ),
    )
    return (
        Paragraph(_sentence(found)),
        *(Paragraph(words) for words in (*_leaning(sheet), *_against(sheet, found))),
        *drawn(_means(found), _years(found), _shared(found)),
        *(left if found.left_out else ()),
    )


def _sentence(found: FactorCoefficients) -> str:
    strong = [k for k in np.argsort(-np.abs(found.t)) if abs(found.t[k]) >= SEEN]
    words = [f"{found.factors[k]} (t {number(float(found.t[k]), 1)})" for k in strong]
    if not words:
        return (
            "Taken by itself, no factor ranked what followed better than chance would (no t of 2 "
            "or more)."
        )
    one = len(words) == 1
    return (
        f"Taken by {'itself' if one else 'themselves'}, {listed(words)} ranked what followed better"
        " than chance would. A factor with a negative t is of use with a negative weight. This is "
        "in sample, and without a search."
    )


def _leaning(sheet: TearSheet) -> Iterator[str]:
    """The factor without which the portfolio loses most, as the verdict found it."""
    block = sheet.verdict.block if isinstance(sheet.verdict, VerdictFound) else {}
    plateau = block.get("plateau") or {}
    lost = number_of(plateau.get("lost"))
    if plateau.get("leans_on") and np.isfinite(lost):
        yield (
            f"This portfolio leans most on {plateau['leans_on']}: without it, {percent(lost, 0)} "
            "of the value that was sought is lost."
        )


def _against(sheet: TearSheet, found: FactorCoefficients) -> Iterator[str]:
    """Factors that the portfolio weighs against what they said by themselves."""
    if isinstance(sheet.weights, Missing):
        return
    held = dict(zip(sheet.weights.factors, sheet.weights.weights.tolist(), strict=True))
    names = [
        name
        for name, t in zip(found.factors, found.t.tolist(), strict=True)
        if abs(t) >= SEEN and held.get(name, 0.0) * t < 0.0
    ]
    if names:
        yield (
            f"The portfolio weighs {listed(names)} against {'its' if len(names) == 1 else 'their'} "
            "own coefficient: ask why before you trade on it."
        )


def _means(found: FactorCoefficients) -> IntervalBars:
    order = np.argsort(-np.abs(found.t), kind="stable")
    error = np.abs(found.mean / np.where(found.t == 0.0, np.nan, found.t))
    return IntervalBars(
        title="Information coefficient of each factor",
        caption=f"Mean over {found.blocks} blocks of a month, and two standard errors on either "
        "side: how well a factor's scores ranked the returns that followed. 0 is chance; 0.03 is "
        "much.",
        bars=tuple(
            IntervalBar(
                found.factors[k],
                float(found.mean[k]),
                float(found.mean[k] - 2.0 * error[k]),
                float(found.mean[k] + 2.0 * error[k]),
                note=f"t {number(float(found.t[k]), 1)}",
            )
            for k in order
        ),
        value_name="mean coefficient",
        interval_name="two standard errors",
        unit=COEFFICIENT,
    )


def _years(found: FactorCoefficients) -> HeatMap:
    return HeatMap(
        title="Information coefficients by year",
        caption="A factor that matters has the same sign in most years.",
        rows=found.factors,
        columns=tuple(str(year) for year in found.years),
        values=found.by_year.T,
        unit=COEFFICIENT,
        row_name="factor",
        column_name="year",
        diverging=True,
    )


def _shared(found: FactorCoefficients) -> HeatMap:
    return HeatMap(
        title="Do the factors say the same?",
        caption="Correlation of their coefficients from month to month: near 1, two factors are "
        "one; near -1, they cancel each other.",
        rows=found.factors,
        columns=found.factors,
        values=found.correlation,
        unit=CORRELATION,
        row_name="factor",
        column_name="with",
        diverging=True,
    )
