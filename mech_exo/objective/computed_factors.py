"""Built-in factors that are computed from closes, as factors with parameters: their windows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mech_exo.config.settings import FactorSettings
from mech_exo.data.lookbacks import WINDOWS, stated_windows, windows_of
from mech_exo.data.panel import Panel


@dataclass(frozen=True, eq=False)
class ComputedFactor:
    """One of them.

    Attributes
    ----------
    defaults
        Window -> its value under the settings, with which the panel's scores were computed.
    stated
        Whether the settings state one of them, so that a factor file must say it too.
    """

    name: str
    defaults: Mapping[str, int]
    stated: bool

    def arguments(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Its windows under a trial's `params`."""
        return {name: params.get(name, default) for name, default in self.defaults.items()}

    def named_by(self, params: Mapping[str, Any]) -> bool:
        """Whether `params` have one of its windows."""
        return any(name in params for name in self.defaults)


def computed_factors(
    panel: Panel, settings: FactorSettings, taken: Collection[str]
) -> tuple[ComputedFactor, ...]:
    """Those of a panel whose windows may be suggested.

    Parameters
    ----------
    taken
        Arguments of the file's own factors. A window of such a name is that factor's, and the
        built-in one keeps what the settings say.
    """
    return tuple(
        ComputedFactor(name, windows, bool(stated_windows(name, settings)))
        for name in panel.computed
        if (windows := windows_of(name, settings)) and not windows.keys() & set(taken)
    )


def factor_of(parameter: str) -> str | None:
    """The built-in factor whose window `parameter` is; None if it is none."""
    window = WINDOWS.get(parameter)
    return None if window is None else window.factor
