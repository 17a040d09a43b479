"""The kernel of a candidate: one for all, unless a factor of the file takes parameters."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields

from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.selection import lay_out
from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.objective.distribution import Parameter
from mech_exo.objective.exposures import append_scores
from mech_exo.objective.spec import ObjectiveSpec

Arguments = Mapping[str, Mapping[str, Parameter]]
KEPT = 8  # kernels of parametrised factors held at a time; each has its own scores


@dataclass(frozen=True, eq=False)
class Ground:
    """What the scores of parametrised factors are computed from.

    Attributes
    ----------
    panel
        Extended by all other factors.
    market
        Known at the panel's last date.
    """

    panel: Panel
    market: Market


class Kernels:
    """Kernels by the arguments of the file's parametrised factors.

    All share one preparation of prices and schedule; only the scores differ. The least recently
    used of more than `KEPT` is dropped and made again when asked for, with the same bits.
    """

    def __init__(
        self, base: Kernel, spec: ObjectiveSpec, settings: Settings, ground: Ground | None
    ) -> None:
        self.base = base
        self.ground = ground
        self._spec = spec
        self._settings = settings
        self._made: OrderedDict[str, Kernel] = OrderedDict()

    def of(self, arguments: Arguments) -> Kernel:
        """The kernel for factor -> arguments; the base one if there are none.

        Raises
        ------
        ExoError
            If a factor's function fails with these arguments.
        """
        if not arguments or self.ground is None:
            return self.base
        key = repr(sorted((name, sorted(given.items())) for name, given in arguments.items()))
        if key not in self._made:
            self._made[key] = self._make(self.ground, arguments)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return self._made[key]

    def _make(self, ground: Ground, arguments: Arguments) -> Kernel:
        given = {f: arguments[f.name] for f in self._spec.factors if f.name in arguments}
        panel = append_scores(ground.panel, given, ground.market, self._spec, self._settings)
        scores = lay_out(panel, len(self.base.schedule.executed))
        own = {f"scores.{f.name}": getattr(scores, f.name) for f in fields(scores)}
        return Kernel.from_arrays(self.base.arrays() | own, self._settings.backtest)
