"""What many looks at one holdout cost: power where they are nearly one portfolio, level where not.

python benchmarks/looks.py                 table of docs/verdict.md, about ten minutes
python benchmarks/looks.py --studies 100   quicker

Made-up information coefficients and active returns by holding period of four weeks, eight years of
data of which the last fifth is the holdout, a search a week for a year: data and holdout move by a
week each time. What is judged is the product's: `SharedLuck` of what each look showed, tests as
`skill_test` has them. For PASS the other two parts are drawn so that each of them alone sees what
docs/verdict.md says it does.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from mech_exo.config.settings import VerdictSettings
from mech_exo.data.panel import FloatArray
from mech_exo.tuning.looks import Look
from mech_exo.tuning.seen_periods import SeenPeriods
from mech_exo.verdict.decision import Parts, decide, promise_kept
from mech_exo.verdict.evidence import Evidence, robust_t, student_p
from mech_exo.verdict.seen_skill import BlockSkill
from mech_exo.verdict.shared_luck import SharedLuck
from mech_exo.verdict.statistics import normal_cdf

YEARS, WEEKS, PERIOD = 8, 52, 4
FRACTION = 0.2  # of the data held out
BEGUN = np.datetime64("2010-01-04")
RANKED = 1.26 / math.sqrt(13.0)  # mean coefficient of a period for a ratio of 1 a year
EARNED = 1.0 / math.sqrt(13.0)
OTHERS = {0.0: (0.0, 0.0), 1.5: (3.5, 3.1)}  # mean scores of placebo search and walk-forward
WALKED = 50  # blocks of the walk-forward


@dataclass(frozen=True)
class World:
    """How looks resemble each other.

    Attributes
    ----------
    name
        In words.
    looks
        Number of portfolios.
    alike, earned_alike
        Correlation of the noise of any two on the same dates: of the coefficients, and of the
        active returns.
    next_alike
        Correlation, from look to look, of what they do not all share.
    weekly
        Whether the data grow by a week from look to look.
    """

    name: str
    looks: int
    alike: float
    earned_alike: float
    next_alike: float
    weekly: bool = True


WORLDS = (
    World("52 weeks, nearly one portfolio", 52, 0.97, 0.9, 0.9),
    World("52 weeks, much alike", 52, 0.9, 0.9, 0.9),
    World("52 weeks, related (another seed each)", 52, 0.5, 0.3, 0.0),
    World("52 looks on the same dates, nearly one", 52, 0.97, 0.9, 0.9, weekly=False),
    World("ten unlike portfolios, same dates", 10, 0.0, 0.0, 0.0, weekly=False),
    World("ten unlike portfolios, a week apart", 10, 0.0, 0.0, 0.0),
)


class Market:
    """Weekly payoffs of all portfolios of a world, and what is seen of them when.

    Parameters
    ----------
    ratio
        True yearly ratio of all of them.
    """

    def __init__(self, world: World, ratio: float, generator: np.random.Generator) -> None:
        data = YEARS * WEEKS + np.arange(world.looks) * world.weekly
        self.ends = data
        begun = np.ceil(data * (1.0 - FRACTION) / PERIOD).astype(np.int64) * PERIOD
        self.begins = begun  # the first decision after four fifths of the data
        weeks = int(data[-1])
        ranked = _noise(world, world.alike, weeks, generator)
        apart = _noise(world, world.earned_alike, weeks, generator)
        self._ranked, self._ratio = ranked, ratio
        self._earned = 0.5 * ranked + math.sqrt(0.75) * apart

    def seen(self, look: int, begin: int, end: int) -> SeenPeriods:
        """What a portfolio shows from one week until another."""
        first = np.arange(begin, end, PERIOD)
        weeks = np.minimum(first + PERIOD, end) - first
        share = weeks / PERIOD
        ranked = np.add.reduceat(self._ranked[look, begin:end], first - begin) / np.sqrt(weeks)
        earned = np.add.reduceat(self._earned[look, begin:end], first - begin) / math.sqrt(PERIOD)
        days = BEGUN + 7 * first
        return SeenPeriods.of(
            days,
            days + 7 * weeks - 1,
            ranked + self._ratio * RANKED * np.sqrt(share),
            earned + self._ratio * EARNED * share,
        )

    def entry(self, look: int) -> Look:
        """A look as the ledger has it."""
        shown = self.seen(look, int(self.begins[look]), int(self.ends[look]))
        days = (shown.cells["first"][0], shown.cells["last"][-1])
        first, last = (str(np.datetime64(int(day), "D")) for day in days)
        return Look(str(look), "made up", first, last, "benchmark", periods=shown)


def _noise(world: World, alike: float, weeks: int, generator: np.random.Generator) -> FloatArray:
    """[looks, weeks] of deviation 1."""
    common = generator.standard_normal(weeks)
    fresh = generator.standard_normal((world.looks, weeks))
    own = fresh.copy()
    for k in range(1, world.looks):
        own[k] = world.next_alike * own[k - 1] + math.sqrt(1 - world.next_alike**2) * fresh[k]
    noise: FloatArray = math.sqrt(alike) * common + math.sqrt(1.0 - alike) * own
    return noise


def on_own_blocks(seen: SeenPeriods) -> BlockSkill:
    """A portfolio on its own periods; a last, shorter one joins the one before, as always."""
    cells = seen.cells
    block = np.arange(len(cells))
    if cells["last"][-1] - cells["first"][-1] + 1 < 7 * PERIOD:
        block[-1] -= 1
    count = np.bincount(block)
    opens = np.searchsorted(block, np.arange(len(count)))
    ranked = np.bincount(block, weights=cells["coefficient"].astype(np.float64)) / count
    earned = np.bincount(block, weights=cells["skill"].astype(np.float64))
    none = np.zeros(0)
    return BlockSkill(
        Evidence(none, none, earned.astype(np.float64), ranked),
        cells["first"][opens].astype(np.int64),
        cells["last"][opens + count - 1].astype(np.int64),
    )


@dataclass(frozen=True)
class Judged:
    """p-value of a portfolio alone, corrected for all looks, and how many those were worth."""

    alone: float
    corrected: float
    worth: float


def judged(own: BlockSkill, content: str, looks: tuple[Look, ...]) -> Judged:
    """As `judge_holdout` does it."""
    p = p_of(own)
    return Judged(p, *SharedLuck.of(own, content, looks).corrected(p))


def p_of(own: BlockSkill) -> float:
    """As `skill_test` has it."""
    series = own.evidence.deciding
    return student_p(robust_t(series), len(series))


def last_look(market: Market, looks: tuple[Look, ...]) -> Judged:
    """The portfolio of the last week, on its own holdout."""
    entry = looks[-1]
    assert entry.periods is not None
    return judged(on_own_blocks(entry.periods), entry.content, looks)


def best_look(market: Market, looks: tuple[Look, ...]) -> Judged:
    """The portfolio that had the best figures when it was seen, judged on the last dates."""
    best = int(np.argmin([alone(entry) for entry in looks]))
    seen = market.seen(best, int(market.begins[-1]), int(market.ends[-1]))
    return judged(on_own_blocks(seen), looks[best].content, looks)


def luckiest_verdict(looks: tuple[Look, ...]) -> float:
    """The smallest p-value, if each portfolio is judged when seen, by the looks until then."""
    found = [1.0]
    for number, entry in enumerate(looks, start=1):
        if entry.periods is not None and alone(entry) <= 0.05:
            own = on_own_blocks(entry.periods)
            found.append(judged(own, entry.content, looks[:number]).corrected)
    return min(found)


def alone(entry: Look) -> float:
    """p-value of a look as if there were no other."""
    assert entry.periods is not None
    return p_of(on_own_blocks(entry.periods))


def passed(holdout: float, alone: float, scores: FloatArray, settings: VerdictSettings) -> bool:
    """Whether the verdict is PASS, by the holdout's p-value with all looks and without."""
    placebo, walked = (normal_cdf(-z) for z in scores.tolist())
    blocks = round(YEARS * FRACTION * WEEKS / PERIOD)
    promise = promise_kept((walked, WALKED), (alone, blocks))
    parts = Parts(placebo, walked, holdout, 0.01, 1.0, 4.0, promise)
    return decide(parts, settings).overall == "PASS"


