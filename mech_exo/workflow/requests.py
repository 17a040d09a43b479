"""What a whole run is asked to do, from the command line or from Python to the engine."""

from dataclasses import dataclass, field
from pathlib import Path

from mech_exo.tuning.request import SearchRequest
from mech_exo.workflow.session import InputRequest


@dataclass(frozen=True, kw_only=True)
class RunRequest(SearchRequest):
    """A run from the data to the factor file: what `exo optuna-run` is asked to do.

    The engine reads the `SearchRequest` that it is.

    Attributes
    ----------
    inputs
        Settings, objective and data.
    export_yaml
        Where the factor file goes; None: a dated file in factors/.
    stage
        Stage the result too.
    trial
        Export this trial instead of the best.
    validate
        Ask for the verdict too.
    command
        What looks at the holdout, for its ledger.
    root
        Project folder, below which factors/ and config/staging lie.
    """

    inputs: InputRequest = field(default_factory=InputRequest)
    export_yaml: Path | None = None
    stage: bool = False
    trial: int | None = None
    validate: bool = False
    command: str = "optuna-run"
    root: Path = Path()
