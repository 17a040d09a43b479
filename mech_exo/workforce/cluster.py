"""The workers of other machines: where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass


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
