"""The verdict that is known of the portfolio, and how to ask for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.typed_commands import judging
from mech_exo.verdict.decision import SUPPORT
from mech_exo.verdict.standing import verdict_in_words
from mech_exo.workflow.remembered_verdicts import stated_words


@dataclass(frozen=True)
class VerdictFound:
    """Skill or luck.

    Attributes
    ----------
    overall
        PASS, INCONCLUSIVE or FAIL.
    words
        The same, with a level above the usual one.
    reason
        Why, in sentences.
    p, level
        Chance that luck alone shows as much, and the level that a PASS needs.
    parts
        What decides -> chance under luck; None for a part that could not be run.
    most
        What decides -> the chance up to which it supports a PASS.
    block
        The whole verdict as plain values (docs/verdict.md).
    earlier
        What earlier verdicts say against it, in a sentence; "" for nothing.
    """

    overall: str
    words: str
    reason: str
    p: float | None
    level: float | None
    parts: Mapping[str, float | None]
    most: Mapping[str, float]
    block: Mapping[str, Any]
    earlier: str = ""


def verdict_found(reported: Reported) -> VerdictFound | Missing:
    """The verdict, else why there is none."""
    block = reported.block
    if block is None:
        return ask_for_verdict(reported)
    decision = _part(block, "decision")
    kept = reported.standing.present is not None
    failed = any(k.overall == "FAIL" for k in reported.standing.others)
    chances = (_part(block, "placebo").get("p"), _walked(block), _part(block, "holdout").get("p"))
    return VerdictFound(
        overall=str(block.get("overall")),
        words=verdict_in_words(block),
        reason=str(decision.get("reason", "")),
        p=decision.get("p"),
        level=block.get("level"),
        parts=dict(zip(SUPPORT, chances, strict=True)),
        most=SUPPORT,
        block=block,
        earlier="An earlier verdict on this portfolio was FAIL." if kept and failed else "",
    )


def ask_for_verdict(reported: Reported) -> Missing:
    """That there is no verdict, and what asks for one."""
    study = reported.study
    if reported.kind == "study" and study is not None and len(study.directions) > 1:
        return Missing(
            "A study of several objectives is not judged as a whole. Export one of its front, and "
            "judge the file.",
            judging(reported),
        )
    if reported.standing.others:
        return Missing(
            f"Skill or luck is not known under the present conditions: {reported.standing.words}.",
            judging(reported),
        )
    file = reported.file
    if file is not None and file.verdict is not None:
        return Missing(
            f"Skill or luck is not known of this: {stated_words(file)}.", judging(reported)
        )
    return Missing("Nobody has asked whether this is skill or luck.", judging(reported))


def _part(block: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = block.get(name)
    return part if isinstance(part, Mapping) else {}


def _walked(block: Mapping[str, Any]) -> float | None:
    p: float | None = _part(_part(block, "walk_forward"), "test").get("p")
    return p
