"""The variables of messengers, kept from everything that has no use for them."""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager

SECRETS = ("TELEGRAM_", "EXO_WEBHOOK_")
"""Beginnings of the names of variables that are taken out of the environment."""


@contextmanager
def withheld(environment: MutableMapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Take the variables of messengers out of `environment` during a command; they are yielded.

    So neither the objective file nor any process that the command starts finds a secret there.
    """
    taken = {name: environment.pop(name) for name in [*environment] if name.startswith(SECRETS)}
    try:
        yield taken
    finally:
        environment.update(taken)
