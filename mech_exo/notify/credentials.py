"""The variables of Telegram, kept from everything that has no use for them."""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager

PREFIX = "TELEGRAM_"


@contextmanager
def withheld(environment: MutableMapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Take the TELEGRAM_ variables out of `environment` while a command runs; they are yielded.

    So neither the objective file nor any process that the command starts finds the token there.
    """
    taken = {name: environment.pop(name) for name in [*environment] if name.startswith(PREFIX)}
    try:
        yield taken
    finally:
        environment.update(taken)
