"""Skill or luck, and why."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mech_exo.config.doc_pages import page_command
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.formats import number, percent
from mech_exo.report.page.page_blocks import Block, Callout, CommandLines, Paragraph, Tone
from mech_exo.tearsheet.parts.data_coverage import DataCoverage
from mech_exo.tearsheet.parts.luck import number_of
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.verdict_found import VerdictFound
from mech_exo.tearsheet.sections.section_words import Blocks, chance
from mech_exo.tearsheet.tear_sheet import TearSheet

TONES: dict[str, Tone] = {"PASS": "good", "INCONCLUSIVE": "doubtful", "FAIL": "bad"}
MEANS = {
    "PASS": "By these tests the result is skill, not luck.",
    "INCONCLUSIVE": "It may be skill, but the evidence is not enough to say so.",
    "FAIL": "Luck alone would show as much. Do not trade on this result.",
}
MANY_YEARS = 100.0


def verdict_section(sheet: TearSheet) -> Blocks:
    """The answer first, then what it stands on."""
    return tuple(_blocks(sheet))


def _blocks(sheet: TearSheet) -> Iterator[Block]:
    for caution in sheet.cautions:
        yield Callout("Read this first", (caution,), "bad")
    if isinstance(sheet.data, DataCoverage) and sheet.data.demo:
        yield Callout(
            "Made-up prices",
            ("This is the demo market. Its results mean nothing for real money.",),
            "doubtful",
        )
    found = sheet.verdict
    if isinstance(found, Missing):
        yield Callout("No verdict", (found.reason, _unjudged(sheet)), "doubtful")
        if found.command:
            yield CommandLines("This asks whether it is skill or luck:", (found.command,))
    else:
        reason = found.reason.replace("with a chance of 0.0 %", f"with a chance {chance(0.0)}")
        reasons = (MEANS.get(found.overall, ""), reason, _no_holdout(found), found.earlier)
        tone = TONES.get(found.overall, "plain")
        yield Callout(found.words, tuple(r for r in reasons if r), tone)
        yield _deciding(found)
        if found.overall != "PASS":
            yield Paragraph(_takes(found.block.get("decision") or {}))


def _unjudged(sheet: TearSheet) -> str:
    if sheet.exit_code == 3:
        return "No trial keeps all limits, so there is nothing to judge yet."
    return (
        "Until then, take the figures below for what a search finds when it looks for good "
        "figures: they are too good."
    )


def _no_holdout(found: VerdictFound) -> str:
    """That a holdout is missing, where that keeps a result from a PASS."""
    if found.overall != "INCONCLUSIVE" or found.block.get("holdout") or "holdout" in found.reason:
        return ""
    return "There is no holdout, and without one nothing is called a PASS."


def _deciding(found: VerdictFound) -> TextTable:
    rows = [
        (name, _shown(found.block, name), _chance(p), percent(found.most[name], 0))
        for name, p in found.parts.items()
    ]
    rows.append(("together", "", _chance(found.p), percent(found.level, 0)))
    return TextTable(
        caption="What decides",
        columns=("test", "what it found", "chance under luck", "a PASS needs at most"),
        rows=tuple(rows),
        words=(0, 1),
        marked=(len(rows) - 1,),
        note="Ratio: yearly return over the benchmark's share of it, by its own deviation. "
        "Its returns begin on the session after the first purchase, whose cost the figures below "
        f"have too. {page_command('verdict')} explains each test.",
    )


def _chance(p: float | None) -> str:
    return "not run" if p is None else chance(p)


def _shown(block: Mapping[str, Any], part: str) -> str:
    """What a test found, in a few words."""
    if part == "placebo search":
        found = block.get("placebo")
        if not isinstance(found, Mapping):
            return "–"
        return (
            f"the search finds a ratio of {_number(found, 'ratio')}; the same search finds "
            f"{_number(found, 'luck_mean')} on average where there is nothing to find"
        )
    found = block.get(part.replace("-", "_"))
    if not isinstance(found, Mapping):
        return "–"
    test = found.get("test") or {}
    skill, active = test.get("skill") or {}, test.get("active") or {}
    words = f"ratio {_number(skill, 'ratio')}, {percent(number_of(active.get('mean')))} a year over"
    if part == "holdout":
        looks = int(found.get("looks", 0))
        seen = "first look" if looks == 1 else f"{looks} portfolios seen there"
        return f"{words} the benchmark on dates that no trial saw ({seen})"
    return f"{words} the benchmark when re-tuned {len(found.get('windows') or ())} times"


def _number(block: Mapping[str, Any], name: str) -> str:
    return number(number_of(block.get(name)), 2)


def _takes(decision: Mapping[str, Any]) -> str:
    """How long a history this stands on, and how long a one it would take."""
    years, needed = number_of(decision.get("years")), number_of(decision.get("years_needed"))
    here = f"The evidence out of sample covers {number(years, 1)} years."
    if math.isnan(needed):
        return f"{here} More years of this kind would not help: it does not grow."
    if needed > MANY_YEARS:
        return f"{here} At this rate a clear answer takes more than a hundred years."
    if needed <= years:
        return f"{here} Evidence like this reaches a clear answer in {number(needed, 1)} years."
    return f"{here} If it goes on like this, a clear answer takes about {number(needed, 1)} years."
