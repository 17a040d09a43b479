"""The mandate of a candidate: what the settings say of its portfolio, and what its trial draws."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import combinations
from typing import Any

from mech_exo.config.portfolio_settings import NEUTRAL_TO, PortfolioSettings
from mech_exo.config.settings import BacktestSettings, Settings
from mech_exo.construction.mandate import PLAIN, Mandate
from mech_exo.construction.sides import SIDES
from mech_exo.construction.weightings import WEIGHTINGS
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import CONSTRUCTED_BY, Parameter
from mech_exo.objective.distribution import Distribution
from mech_exo.objective.ranges import Allowed, Limits
from mech_exo.objective.spec import ObjectiveSpec

JOIN = "+"
NOTHING = "none"
NEUTRAL = (NOTHING, *(JOIN.join(c) for n in (1, 2, 3) for c in combinations(NEUTRAL_TO, n)))

RULES: dict[str, Allowed] = {
    "weighting": tuple(WEIGHTINGS),
    "side": tuple(SIDES),
    "gross": Limits(0.0, False, 10.0, True),
    "neutralise": NEUTRAL,
    "max_sector_pct": Limits(0.0, False, 1.0, True),
    "buffer": Limits(0.0, True, 100.0, True),
    "no_trade_band": Limits(0.0, True, 1.0, True),
    "vol_target": Limits(0.0, False, 10.0, True),
    "max_gross": Limits(0.0, False, 10.0, True),
    "max_adv_share": Limits(0.0, False, 100.0, True),
}
"""Setting of `portfolio` that a file may suggest under its name -> what it can be."""

SECTIONS = {
    f.name: section
    for section, kind in (("backtest", BacktestSettings), ("portfolio", PortfolioSettings))
    for f in fields(kind)
}
"""Setting of how a portfolio is made and traded -> its section."""

CHOOSING = ("weighting", "side", "gross", "max_sector_pct", "buffer")
"""Those in whose place a file's own `construct` stands."""

LIQUIDITY = ("max_adv_share", "neutralise")
"""Those that may read the value traded or the size of a company."""


@dataclass(frozen=True, eq=False)
class Mandates:
    """How a file's parameters and the settings make a mandate.

    Attributes
    ----------
    taken
        Names that are arguments of the file's factors, and so none of these.
    lacking
        Kind of data that is not there -> the setting that would bring it.
    """

    spec: ObjectiveSpec
    settings: PortfolioSettings
    taken: Collection[str]
    lacking: Mapping[str, str]

    @cached_property
    def allowed(self) -> dict[str, Allowed]:
        """Every name that the file may suggest -> what it can be."""
        rules = {n: a for n, a in RULES.items() if self.spec.construct is None or n not in CHOOSING}
        read = dict.fromkeys(self.spec.read_by_construct)
        return {n: a for n, a in (read | rules).items() if n not in self.taken}

    @cached_property
    def _stated(self) -> dict[str, Any]:
        """What the settings say."""
        named = {name: getattr(self.settings, name) for name in (*RULES, "benchmark")}
        return {name: value for name, value in named.items() if value is not None}

    def mandate(self, params: Mapping[str, Parameter]) -> Mandate:
        """The mandate under a trial's `params`, which are allowed."""
        drawn = {name: params[name] for name in RULES if name in params and name in self.allowed}
        construct = self.spec.construct
        if not (drawn or self._stated or construct):
            return PLAIN
        rules: dict[str, Any] = self._stated | drawn
        if "neutralise" in drawn:
            rules["neutralise"] = _listed(str(drawn["neutralise"]))
        mandate = Mandate(**rules, construct=construct, params=dict(params) if construct else {})
        drawn_most = "max_gross" in drawn  # a smaller one scales the portfolio down
        if not drawn_most and mandate.gross is not None and mandate.gross > mandate.max_gross:
            message, hint = _above(mandate.gross, mandate.max_gross)
            raise ExoError(f"{message}.", hint=hint)
        return mandate

    @property
    def standing(self) -> dict[str, Parameter]:
        """Rules that may be suggested -> what they are where they are not; those that have none
        are left out.
        """
        plain: dict[str, Parameter] = {
            "weighting": PLAIN.weighting,
            "side": PLAIN.side,
            "neutralise": NOTHING,
            "buffer": PLAIN.buffer,
            "no_trade_band": PLAIN.no_trade_band,
        }
        found = plain | self._rules({})
        return {name: value for name, value in found.items() if name in self.allowed}

    def problem(self, name: str, distribution: Distribution) -> tuple[str, str] | None:
        """What is wrong with suggesting a rule so, and a hint; None if nothing is."""
        if name not in RULES or name not in self.allowed:
            return None
        if name == "gross" and distribution.high > self._most:
            return _above(distribution.high, self._most)
        return self._without_data(name, distribution.choices or (distribution.high,))

    def check(self) -> None:
        """Raise an ExoError for a rule of the settings that cannot hold here."""
        construct = self.spec.construct
        for name, value in self._stated.items():
            wrong = self._without_data(name, (value,))
            if wrong:
                raise ExoError(f"portfolio.{wrong[0]}.", hint=wrong[1])
            if name in CHOOSING and construct is not None:
                raise ExoError(
                    f"portfolio.{name} is set, and {construct.where}: construct decides that.",
                    hint=f"Leave portfolio.{name} out, or the function.",
                )
        if self.settings.gross is not None and self.settings.gross > self._most:
            message, hint = _above(self.settings.gross, self._most)
            raise ExoError(f"portfolio.{message}.", hint=hint)

    @property
    def _most(self) -> float:
        most = self.settings.max_gross
        return PLAIN.max_gross if most is None else most

    def _without_data(self, name: str, values: Collection[Any]) -> tuple[str, str] | None:
        """What a rule that can have these values needs and has not, and a hint."""
        for kind in (kind for value in values for kind in needed_by(name, value)):
            if kind in self.lacking:
                return (
                    f"{name} needs {DATA_WORDS[kind]}, which the data do not have",
                    f"Name a file: {self.lacking[kind]}. Or leave {name} out.",
                )
        return None

    def block(self, params: Mapping[str, Parameter]) -> dict[str, Any]:
        """The block `portfolio` of a factor file: rules that are set or drawn; {} without any.

        With a `construct` the objective file's SHA-256 stands in it under that name, and what it
        reads as `parameters`.
        """
        found, construct = self._rules(params), self.spec.construct
        if construct is not None:
            found[CONSTRUCTED_BY] = self.spec.sha256
        own = {n: v for n, v in params.items() if self.allowed.get(n, "") is None}
        return found | ({"parameters": own} if own else {})

    def _rules(self, params: Mapping[str, Parameter]) -> dict[str, Any]:
        """Rules that are set or drawn, in the form of a factor file."""
        drawn = {n: params[n] for n in RULES if n in params and n in self.allowed}
        stated = {n: v for n, v in self._stated.items() if n in RULES}
        if "neutralise" in stated:
            stated["neutralise"] = JOIN.join(stated["neutralise"])
        rules = stated | drawn
        return {name: rules[name] for name in RULES if name in rules}


