"""Names of the file's own factors: each stands for one thing."""

from collections.abc import Iterable

from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import HYPERPARAMETERS
from mech_exo.objective.factor import CustomFactor


def check_against_panel(factors: tuple[CustomFactor, ...], label: str, panel: Panel) -> None:
    """Raise an ExoError for an own factor that is named like one of the panel, as it was built.

    It may have the very name of a known factor without data, and then stands for it.
    """
    for factor in factors:
        where = f"{label}:{factor.line}"
        if factor.name in panel.factor_names:
            raise ExoError(
                f"{where}: the data has a factor {factor.name!r} already.",
                hint="Give yours another name.",
            )
        known = (*panel.factor_names, *panel.missing_factors)
        near = _alike(factor.name, (n for n in known if n != factor.name))
        if near is not None:
            also = f", or write {near!r} to stand for it" if near in panel.missing_factors else ""
            raise ExoError(
                f"{where}: factor {factor.name!r} differs from the known factor {near!r} only in "
                "case or blanks.",
                hint=f"Give yours another name{also}.",
            )


def check_own_names(factors: tuple[CustomFactor, ...], label: str) -> None:
    """Raise an ExoError for names that are not distinct without any data.

    Two of the file's factors, and a factor or its argument that is named like a hyperparameter.
    """
    for number, factor in enumerate(factors):
        where = f"{label}:{factor.line}: factor {factor.name!r}"
        near = _alike(factor.name, (f.name for f in factors[:number]))
        if near is not None:
            raise ExoError(
                f"{where} differs from factor {near!r} only in case.", hint="Rename one of them."
            )
        near = _alike(factor.name, HYPERPARAMETERS)
        if near is not None:
            raise ExoError(
                f"{where} is named like the hyperparameter {near!r}.", hint="Rename the factor."
            )
        for argument in factor.defaults:
            near = _alike(argument, HYPERPARAMETERS)
            if near is not None:
                raise ExoError(
                    f"{where} has the argument {argument!r}, which is a hyperparameter's name.",
                    hint="Rename the argument: one name has one value.",
                )


def _alike(name: str, others: Iterable[str]) -> str | None:
    """The first of `others` that differs from `name` in case and blanks at most."""
    forms = _forms(name)
    return next((other for other in others if forms & _forms(other)), None)


def _forms(name: str) -> set[str]:
    """`name` without case, its blanks left out or written as underscores."""
    words = name.casefold().split()
    return {"".join(words), "_".join(words)}
