"""The fields of a factor file, computed again from its settings, objective file and data."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mech_exo.backtest.comparison import universe_metrics
from mech_exo.config.load import settings_from_mapping
from mech_exo.data.check.checked_data import VERSION
from mech_exo.data.check.rules import examine
from mech_exo.data.identity import DataIdentity
from mech_exo.data.likeness import DIGITS as LIKENESS_DIGITS
from mech_exo.data.likeness import Likeness
from mech_exo.data.panel import Panel
from mech_exo.factor_file.document import CONSTRUCTED_BY, FIGURES, PRUNERS
from mech_exo.objective.criteria import directions
from mech_exo.objective.exposures import data_fingerprint, data_identity, market_for
from mech_exo.objective.inputs import Inputs
from mech_exo.verification.comparisons import FieldComparison, compare
from mech_exo.verification.unchecked import leaves

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord


@dataclass(frozen=True, eq=False, kw_only=True)
class Recomputed(Inputs):
    """A file beside what its settings, objective file and data give today.

    Attributes
    ----------
    market, panel
        Of the file's settings and list of factors, to its last date.
    """

    file: "FactorFile"

    @property
    def provenance(self) -> Mapping[str, Any]:
        """The file's block."""
        return self.file.provenance or {}

    @cached_property
    def components(self) -> dict[str, str]:
        """The components of the study's fingerprint, in the form of the version that made it."""
        from mech_exo.tuning.fingerprint import as_stated, in_one_hash
        from mech_exo.tuning.weight_search import WeightSearch

        stated = self.provenance["settings"]
        search = WeightSearch(
            settings_from_mapping(stated, "provenance.settings"),
            self.objective,
            self.in_sample,
            market_for(self.spec, self.market, self.split),
        )
        problem = search.problem()
        kernel = str(self.provenance.get("kernel_version"))
        found = as_stated(search.components(problem, problem.space), stated, kernel)
        return found if "data" in self.provenance else in_one_hash(found, search.undivided())

    @cached_property
    def counted_settings(self) -> set[str]:
        """Names of the settings that the study's fingerprint covers."""
        return {*self.components, "tuning.objectives"}

    def comparisons(self) -> Iterator[FieldComparison]:
        """Everything that settings, objective file and data decide."""
        yield from self._data()
        yield from self._dates()
        yield from self._search()
        yield from self._in_sample()
        yield from self._out_of_sample()

    def of_study(self, study: "StudyRecord") -> Iterator[FieldComparison]:
        """What the study that the file was exported from decides; nothing if it is not in it."""
        stated, metadata = self.provenance.get("study_fingerprint"), self.file.metadata
        epochs = {e.number for e in study.epochs if e.fingerprint == stated}
        trials = [t for t in study.trials if t.epoch in epochs]
        if not trials:
            return
        if "study_name" in metadata:
            yield _same("metadata.study_name", metadata["study_name"], study.name)
        if "best_trial_number" in metadata and "chosen" not in metadata:
            number = metadata["best_trial_number"]
            same = [t.number for t in trials if self._is(t)]
            found = number if number in same else next(iter(same), None)
            yield _same("metadata.best_trial_number", number, found)
        total = metadata.get("total_trials")
        if total is not None and total >= len(study.trials):  # else it has gone on since
            yield _same("metadata.total_trials", total, len(study.trials))

    def _is(self, trial: "TrialRecord") -> bool:
        params = self.file.params
        return all(params.get(name) == value for name, value in trial.params.items())

    def _data(self) -> Iterator[FieldComparison]:
        """The parts of the data; their one hash is compared before anything is computed."""
        if "data" in self.provenance:
            yield from _parts(self.provenance["data"], self._identity(self.panel))
            inside = self._identity(self.in_sample).fingerprint
        else:
            inside = data_fingerprint(self.in_sample, self.market, self.spec)
        yield from self._stated("in_sample_fingerprint", inside)
        if "market" in self.provenance:
            stated = self.provenance["market"]
            now = Likeness.of(self.market, self.settings.data.source).as_dict()
            yield FieldComparison("provenance.market", stated, now, _alike(stated, now))
        if (self.provenance.get("data_findings") or {}).get("rules") == VERSION:
            yield self._findings()

    def _findings(self) -> FieldComparison:
        """What the data check finds, by the rules and as of the day on which the file was made."""
        made = str(self.file.metadata.get("created_at", ""))[: len("YYYY-MM-DD")]
        try:
            today = date.fromisoformat(made)
        except ValueError:
            today = date.today()
        now = examine(self.market, self.settings, today).as_block()
        return _same(
            "provenance.data_findings", _names(self.provenance["data_findings"]), _names(now)
        )

    def _identity(self, panel: Panel) -> DataIdentity:
        return data_identity(panel, self.market, self.spec, self.settings)

    def _dates(self) -> Iterator[FieldComparison]:
        dates = self.panel.dates
        yield from self._stated("data_start", str(dates[0]))
        yield from self._stated("data_end", str(dates[-1]))
        yield from self._stated("in_sample_end", str(dates[self.split - 1]))
        stored = self.file.out_of_sample or {}
        for name, row in (("start", self.split), ("end", len(dates) - 1)):
            if name in stored:
                now = str(dates[row]) if self.has_holdout else None
                yield _same(f"out_of_sample.{name}", stored[name], now)

    def _search(self) -> Iterator[FieldComparison]:
        metadata, tuning = self.file.metadata, self.settings.tuning
        yield from self._stated("seed", tuning.seed)
        made_by = (self.file.portfolio or {}).get(CONSTRUCTED_BY)
        own = None if self.spec.construct is None else self.objective.sha256
        if made_by or own:
            yield _same(f"portfolio.{CONSTRUCTED_BY}", made_by, own)
        if self.provenance.get("study_fingerprint") is not None:
            from mech_exo.tuning.fingerprint import fingerprint_of

            yield from self._stated("study_fingerprint", fingerprint_of(self.components))
        from mech_exo.tuning.samplers import pruner_of, sampler_class

        sampler = sampler_class(tuning.sampler)
        pruner = pruner_of(tuning, len(directions(tuning.objectives)))
        computed = {
            "optimization_method": f"optuna_{tuning.sampler}",
            "sampler": sampler.label,
            "pruner": PRUNERS[pruner],
            "data_points": int(np.isfinite(self.in_sample.returns).sum()),
        }
        for name, value in computed.items():
            if name in metadata:
                yield _same(f"metadata.{name}", metadata[name], value)

    def _in_sample(self) -> Iterator[FieldComparison]:
        metadata = self.file.metadata
        evaluator = self.evaluator(self.in_sample)
        params = evaluator.space.with_data(self.file.params)
        metrics = evaluator.run(params).metrics()
        for name, metric in FIGURES.items():
            if name in metadata:
                yield compare(f"metadata.{name}", metadata[name], metrics[metric])
        violated = sum(not c <= 0.0 for c in evaluator.evaluate(params).constraints or ())
        for name, value in (
            ("constraints_satisfied", violated == 0),
            ("constraint_violations", violated),
        ):
            if name in metadata:
                yield _same(f"metadata.{name}", metadata[name], value, figure=True)

    def _out_of_sample(self) -> Iterator[FieldComparison]:
        stored = self.file.out_of_sample
        if stored is None:
            return
        computed: dict[str, Mapping[str, float]] = {"metrics": {}, "universe": {}}
        if self.has_holdout:
            evaluator = self.evaluator(self.panel.between(self.split, len(self.panel.dates)))
            result = evaluator.run(evaluator.space.with_data(self.file.params))
            computed = {"metrics": result.metrics(), "universe": universe_metrics(result)}
        for block, again in computed.items():
            for name, value in (stored.get(block) or {}).items():
                yield compare(f"out_of_sample.{block}.{name}", value, again.get(name))

    def _stated(self, name: str, computed: Any) -> Iterator[FieldComparison]:
        if name in self.provenance:
            yield _same(f"provenance.{name}", self.provenance[name], computed)


def _names(block: Mapping[str, Any]) -> list[str]:
    """The findings of a block in words, without their messages, whose wording may change."""
    return [
        f"{f.get('severity')} {f.get('name')}{' (accepted)' if f.get('accepted') else ''}"
        for f in block.get("found", [])
    ]


def _parts(stated: Mapping[str, Any], whole: DataIdentity) -> Iterator[FieldComparison]:
    """Each part of the data."""
    now = dict(leaves(whole.as_dict(), "provenance.data"))
    for name, value in leaves(stated, "provenance.data"):
        yield _same(name, value, now.get(name))


def _alike(stored: Any, computed: Any) -> bool:
    """Whether two likenesses are the same, but for the last digit of a rounded return."""
    before, now = dict(leaves(stored)), dict(leaves(computed))
    return before.keys() == now.keys() and all(
        math.isclose(value, now[name], rel_tol=0.0, abs_tol=1.5 * 10.0**-LIKENESS_DIGITS)
        if isinstance(value, float) and isinstance(now[name], float)
        else value == now[name]
        for name, value in before.items()
    )


def _same(name: str, stored: Any, computed: Any, *, figure: bool = False) -> FieldComparison:
    return FieldComparison(name, stored, computed, stored == computed, figure)