DATA_WORDS = {
    "sector": "the sector of each name",
    "size": "the size of each company",
    "adv": "the value traded in each name",
}
"""Kind of data -> what it is, in words."""


def lacking(panel: Panel) -> dict[str, str]:
    """Kind of data that is not there -> the setting that would bring it."""
    there = {
        "sector": (panel.sectors, "data.sectors"),
        "size": (panel.size, "data.market_cap"),
        "adv": (panel.adv, "data.volume"),
    }
    return {name: setting for name, (data, setting) in there.items() if data is None}


def _above(gross: float, most: float) -> tuple[str, str]:
    return (
        f"gross is {gross:g}, above portfolio.max_gross, {most:g}",
        f"Set portfolio.max_gross to {gross:g} as well, or lower the gross.",
    )


def _listed(neutralise: str) -> tuple[str, ...]:
    """`sector+beta` as a tuple; "none" is empty."""
    return () if neutralise == NOTHING else tuple(neutralise.split(JOIN))


def needed_by(name: str, value: Any) -> tuple[str, ...]:
    """The kinds of data that a rule needs at a value, as `lacking` names them."""
    if name == "max_sector_pct":
        return ("sector",)
    if name == "max_adv_share":
        return ("adv",)
    if name == "neutralise":
        named = _listed(value) if isinstance(value, str) else tuple(value)
        return tuple(kind for kind in named if kind != "beta")
    return ()


def decides_with_data(settings: Settings, spec: ObjectiveSpec) -> bool:
    """Whether a trial may need more to decide than scores: what `DecisionData` holds."""
    return (
        settings.portfolio != PortfolioSettings()
        or settings.backtest.impact is not None
        or spec.construct is not None
        or not spec.texts.isdisjoint(RULES)
    )


def reads_liquidity(settings: Settings, spec: ObjectiveSpec) -> bool:
    """Whether value traded and size of the companies are part of the data of a trial."""
    portfolio = settings.portfolio
    return (
        spec.construct is not None
        or portfolio.max_adv_share is not None
        or "size" in (portfolio.neutralise or ())
        or settings.backtest.impact is not None
        or not spec.texts.isdisjoint(LIQUIDITY)
    )
