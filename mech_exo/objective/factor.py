"""Factors of the user's own, written as functions in the objective file.

Users' files import this module by its name (`from mech_exo.objective.factor import factor`).
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mech_exo.data.catalogue import CUSTOM_CATEGORY
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT

_MARK = "__exo_factor__"
_NAME = re.compile(r"[A-Za-z_]\w*")

Function = TypeVar("Function", bound=Callable[..., Any])


def factor(*, name: str = "", category: str = CUSTOM_CATEGORY) -> Callable[[Function], Function]:
    """Mark a function of the objective file as a factor.

    The function takes the `Market` and returns [T, N] values, for each date and name what was
    known at that close; NaN is unknown. Every further argument is the parameter of that name of
    the search space (`momentum_window`), or its default where the space does not suggest it. The
    values become cross-sectional scores as those of any factor do, and count from the close of
    their date: a portfolio decided on them trades `backtest.execution_lag` sessions later.

    Parameters
    ----------
    name
        The factor's name, whose weight is `weight_<name>`; the function's own if left out. It
        may be that of a known factor without data.
    category
        Section of the factor file.
    """

    def mark(function: Function) -> Function:
        setattr(function, _MARK, (name or function.__name__, category))
        return function

    return mark


@dataclass(frozen=True, eq=False)
class CustomFactor:
    """One marked function.

    Attributes
    ----------
    defaults
        Parameter -> default, `inspect.Parameter.empty` where it has none.
    """

    name: str
    category: str
    function: Callable[..., Any]
    defaults: Mapping[str, Any]

    @property
    def line(self) -> int:
        """Where the function stands in the file."""
        return self.function.__code__.co_firstlineno

    @property
    def parametrised(self) -> bool:
        """Whether its values depend on the candidate."""
        return bool(self.defaults)

    def arguments(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What the function is called with for a trial's `params`.

        Raises
        ------
        ExoError
            If a parameter without a default was not suggested.
        """
        chosen = {name: params.get(name, default) for name, default in self.defaults.items()}
        for name, value in chosen.items():
            if value is inspect.Parameter.empty:
                raise ExoError(
                    f"factor {self.name!r} needs {name!r}, which was not suggested.",
                    hint=f"Suggest {name!r}, or give it a default in the function.",
                )
        return chosen


def collect(namespace: Mapping[str, Any]) -> tuple[CustomFactor, ...]:
    """The marked functions of an executed file, in the order of its text.

    Raises
    ------
    ExoError
        For a name that is none or stands twice, and for a function that takes no market. The
        message names the function; the caller adds the file.
    """
    found: dict[str, CustomFactor] = {}
    for function in _unique(namespace.values()):
        name, category = getattr(function, _MARK)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ExoError(f"factor name {name!r} must be letters, digits and underscores.")
        if not isinstance(category, str) or not _NAME.fullmatch(category):
            raise ExoError(f"category {category!r} of factor {name!r} must be one word.")
        if name in found:
            raise ExoError(f"two factors are named {name!r}.", hint="Rename one of them.")
        found[name] = CustomFactor(name, category, function, _defaults(name, function))
    return tuple(found.values())


def _unique(values: Iterable[Any]) -> list[Callable[..., Any]]:
    marked = [v for v in values if inspect.isfunction(v) and hasattr(v, _MARK)]
    return list(dict.fromkeys(marked))


def _defaults(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    parameters = list(inspect.signature(function).parameters.values())
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    if not parameters or parameters[0].kind not in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        raise ExoError(
            f"factor {name!r} must take the market as its first argument.",
            hint=f"Write `def {function.__name__}(market, …):`.",
        )
    for parameter in parameters[1:]:
        if parameter.kind not in named or parameter.name.startswith(WEIGHT):
            raise ExoError(
                f"factor {name!r} has the argument {str(parameter)!r}, which cannot be a "
                "parameter of the space.",
                hint="Name each parameter; weight_… is the name of a weight.",
            )
    return {p.name: p.default for p in parameters[1:]}
