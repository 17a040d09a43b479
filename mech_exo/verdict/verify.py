"""Does a factor file reproduce its own numbers?

The hash over factors and hyperparameters must be the file's, data, code and objective those that it
states, and every stored metric equal to the one computed again.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mech_exo.backtest.comparison import universe_metrics
from mech_exo.backtest.kernel import KERNEL_VERSION
from mech_exo.config.load import settings_from_mapping
from mech_exo.config.settings import Settings
from mech_exo.data.identity import DataIdentity
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExitCode, ExoError
from mech_exo.objective.discover import ObjectiveFile
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.exposures import data_fingerprint, known, market_fingerprint
from mech_exo.objective.spec import ObjectiveSpec

if TYPE_CHECKING:
    from mech_exo.backtest.result import BacktestResult
    from mech_exo.factor_file.document import FactorFile

TOLERANCE = 1e-9
FIGURES = {  # metadata field -> metric
    "best_sharpe_ratio": "sharpe",
    "max_drawdown": "max_drawdown",
    "total_return": "total_return",
    "volatility": "volatility",
}


@dataclass(frozen=True)
class Comparison:
    """A stored value and the one computed again; None: undefined."""

    name: str
    stored: Any
    computed: Any
    equal: bool


@dataclass(frozen=True)
class Verification:
    """What was compared.

    Attributes
    ----------
    identity
        Hashes and versions of data, code and objective. If one differs, nothing was computed.
    values
        The content's hash, then every metric that the file stores.
    """

    identity: tuple[Comparison, ...]
    values: tuple[Comparison, ...]

    @property
    def exit_code(self) -> ExitCode:
        """0 if everything is equal, 4 if data, code or objective are not the file's, else 1."""
        if not all(c.equal for c in self.identity):
            return ExitCode.NOT_THE_FILES
        return ExitCode.DONE if all(c.equal for c in self.values) else ExitCode.REFUSED

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of what is not equal."""
        return tuple(c.name for c in (*self.identity, *self.values) if not c.equal)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "differing": list(self.differing), "exit_code": int(self.exit_code)}


def settings_of(label: str, file: "FactorFile", own: Settings | None = None) -> Settings:
    """The settings under which a file's metrics were computed.

    Parameters
    ----------
    own
        Settings of the reader (--config): they say in which files the same data lie on this
        machine; everything else is the file's.

    Raises
    ------
    ExoError
        If the file states no settings.
    """
    stated = (file.provenance or {}).get("settings")
    if not isinstance(stated, Mapping):
        raise ExoError(
            f"{label}: has no provenance.settings, so its metrics cannot be computed again.",
            hint="Only files that exo exported can be verified.",
        )
    settings = settings_from_mapping(stated, f"{label}: provenance.settings")
    if own is None or settings.data.source != "files":  # the other sources lie nowhere
        return settings
    located = {name: getattr(own.data, name) for name in ("prices", "prices_layout", "factors")}
    return replace(settings, data=replace(settings.data, **located))


def verify(
    file: "FactorFile",
    settings: Settings,
    objective: ObjectiveFile,
    market: Market,
    panel: Panel,
) -> Verification:
    """Compare a file with what its settings, data and objective give today.

    Parameters
    ----------
    settings
        From `settings_of`.
    market, panel
        Of those settings, all dates.
    """
    identity = identity_of(file, objective, market, panel)
    stated = (file.provenance or {}).get("content_hash")
    content = Comparison("content_hash", stated, file.content_hash, stated == file.content_hash)
    if not all(c.equal for c in identity):
        return Verification(identity, (content,))
    spec = ObjectiveSpec.compile(objective.source, objective.label)
    split = panel.split(settings.holdout.fraction)

    def run(part: Panel) -> "BacktestResult":
        evaluator = Evaluator(spec, part, settings, market)
        missing = set(evaluator.space.missing)
        params = {n: v for n, v in file.params.items() if n.removeprefix("weight_") not in missing}
        return evaluator.run(params)

    values = [content]
    fitted = (file.provenance or {}).get("in_sample_end")  # from when on a promotion compares
    if fitted is not None:
        last = str(panel.dates[split - 1])
        values.append(Comparison("provenance.in_sample_end", str(fitted), last, fitted == last))
    inside = run(panel.between(0, split)).metrics()
    for name, metric in FIGURES.items():
        if name in file.metadata:
            values.append(_compare(f"metadata.{name}", file.metadata[name], inside[metric]))
    if file.out_of_sample is not None and split < len(panel.dates):
        values += _out_of_sample(file.out_of_sample, run(panel.between(split, len(panel.dates))))
    return Verification(identity, tuple(values))


def identity_of(
    file: "FactorFile", objective: ObjectiveFile, market: Market, panel: Panel
) -> tuple[Comparison, ...]:
    """Whether data, objective file and code are those that the file states."""
    stated = file.provenance or {}
    same_objective = stated.get("objective_sha256") == objective.sha256
    now = {
        "data_fingerprint": _data_now(stated, objective if same_objective else None, market, panel),
        "objective_sha256": objective.sha256,
        "kernel_version": KERNEL_VERSION,
    }
    return tuple(
        Comparison(f"provenance.{name}", stated.get(name), computed, stated.get(name) == computed)
        for name, computed in now.items()
    )


def _data_now(
    stated: Mapping[str, Any], objective: ObjectiveFile | None, market: Market, panel: Panel
) -> str:
    """The data's fingerprint; whether it covers the market is for the file's own objective to say.

    Under another objective that is unknown, and either one that is stated will do.
    """
    if "data" in stated:  # whether the market counts is stated there
        seen = known(market, panel) if stated["data"].get("fields") else None
        return DataIdentity.of(panel, seen).fingerprint
    if objective is not None:
        spec = ObjectiveSpec.compile(objective.source, objective.label)
        return data_fingerprint(panel, market, spec)
    whole = market_fingerprint(panel, market)
    return whole if stated.get("data_fingerprint") == whole else panel.fingerprint


def _out_of_sample(stored: Mapping[str, Any], result: "BacktestResult") -> Iterator[Comparison]:
    computed = result.metrics()
    for name, value in (stored.get("metrics") or {}).items():
        yield _compare(f"out_of_sample.metrics.{name}", value, computed.get(name))
    universe = universe_metrics(result)
    for name, value in (stored.get("universe") or {}).items():
        yield _compare(f"out_of_sample.universe.{name}", value, universe.get(name))


def _compare(name: str, stored: Any, computed: float | None) -> Comparison:
    """Equal to 1e-9, absolute below 1 and relative above; undefined only equals undefined."""
    again = None if computed is None or not math.isfinite(computed) else float(computed)
    if stored is None or again is None:
        return Comparison(name, stored, again, stored is None and again is None)
    close = math.isclose(float(stored), again, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return Comparison(name, float(stored), again, close)
