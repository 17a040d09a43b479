"""What must be known beside the p-value, in a sentence each; some stand against a PASS.

A new one is a function here and its entry in `RESERVATIONS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mech_exo.verdict.decision import USUAL_LEVEL, Reservation
from mech_exo.verdict.detection import Detection
from mech_exo.verdict.factor_skill import FactorSkill
from mech_exo.verdict.hedged_verdict import HedgedVerdict
from mech_exo.verdict.subject import Subject

DEPENDENT = 0.05
"""Mean autocorrelation of the factors' blocks, above which months are said to depend on each other.

On 1,000 made-up markets it is above that in 8 % of those with independent months, and in half of
those whose styles wander for months. One portfolio's own autocorrelation out of sample, of fifty
months or so, is above 0.1 in a fifth of the former and a third of the latter."""


@dataclass(frozen=True)
class Circumstances:
    """What reservations look at.

    Attributes
    ----------
    subject
        What is judged.
    factors
        In sample.
    hedged
        The verdict on what the user's premia leave; None without a hedge.
    detection
        What `exo calibrate` found of these conditions; None where it was not asked.
    """

    subject: Subject
    factors: FactorSkill
    hedged: HedgedVerdict | None = None
    detection: Detection | None = None


def _level(of: Circumstances) -> Reservation | None:
    level = of.subject.settings.verdict.level
    if level <= USUAL_LEVEL:
        return None
    words = (
        f"The level is {100 * level:g} %, not the usual {100 * USUAL_LEVEL:g} % (verdict.level)."
    )
    return Reservation("level", words)


def _survivors(of: Circumstances) -> Reservation | None:
    """Hindsight in the universe is not luck: no p-value corrects it."""
    found = of.subject.survivors
    if found is None:
        return None
    name, seen = found.rule, found.message.split(":")[0]
    if name in (of.subject.settings.data.accept or ()):
        words = f"The settings accept a universe of survivors (data.accept: {name})."
        return Reservation(name, words)
    words = (
        f"The universe is one of survivors: {seen}. Names that were chosen because they did well "
        f"make luck look like skill; data.accept: [{name}] takes that risk."
    )
    return Reservation(name, words, forbids_pass=True)


def _dependence(of: Circumstances) -> Reservation | None:
    """A mean that wanders for years is a skill to every test that has only these years."""
    known = of.factors.autocorrelation
    if not known > DEPENDENT:  # or NaN
        return None
    words = (
        f"Months depend on each other (autocorrelation of the factors' {known:.2f}): what looks "
        "like skill may be a style in its good years."
    )
    return Reservation("dependence", words)


def _hedged(of: Circumstances) -> Reservation | None:
    if of.hedged is None:
        return None
    *most, last = of.hedged.against
    names = f"{', '.join(most)} and {last}" if most else last
    words = (
        f"Hedged for {names} the verdict is {of.hedged.overall} (chance under luck "
        f"{100 * of.hedged.p:.1f} %)."
    )
    return Reservation("hedged", words)


def _quick(of: Circumstances) -> Reservation | None:
    """Without the placebo search a junk portfolio of skilful factors would pass."""
    if not of.subject.quick:
        return None
    words = (
        "This is a quick verdict: what the factors know in closed form and one re-tuning, without "
        "placebo searches. It can say no, and not yes."
    )
    return Reservation("quick", words, forbids_pass=True)


def _detection(of: Circumstances) -> Reservation | None:
    """Without it a FAIL on short data reads like an answer."""
    found = of.detection
    if found is None:
        return None
    below = "" if found.floor.ratio is None else "below it "
    level = found.level
    words = (
        f"By `exo calibrate` these data {found.floor.words}: {below}a FAIL means that nothing can "
        f"be seen here. Of {level.studies} studies on noise {100 * level.share:.1f} % passed "
        f"({100 * level.low:.1f} to {100 * level.high:.1f} %)."
    )
    return Reservation("detection", words)


RESERVATIONS: tuple[Callable[[Circumstances], Reservation | None], ...] = (
    _quick,
    _survivors,
    _dependence,
    _hedged,
    _level,
    _detection,
)


def reservations(of: Circumstances) -> tuple[Reservation, ...]:
    """All that hold."""
    return tuple(found for rule in RESERVATIONS if (found := rule(of)) is not None)
