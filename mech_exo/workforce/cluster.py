"""The workers of other machines: where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from mech_exo.errors import ExoError


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask scheduler.

    Attributes
    ----------
    scheduler
        Address, such as tcp://host:8786 or tls://host:8786.
    share
        A folder or a bucket, as fsspec names it, that this machine and the workers see; the data go
        there once. None: they go through the scheduler.
    tls_ca_file, tls_cert, tls_key
        Files of a tls:// address; None: what Dask's own configuration says.
    """

    scheduler: str
    share: str | None = None
    tls_ca_file: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None

    def __post_init__(self) -> None:
        if "://" not in self.scheduler:
            raise ExoError(
                f"--scheduler {self.scheduler}: is no address of a scheduler.",
                hint="Write it with its protocol: tcp://HOST:8786, or tls://HOST:8786.",
            )
        if find_spec("distributed") is None:
            raise ExoError(
                "--executor dask needs the package distributed.",
                hint="Install it: pip install 'mech-exo[dask]'.",
            )
