"""The limits of a portfolio's risk: config/risk_limits.yml."""

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mech_exo.config.packaged import RISK_LIMITS, nearest, packaged_file
from mech_exo.data.frequency import YEAR, Frequency
from mech_exo.errors import ExoError
from mech_exo.risk.measures import ROUNDING
from mech_exo.system.strict_yaml import Document, read_yaml

Light = Literal["green", "amber", "red", ""]

# figure -> whether a larger value is worse
WORSE_ABOVE: dict[str, bool] = {
    "drawdown": True,
    "max_drawdown": True,
    "volatility": True,
    "var": True,
    "es": True,
    "position": True,
    "gross": True,
    "net": True,
    "short_interest": True,
    "cash": True,
    "names": False,
    "sector": True,
    "factor": True,
    "stop_distance": False,
    "data_age_days": True,
}
OF_ONE_SESSION = frozenset({"var", "es"})
_KEYS = ("window", "confidence", "sectors", "limits")


@dataclass(frozen=True)
class Limit:
    """Two thresholds of one figure; a value at a threshold is within it."""

    amber: float
    red: float
    worse_above: bool

    def light(self, value: float) -> Light:
        """The traffic light of a value; one that is not defined keeps no limit."""
        if math.isnan(value) or self._beyond(value, self.red):
            return "red"
        return "amber" if self._beyond(value, self.amber) else "green"

    def scaled(self, factor: float) -> "Limit":
        """The same with other thresholds, `factor` times as large."""
        return replace(self, amber=self.amber * factor, red=self.red * factor)

    def later(self, days: int) -> "Limit":
        """The same with thresholds that are so many days higher."""
        return replace(self, amber=self.amber + days, red=self.red + days)

    def _beyond(self, value: float, threshold: float) -> bool:
        return value > threshold if self.worse_above else value < threshold


@dataclass(frozen=True)
class RiskLimits:
    """One file of limits.

    Attributes
    ----------
    window
        Days that volatility, VaR and ES look back on.
    confidence
        Of VaR and ES.
    sectors
        Sector map; None: none.
    limits
        Figure -> limit, those of `WORSE_ABOVE` that the file has.
    """

    path: Path
    window: int = 252
    confidence: float = 0.95
    sectors: Path | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)

    def sessions(self, frequency: Frequency) -> int:
        """Sessions in `window`; where a market has few, as many as VaR and ES need."""
        needed = math.ceil(1.0 / (1.0 - self.confidence) - ROUNDING)
        return frequency.sessions(self.window, needed)

    def of_session(self, frequency: Frequency) -> Mapping[str, Limit]:
        """The limits in a market of this frequency.

        VaR and ES are losses of one session. Their limits are of a day, and grow with the square
        root of the time (as variances of independent returns add up); the age of the data may be
        a period more.
        """
        longer = math.sqrt(YEAR / frequency.periods_per_year)
        found = dict(self.limits)
        for name in found.keys() & OF_ONE_SESSION:
            found[name] = found[name].scaled(longer)
        if "data_age_days" in found:
            found["data_age_days"] = found["data_age_days"].later(frequency.wait_days)
        return found


def find_limits(explicit: Path | None, cwd: Path) -> Path:
    """`--limits`, else the nearest config/risk_limits.yml upward, else the packaged one."""
    return explicit or nearest(RISK_LIMITS, cwd) or packaged_file(RISK_LIMITS)


def read_limits(path: Path) -> RiskLimits:
    """Read and check a file of limits.

    Raises
    ------
    ExoError
        For a file that cannot be read or is not YAML, an unknown key, a value of the wrong kind,
        an amber threshold beyond the red one; with the line. For one without a limit.
    """
    document = read_yaml(path)
    check = _Check(document, path)
    values = check.section(document.value, (), _KEYS)
    window = check.number(values.get("window", 252), ("window",), 2, 100_000)
    if window != int(window):
        raise check.error(("window",), f"is {window:g}, expected a whole number")
    sectors = values.get("sectors")
    if sectors is not None and not isinstance(sectors, str):
        raise check.error(("sectors",), "is not the name of a file")
    limits = check.section(values.get("limits") or {}, ("limits",), WORSE_ABOVE)
    read = RiskLimits(
        path=path,
        window=int(window),
        confidence=check.number(values.get("confidence", 0.95), ("confidence",), 0.5, 0.9999),
        sectors=None if sectors is None else path.resolve().parent / sectors,
        limits={n: check.limit(n, v) for n, v in limits.items() if v is not None},
    )
    if not read.limits:  # an empty or cut off file must not let everything pass
        raise check.error(
            ("limits",), "are missing", f"Write them, as the {RISK_LIMITS} of `exo init` has them."
        )
    return read


class _Check:
    def __init__(self, document: Document, path: Path) -> None:
        self._document = document
        self._path = path

    def error(self, where: tuple[str, ...], what: str, hint: str = "") -> ExoError:
        line = self._document.line(where)
        at = f"{self._path}, line {line}" if line else str(self._path)
        return ExoError(f"{at}: {'.'.join(where) or 'the file'} {what}.", hint=hint)

    def section(self, value: Any, where: tuple[str, ...], keys: Collection[str]) -> dict[str, Any]:
        if value is None and not where:
            return {}
        if not isinstance(value, dict):
            raise self.error(where, "is not a section", f"Keys: {', '.join(keys)}.")
        for key in value:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(keys)}."
                raise self.error((*where, key), "is unknown", hint)
        return value

    def number(self, value: Any, where: tuple[str, ...], low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(where, f"is {value!r}, expected a number")
        if not low <= value <= high:
            raise self.error(where, f"is {value}, must be between {low:g} and {high:g}")
        return float(value)

    def limit(self, name: str, value: Any) -> Limit:
        where = ("limits", name)
        given = self.section(value, where, ("amber", "red"))
        if "red" not in given:
            raise self.error(where, "has no red threshold", f"Write {name}: {{amber: …, red: …}}.")
        red = self.number(given["red"], (*where, "red"), -1e9, 1e9)
        amber = self.number(given.get("amber", red), (*where, "amber"), -1e9, 1e9)
        above = WORSE_ABOVE[name]
        if (amber > red) if above else (amber < red):
            side = "above" if above else "below"
            raise self.error((*where, "amber"), f"is {side} red, and could never be seen")
        return Limit(amber, red, above)
