"""Options that say who does the work."""

import dataclasses
import enum
from typing import TYPE_CHECKING

from mech_exo.cli.options import CLUSTER, option
from mech_exo.errors import ExoError

if TYPE_CHECKING:
    from mech_exo.workforce.cluster import Cluster


class ExecutorName(enum.StrEnum):
    """Who evaluates."""

    local = "local"
    dask = "dask"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ClusterOptions:
    """This machine's processes, or the workers of a Dask scheduler; no result depends on it."""

    executor: ExecutorName = option(
        "--executor",
        help="local: processes of this machine; dask: the workers of a scheduler.",
        default=ExecutorName.local,
        panel=CLUSTER,
    )
    scheduler: str | None = option(
        "--scheduler",
        help="Address of the Dask scheduler, tcp://host:8786 or tls://host:8786.",
        envvar="EXO_SCHEDULER",
        metavar="ADDRESS",
        panel=CLUSTER,
    )
    share: str | None = option(
        "--share",
        help="Folder or bucket that all machines see, for the data; a path or an fsspec URL.",
        otherwise="through the scheduler",
        envvar="EXO_SHARE",
        metavar="PLACE",
        panel=CLUSTER,
    )
    tls_ca_file: str | None = option(
        "--tls-ca-file", help="Of a tls:// scheduler: the authority.", metavar="FILE", panel=CLUSTER
    )
    tls_cert: str | None = option(
        "--tls-cert", help="Of a tls:// scheduler: our certificate.", metavar="FILE", panel=CLUSTER
    )
    tls_key: str | None = option(
        "--tls-key", help="Of a tls:// scheduler: our private key.", metavar="FILE", panel=CLUSTER
    )

    @property
    def cluster(self) -> "Cluster | None":
        """The cluster; None: this machine.

        Raises
        ------
        ExoError
            If there is an executor without an address.
        """
        from mech_exo.workforce.cluster import Cluster

        if self.executor is ExecutorName.local:
            return None
        if not self.scheduler:
            raise ExoError(
                "--executor dask needs the address of a scheduler.",
                hint="Add --scheduler tcp://HOST:8786, or set EXO_SCHEDULER.",
            )
        tls = self.tls_ca_file, self.tls_cert, self.tls_key
        return Cluster(self.scheduler, self.share, *tls)
