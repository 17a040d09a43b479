"""Which of the verdicts that were kept counts now.

The latest one under the present conditions: the same study, data, number of trials and rules. One
under other conditions is not the verdict of the present; that it was a FAIL is not forgotten.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mech_exo.config.settings import VerdictSettings
from mech_exo.errors import ExoError
from mech_exo.verdict.decision import FAILS_FROM, VERDICT_VERSION, at_level

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.kept_verdicts import KeptVerdict

NOT_JUDGED = "none (not judged)"


@dataclass(frozen=True)
class Conditions:
    """What a verdict must be of to count. None: not compared.

    Attributes
    ----------
    fingerprint, data, trials, rules
        As in `tuning.kept_verdicts.KeptVerdict`.
    """

    fingerprint: str | None
    data: str | None
    trials: int | None
    rules: Mapping[str, Any] | None

    def differences(self, kept: "KeptVerdict") -> tuple[str, ...]:
        """What is different now, in words."""
        return tuple(self._differences(kept))

    def _differences(self, kept: "KeptVerdict") -> Iterator[str]:
        if self.fingerprint not in (None, kept.fingerprint):
            yield "an earlier fingerprint of the study"
        if self.data not in (None, kept.data):
            yield "other data"
        if self.trials not in (None, kept.trials):
            yield f"{kept.trials} trials, not {self.trials}"
        if self.rules is not None:
            for name in (*kept.rules, *(n for n in self.rules if n not in kept.rules)):
                before, after = kept.rules.get(name), self.rules.get(name)
                if before != after:
                    yield f"{name} {_shown(before)}, not {_shown(after)}"


@dataclass(frozen=True)
class Standing:
    """What is known of one portfolio.

    Attributes
    ----------
    present
        The verdict that counts; None if there is none.
    others
        All other verdicts on it, latest first.
    differences
        In what the latest of them that is not of the present differs.
    """

    present: "KeptVerdict | None" = None
    others: "tuple[KeptVerdict, ...]" = ()
    differences: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The verdict in a line; that there is none is said as well."""
        if self.present is not None:
            failed = next((k for k in self.others if k.overall == "FAIL"), None)
            earlier = "" if failed is None else f"; an earlier one of {_day(failed)} was FAIL"
            return f"{verdict_in_words(self.present.block)} (judged {_day(self.present)}{earlier})"
        if not self.others:
            return NOT_JUDGED
        latest = self.others[0]
        return (
            f"none (not judged under the present conditions; {verdict_in_words(latest.block)} of "
            f"{_day(latest)} "
            f"was with {', '.join(self.differences)})"
        )

    @property
    def against(self) -> str:
        """Why the portfolio should not go into production; "" if no verdict says so.

        A FAIL under other conditions speaks against it until it is judged again.
        """
        if self.present is not None:
            why = speaks_against(self.present.block)
            return f"its verdict is {why} (judged {_day(self.present)})" if why else ""
        why = speaks_against(self.others[0].block) if self.others else ""
        if not why:
            return ""
        return (
            f"its last verdict, of {_day(self.others[0])}, is {why} "
            f"(with {', '.join(self.differences)}; `exo validate` judges it again)"
        )


def verdict_in_words(block: Mapping[str, Any]) -> str:
    """PASS, INCONCLUSIVE or FAIL of a verdict's block; a level above the usual one is named."""
    return at_level(str(block.get("overall")), _number(block.get("level")))


def speaks_against(block: Mapping[str, Any]) -> str:
    """Why a verdict's block keeps a portfolio from production, in words; "" if it does not.

    A FAIL does, and so does a chance under luck from which it is one by the usual rules: a setting
    (`verdict.fail_above`) does not make luck fit for production.
    """
    if block.get("overall") == "FAIL":
        return "FAIL"
    decision = block.get("decision")
    p = _number(decision.get("p")) if isinstance(decision, Mapping) else None
    if p is None or p < FAILS_FROM:
        return ""
    return (
        f"{block.get('overall')} by its own settings only: luck alone shows as much with a chance "
        f"of {100 * p:.1f} %, and from {100 * FAILS_FROM:.0f} % on nothing goes into production"
    )


def _number(value: Any) -> float | None:
    known = isinstance(value, float | int) and not isinstance(value, bool)
    return float(value) if known else None


def standing(kept: "Sequence[KeptVerdict]", now: Conditions) -> Standing:
    """What verdicts on one portfolio, oldest first, are worth under the conditions `now`."""
    latest_first = tuple(reversed(kept))
    present = next((k for k in latest_first if not now.differences(k)), None)
    others = tuple(k for k in latest_first if k is not present)
    other = next((k for k in others if now.differences(k)), None)
    return Standing(present, others, () if other is None else now.differences(other))


def rules_of(settings: VerdictSettings) -> dict[str, Any]:
    """By which rules a verdict is reached: settings, content of benchmark and hedge, versions.

    Raises
    ------
    ExoError
        If the benchmark or the hedge cannot be read.
    """
    from mech_exo.backtest.kernel import KERNEL_VERSION

    rules = {f"verdict.{name}": value for name, value in asdict(settings).items()}
    del rules["verdict.choose"]  # what is judged, not how
    for name, path in (("benchmark", settings.benchmark), ("hedge", settings.hedge)):
        if path is None:
            continue
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ExoError(
                f"{path}: the {name} cannot be read ({error.strerror}).",
                hint=f"Mend verdict.{name}, or leave it out.",
            ) from error
        rules[f"verdict.{name}"] = hashlib.sha256(content).hexdigest()
    return rules | {"backtest kernel": KERNEL_VERSION, "verdict": VERDICT_VERSION}


def file_conditions(file: "FactorFile", rules: Mapping[str, Any] | None) -> Conditions:
    """Those under which a factor file was made, and the rules at hand (None: not compared)."""
    stated = file.provenance or {}
    return Conditions(
        fingerprint=stated.get("study_fingerprint"),
        data=stated.get("data_fingerprint"),
        trials=file.metadata.get("total_trials"),
        rules=rules,
    )


def _day(kept: "KeptVerdict") -> str:
    return kept.judged[:10]


def _shown(value: Any) -> str:
    text = "none" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == 64 else text