def studies(
    world: World, ratio: float, count: int, seed: int = 0
) -> Iterator[tuple[Market, tuple[Look, ...], FloatArray]]:
    """Made-up years, and the scores of the other two parts."""
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        market = Market(world, ratio, generator)
        shared, *own = generator.standard_normal(3)
        scores = math.sqrt(0.3) * shared + math.sqrt(0.7) * np.array(own) + OTHERS[ratio]
        yield market, tuple(market.entry(k) for k in range(world.looks)), scores


def _power(world: World, count: int) -> str:
    settings, rows = VerdictSettings(), list[list[float]]()
    for market, looks, scores in studies(world, 1.5, count):
        found = last_look(market, looks)
        ps = (found.alone, found.corrected, min(1.0, found.alone * world.looks))
        rows.append(
            [*(p <= 0.05 for p in ps), *(passed(p, found.alone, scores, settings) for p in ps)]
        )
        rows[-1].append(found.worth)
    table = np.array(rows, dtype=np.float64)
    shares = 100.0 * table[:, :6].mean(axis=0)
    part, whole = (" / ".join(f"{s:.0f}" for s in shares[i : i + 3]) for i in (0, 3))
    return f"| {world.name} | {np.median(table[:, 6]):.1f} | {part} | **{whole}** |"


def _level(world: World, count: int) -> str:
    rows = []
    for market, looks, _ in studies(world, 0.0, count, seed=1):
        last, best = last_look(market, looks), best_look(market, looks)
        rows.append([last.corrected, best.corrected, best.alone, luckiest_verdict(looks)])
    shares = 100.0 * (np.array(rows) <= 0.05).mean(axis=0)
    return f"| {world.name} | " + " | ".join(f"{s:.1f}" for s in shares) + " |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--studies", type=int, default=1000)
    count = parser.parse_args().studies
    print(f"True ratio 1.5, {count} studies: one look / all looks / Bonferroni")
    print("| looks | worth (median) | holdout's p <= 5 % | **PASS** |\n|---|---|---|---|")
    for world in WORLDS:
        print(_power(world, count), flush=True)
    print(f"\nNo skill, {count} studies (of ten looks five times as many): share with p <= 5 %")
    print("| looks | the last | the best seen, judged today | uncorrected | one verdict of all |")
    print("|---|---|---|---|---|")
    for world in WORLDS:
        print(_level(world, count * WEEKS // world.looks), flush=True)


if __name__ == "__main__":
    main()
