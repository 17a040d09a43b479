"""Which columns of a long factor table are fields, and which of them are factors."""

import re

import numpy as np

from mech_exo.config.settings import FactorTable
from mech_exo.data.catalogue import CUSTOM_CATEGORY, DEFAULT_FACTORS
from mech_exo.data.tables.cells import Table, nearest
from mech_exo.errors import ExoError

VALUES = ("factor", "value")
"""Columns of a long table that may hold the factor that `factor` names."""

_NAME = re.compile(r"[A-Za-z]\w*")


def fields_of(
    table: Table, settings: FactorTable, keys: set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Field name -> column, and factor name -> category."""
    for column in settings.columns:
        if column not in table.columns:
            raise ExoError(
                f"{table.path}: has no column {column!r} (data.factors: columns).",
                hint=nearest(column, table.columns),
            )
    fields: dict[str, str] = {}
    renamed = _with_factor(table, settings, keys)
    for column in table.columns:
        name = renamed.get(column, column)
        wanted = column in renamed or name in settings.categories
        factor = wanted or name in DEFAULT_FACTORS
        if not column or column in keys or not (factor or table.is_numeric(column)):
            continue
        if np.isnan(table.numbers(column)).all():
            if wanted:
                raise ExoError(f"{table.path}: {column!r} holds no value.")
            continue
        if factor:
            check_name(name, table)
        if name in fields:
            raise ExoError(f"{table.path}: {fields[name]!r} and {column!r} both give {name}.")
        fields[name] = column
    _check_given(table, settings, fields)
    factors = set(renamed.values()) | set(settings.categories)
    categories = {name: DEFAULT_FACTORS.get(name, CUSTOM_CATEGORY) for name in sorted(factors)}
    return fields, categories | settings.categories


def _check_given(table: Table, settings: FactorTable, fields: dict[str, str]) -> None:
    """Raise an ExoError for a factor that the settings name and the table does not give."""
    for name in settings.categories:
        if name not in fields:
            raise ExoError(
                f"{table.path}: gives no factor {name!r} (data.factors: categories).",
                hint=nearest(name, fields),
            )
    named = settings.file is not None  # a DataFrame's name need not be a factor
    if named and settings.factor is not None and settings.factor not in fields:
        raise ExoError(
            f"{table.path}: is a long table that gives no factor {settings.factor!r} "
            "(data.factors: factor).",
            hint="Name its column: columns: {<column>: " + settings.factor + "}.",
        )


def without_values(table: Table, fields: dict[str, str], keys: set[str]) -> tuple[str, ...]:
    """A line for each column that is called as a default factor and holds nothing."""
    return tuple(
        f"{table.path.name}: {column!r} holds no value"
        for column in table.columns
        if column in DEFAULT_FACTORS and column not in keys and column not in fields.values()
    )


def _with_factor(table: Table, settings: FactorTable, keys: set[str]) -> dict[str, str]:
    """`columns`, and which column is the factor that `factor` names: `factor`, `value` or the only
    one that is left.
    """
    name, renamed = settings.factor, settings.columns
    if name is None or name in table.columns or name in renamed.values():
        return renamed
    taken = {*keys, *renamed, *DEFAULT_FACTORS, ""}
    left = [c for c in table.columns if c not in taken]
    left = [c for c in left if c.lower() in VALUES] or [c for c in left if table.is_numeric(c)]
    return renamed | {left[0]: name} if len(left) == 1 else renamed


def check_name(name: str, table: Table) -> None:
    if not _NAME.fullmatch(name):
        raise ExoError(
            f"{table.path}: {name!r} cannot be a factor's name (letters, digits, underscores).",
            hint="Give it another in the settings: columns: {<column>: <name>}.",
        )
