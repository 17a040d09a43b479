"""Who evaluates: processes of this machine, or a cluster's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mech_exo.errors import ExoError
from mech_exo.system.processes import cores
from mech_exo.workforce.cluster import Cluster

if TYPE_CHECKING:
    from mech_exo.system.parcel import Parcel
    from mech_exo.workforce.evaluation_work import Evaluates
    from mech_exo.workforce.executor import Executor


@dataclass(frozen=True)
class Workforce:
    """Who does the work; no result depends on it.

    Attributes
    ----------
    n_jobs
        Worker processes of this machine; None: one for each core.
    cluster
        None: this machine.
    """

    n_jobs: int | None = None
    cluster: Cluster | None = None

    def __post_init__(self) -> None:
        if self.n_jobs is not None and self.n_jobs < 1:
            raise ExoError(f"--n-jobs is {self.n_jobs}, must be at least 1.")

    @property
    def processes(self) -> int:
        """How many work at once for certain; of a cluster, whose workers come and go, 1."""
        return 1 if self.cluster is not None else self.n_jobs or cores()

    def at_most(self, pieces: int) -> int:
        """How many of some pieces of work can be under way at once."""
        if self.cluster is not None:
            return max(1, pieces)
        return max(1, min(self.n_jobs or cores(), pieces))

    def executor(self, evaluator: Callable[[], Evaluates] | Parcel, pieces: int) -> Executor:
        """What does the work of one evaluator.

        Parameters
        ----------
        evaluator
            Packed already, or what is to be packed.
        pieces
            Most pieces that will be under way at once.
        """
        if self.cluster is not None:
            from mech_exo.workforce.dask_executor import DaskExecutor

            return DaskExecutor(evaluator, self.cluster)
        from mech_exo.workforce.crew import Crew

        return Crew(evaluator, self.at_most(pieces))


HERE = Workforce()
"""One worker process for each core of this machine."""
