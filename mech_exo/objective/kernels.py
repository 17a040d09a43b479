"""The kernel of a candidate: one for all, unless its parameters change a factor's scores."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.score_table import lay_out
from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.objective.exposures import Factor, scores_of, with_scores
from mech_exo.objective.spec import ObjectiveSpec

Arguments = Mapping[Factor, Mapping[str, Parameter]]
KEPT = 8  # kernels held at a time; each has the scores of all factors
KEPT_BYTES = 2**26  # scores of single factors held at a time, but at least one


@dataclass(frozen=True, eq=False)
class Ground:
    """What the scores of parametrised factors are computed from.

    Attributes
    ----------
    panel
        Extended by the file's factors without a parameter.
    market
        Known at the panel's last date.
    """

    panel: Panel
    market: Market


class Kernels:
    """Kernels by the arguments of factors whose scores the panel does not hold.

    All share one preparation of prices and schedule; only the scores differ. The least recently
    used of more than `KEPT` is dropped, and so are scores beyond `KEPT_BYTES`; both are made again
    when asked for, with the same bits.
    """

    def __init__(
        self, base: Kernel, spec: ObjectiveSpec, settings: Settings, ground: Ground | None
    ) -> None:
        self.base = base
        self.ground = ground
        self._spec = spec
        self._settings = settings
        self._made: OrderedDict[str, Kernel] = OrderedDict()
        self._scores: OrderedDict[str, FloatArray] = OrderedDict()

    def on(self, base: Kernel) -> "Kernels":
        """Kernels of the same scores on other returns."""
        others = Kernels(base, self._spec, self._settings, self.ground)
        others._scores = self._scores
        return others

    def of(self, arguments: Arguments) -> Kernel:
        """The kernel for factor -> arguments; the base one if there are none.

        Raises
        ------
        ExoError
            If a factor cannot be computed with these arguments.
        ValueError
            If there is nothing to compute it from.
        """
        if not arguments:
            return self.base
        if self.ground is None:
            raise ValueError(f"factor {next(iter(arguments)).name!r} needs the market")
        key = repr(sorted(_key(factor, given) for factor, given in arguments.items()))
        if key not in self._made:
            self._made[key] = self._make(self.ground, arguments)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return self._made[key]

    def run_all(
        self, candidates: Sequence[Candidate], arguments: Sequence[Arguments]
    ) -> Iterator[BacktestResult | ExoError]:
        """Backtest each candidate on the kernel for its arguments, many in one pass.

        The error of one whose factor or construct cannot be computed so stands in its place.
        """
        if not any(arguments) and all(candidate.mandate.plain for candidate in candidates):
            yield from self.base.run_all(candidates)
            return
        for candidate, given in zip(candidates, arguments, strict=True):
            try:
                yield self.of(given).run(candidate)
            except ExoError as error:
                yield error

    def _make(self, ground: Ground, arguments: Arguments) -> Kernel:
        columns = {f: self._column(ground, f, given) for f, given in arguments.items()}
        scores = lay_out(with_scores(ground.panel, columns), len(self.base.schedule.executed))
        own = {f"scores.{f.name}": getattr(scores, f.name) for f in fields(scores)}
        return Kernel.from_arrays(self.base.arrays() | own, self._settings.backtest)

    def _column(self, ground: Ground, factor: Factor, given: Mapping[str, Parameter]) -> FloatArray:
        """Scores of one factor: computed once for a value, whatever the others are."""
        key = _key(factor, given)
        if key not in self._scores:
            found = scores_of(
                factor, given, ground.panel, ground.market, self._spec, self._settings
            )
            self._scores[key] = found
            while len(self._scores) > max(1, KEPT_BYTES // max(1, found.nbytes)):
                self._scores.popitem(last=False)
        self._scores.move_to_end(key)
        return self._scores[key]


def _key(factor: Factor, given: Mapping[str, Parameter]) -> str:
    return repr((factor.name, sorted(given.items())))
