"""What a factor file says: the weights and hyperparameters of one portfolio, and their origin."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, NotRequired, TypedDict

Sense = Literal["higher_better", "lower_better"]
Parameter = float | int | str | bool | None

CONSTRUCTED_BY = "construct"  # in the block `portfolio`: whose function made it
WEIGHT = "weight_"  # before a factor's name: the parameter that is its weight
_EXACT = 2**53  # beyond it a float is not every whole number

PRUNERS = {"median": "MedianPruner", "none": "NopPruner"}
FIGURES = {  # field of the metadata -> metric
    "best_sharpe_ratio": "sharpe",
    "max_drawdown": "max_drawdown",
    "total_return": "total_return",
    "volatility": "volatility",
}
HYPERPARAMETERS = ("cash_pct", "stop_loss_pct", "position_size_pct")
METADATA_FIELDS = (
    "created_at",
    "optimization_method",
    "run_id",
    "study_name",
    "best_trial_number",
    "best_sharpe_ratio",
    "max_drawdown",
    "total_return",
    "volatility",
    "constraints_satisfied",
    "constraint_violations",
    "total_trials",
    "elapsed_time_seconds",
    "sampler",
    "pruner",
    "data_points",
)


class FactorEntry(TypedDict):
    """One factor of the file."""

    weight: float
    direction: Sense
    category: str
    parameters: NotRequired[dict[str, Parameter]]  # arguments, or windows of a built-in one


@dataclass(frozen=True)
class FactorFile:
    """A factor file's content, as plain values.

    Attributes
    ----------
    metadata
        The guide's fields (`METADATA_FIELDS`) and whatever else the file holds.
    factors
        Category -> factor -> entry.
    hyperparameters
        Those of `HYPERPARAMETERS` that the file states; the settings supply the others.
    provenance, out_of_sample, verdict
        None where the file has no such block (hand-written files, the guide's example).
    portfolio
        Rule -> value, of those by which scores become the portfolio; of an objective file with a
        `construct` of its own its SHA-256 under that name, and what it takes under `parameters`.
        None: no rule was set or drawn.
    """

    metadata: dict[str, Any]
    factors: dict[str, dict[str, FactorEntry]]
    hyperparameters: dict[str, float] = field(default_factory=dict)
    provenance: dict[str, Any] | None = None
    out_of_sample: dict[str, Any] | None = None
    verdict: dict[str, Any] | None = None
    portfolio: dict[str, Any] | None = None

    @property
    def entries(self) -> dict[str, FactorEntry]:
        """Factor -> its entry, in the order of the file."""
        return {name: e for section in self.factors.values() for name, e in section.items()}

    @property
    def weights(self) -> dict[str, float]:
        """Factor -> the weight of its raw z-score (that of a `lower_better` factor negated)."""
        signs = {"higher_better": 1.0, "lower_better": -1.0}
        return {n: signs[e["direction"]] * e["weight"] + 0.0 for n, e in self.entries.items()}

    @property
    def stated_settings(self) -> Mapping[str, Any] | None:
        """The settings under which it was made; None where it does not state them."""
        stated = (self.provenance or {}).get("settings")
        return stated if isinstance(stated, Mapping) else None

    @property
    def params(self) -> dict[str, Parameter]:
        """The file as the parameters of a trial: weights, hyperparameters, rules, parameters."""
        params: dict[str, Parameter] = {WEIGHT + n: w for n, w in self.weights.items()}
        params |= self.hyperparameters
        for entry in self.entries.values():
            params |= entry.get("parameters", {})
        rules = {n: v for n, v in (self.portfolio or {}).items() if n != CONSTRUCTED_BY}
        params |= rules.pop("parameters", {})
        return params | rules

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over factors, hyperparameters and rules of the portfolio, whatever the file's
        layout and comments.
        """
        return content_hash(self.factors, self.hyperparameters, self.portfolio)

    @cached_property
    def document_hash(self) -> str:
        """SHA-256 over everything but itself, whatever the file's layout and comments."""
        return document_hash(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """The document as plain values; blocks that it does not have are left out."""
        whole = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: block for name, block in whole.items() if block is not None}

    @property
    def hash_matches(self) -> bool | None:
        """Whether `provenance.content_hash` is that of the content; None if none is stated."""
        stated = (self.provenance or {}).get("content_hash")
        return None if stated is None else stated == self.content_hash

    @property
    def edited(self) -> bool:
        """Whether it is not what was exported, by the hashes that it states."""
        whole = (self.provenance or {}).get("document_hash")
        return self.hash_matches is False or whole not in (None, self.document_hash)

    @property
    def stated_verdict(self) -> Mapping[str, Any] | None:
        """The verdict on this content, as it says; None where nothing ties the two together.

        A verdict belongs to the weights that were judged: in a file that has been edited, or that
        does not say of which content it is, it is a verdict on something else.
        """
        return self.verdict if self.hash_matches and not self.edited else None


def content_hash(
    factors: Mapping[str, Mapping[str, FactorEntry]],
    hyperparameters: Mapping[str, float],
    portfolio: Mapping[str, Any] | None = None,
) -> str:
    """SHA-256, in hex, over a canonical JSON of them; rules of the portfolio only if there are any.

    Keys are sorted; weights and hyperparameters are written as the shortest decimal that gives
    the same float back (`repr`), −0.0 as 0.0.
    """
    canonical: dict[str, Any] = {
        "factors": {
            category: {name: _canonical(entry) for name, entry in section.items()}
            for category, section in factors.items()
            if section
        },
        "hyperparameters": {name: float(v) + 0.0 for name, v in hyperparameters.items()},
    }
    if portfolio:
        canonical["portfolio"] = _plain(portfolio)
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def document_hash(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over a canonical JSON of a whole factor file, less the hash itself.

    Keys are sorted, blocks without content left out. A number counts by its value: 1 and 1.0 are
    the same, and so are 0.0 and −0.0.
    """
    whole = {name: _plain(block) for name, block in document.items() if block}
    whole.get("provenance", {}).pop("document_hash", None)
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return value + 0.0
    return value


def _canonical(entry: FactorEntry) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "weight": float(entry["weight"]) + 0.0,
        "direction": entry["direction"],
        "category": entry["category"],
    }
    if entry.get("parameters"):
        plain["parameters"] = dict(entry["parameters"])
    return plain
