"""The weights, and whether re-tuning finds them again."""

from collections.abc import Iterator

import numpy as np

from mech_exo.report.charts.interval_bars import IntervalBar, IntervalBars
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.formats import number, percent
from mech_exo.report.page.page_blocks import Block, Paragraph
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.weight_history import Weights, WeightWindows
from mech_exo.tearsheet.sections.section_words import Blocks, drawn, listed, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet

STABLE, LOOSE = 0.8, 0.4
"""Mean cosine of neighbouring windows from which weights are called stable; below which loose."""

SHARES = ("cash_pct", "stop_loss_pct", "position_size_pct")


def weights_section(sheet: TearSheet) -> Blocks:
    """Weights, their range over the windows, and the other parameters."""
    found = sheet.weights
    if isinstance(found, Missing):
        return not_there(found)
    return tuple(_blocks(found))


def _blocks(found: Weights) -> Iterator[Block]:
    windows = None if isinstance(found.windows, Missing) else found.windows
    if isinstance(found.windows, Missing):
        yield from not_there(found.windows)
    else:
        yield Paragraph(_stability(found.windows))
    yield from drawn(_bars(found, windows))
    if found.incumbent is not None:
        yield _beside(found)
    if windows is not None:
        yield _table(windows)
    yield _settings(found)


def _stability(windows: WeightWindows) -> str:
    value = windows.stability
    if np.isnan(value):
        return "Too few re-tunings found weights to say how stable they are."
    if value >= STABLE:
        words = "much the same weights every time"
    elif value >= LOOSE:
        words = "weights that change, but not altogether"
    else:
        words = "other weights each time: do not read much into a single one"
    return (
        f"Re-tuned {len(windows.trained)} times as time went by, the search found {words} (mean "
        f"cosine between neighbouring windows {number(value, 2)}; 1 is always the same)."
    )


def _bars(found: Weights, windows: WeightWindows | None) -> IntervalBars:
    order = np.argsort(-np.abs(found.weights), kind="stable")
    return IntervalBars(
        title="Weights of the factors",
        caption="A portfolio's score is the weighted sum of its factors' scores; below 0 a high "
        "score counts against a name." + _ranges(found, windows),
        bars=tuple(_bar(found, windows, int(k)) for k in order),
        value_name="weight",
        interval_name="range over the re-tunings" if windows is not None else "",
        points_name="one re-tuning" if windows is not None else "",
    )


def _ranges(found: Weights, windows: WeightWindows | None) -> str:
    """What the lines over the bars are, and which weights are beyond all re-tunings."""
    if windows is None:
        return ""
    seen = windows.weights[np.isfinite(windows.weights).all(axis=1)]
    said = " The line over a bar is the range over the re-tunings."
    if not len(seen):
        return said
    outside = (found.weights < seen.min(axis=0)) | (found.weights > seen.max(axis=0))
    beyond = [name for name, out in zip(found.factors, outside, strict=True) if out]
    if not beyond:
        return said
    its = "The weight of" if len(beyond) == 1 else "The weights of"
    lies = "lies" if len(beyond) == 1 else "lie"
    return f"{said} {its} {listed(beyond)} {lies} outside it: no re-tuning came so far."


def _bar(found: Weights, windows: WeightWindows | None, k: int) -> IntervalBar:
    name, value = found.factors[k], float(found.weights[k])
    if windows is None:
        return IntervalBar(name, value)
    seen = windows.weights[:, k]
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        return IntervalBar(name, value)
    return IntervalBar(name, value, float(seen.min()), float(seen.max()), tuple(seen.tolist()))


def _beside(found: Weights) -> TextTable:
    assert found.incumbent is not None
    return TextTable(
        caption="Beside config/factors.yml",
        columns=("factor", "this portfolio", "config/factors.yml"),
        rows=tuple(
            (name, f"{mine:+z.4f}", f"{theirs:+z.4f}")
            for name, mine, theirs in zip(
                found.factors, found.weights, found.incumbent, strict=True
            )
        ),
    )


def _table(windows: WeightWindows) -> TextTable:
    kept = all(windows.feasible)
    shown = 4 if kept else 5  # no column of remarks without a remark
    return TextTable(
        caption="Walk-forward, window by window",
        columns=("tuned until", "held", "ratio in sample", "ratio out of sample", "remark")[:shown],
        rows=tuple(
            (
                trained,
                f"{tested[0]} to {tested[1]}",
                number(float(inside), 2),
                number(float(outside), 2),
                "" if feasible else "no feasible trial: the least violating was held",
            )[:shown]
            for trained, tested, inside, outside, feasible in zip(
                windows.trained,
                windows.tested,
                windows.in_sample,
                windows.out_of_sample,
                windows.feasible,
                strict=True,
            )
        ),
        words=(0, 1) if kept else (0, 1, 4),
        note=f"Out of sample {percent(windows.efficiency, 0)} of the ratio in sample was left.",
    )


def _settings(found: Weights) -> TextTable:
    return TextTable(
        caption="Other parameters and rules",
        columns=("name", "value"),
        rows=tuple((name, _value(name, value)) for name, value in found.settings.items()),
    )


def _value(name: str, value: object) -> str:
    if name in SHARES and isinstance(value, int | float):
        return percent(float(value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
