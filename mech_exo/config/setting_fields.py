"""Kinds of settings, beside their types: what `config.load` and the fingerprint ask of a field."""

from dataclasses import field
from typing import Any


def path_field() -> Any:
    """A path that is relative to the settings file that names it."""
    return field(default=None, metadata={"path": True})


def silent_path_field() -> Any:
    """As `path_field`, and as `silent_field`."""
    return field(default=None, metadata={"path": True, "silent": True})


def date_field() -> Any:
    """A day, YYYY-MM-DD."""
    return field(default=None, metadata={"date": True})


def locating_date_field() -> Any:
    """A day that says where in time the data lie, as a path says where in space; silent."""
    return field(default=None, metadata={"date": True, "silent": True, "locates": True})


def choice_field(choices: tuple[str, ...]) -> Any:
    """One of some names; the first is the default."""
    return field(default=choices[0], metadata={"choices": choices})


def silent_field() -> Any:
    """What None leaves as it was before the setting existed, and what is then not written down."""
    return field(default=None, metadata={"silent": True})


def one_or_more_field() -> Any:
    """As `silent_field`; a single value in the file stands for a list of one, numbers for text."""
    return field(default=None, metadata={"silent": True, "one_or_more": True})
