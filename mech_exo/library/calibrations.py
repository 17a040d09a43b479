"""What can be seen on these data, for a person at a notebook."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.library.pages import document, sentence, table

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.calibration.calibration_record import CalibrationRecord
    from mech_exo.workflow.calibration_run import CalibrationRequest
    from mech_exo.workflow.session import Session


class Calibration:
    """How often luck passes on these data, and what they can show (docs/verdict.md).

    Attributes
    ----------
    level
        Share of the studies on noise that passed; `level_interval` is its 95 % interval.
    floor
        The smallest true ratio that is seen with `verdict.power`; None if it is above the largest
        that was tried.
    factor
        Where the premium was.
    record
        What the engine found; not part of the stable interface.
    """

    def __init__(self, record: "CalibrationRecord") -> None:
        self.record = record
        self.level = record.level.share
        self.level_interval = (record.level.low, record.level.high)
        self.floor = record.floor.ratio
        self.factor = record.factor

    def as_dict(self) -> dict[str, Any]:
        """Everything, as the `calibration` of the JSON has it."""
        return self.record.as_dict()

    @property
    def power(self) -> "pd.DataFrame":
        """A row for each true ratio: studies, how many passed, their share and its interval."""
        import pandas as pd

        return pd.DataFrame(self.as_dict()["power"]).set_index("ratio")

    def __repr__(self) -> str:
        return f"Calibration(these data {self.record.floor.words}; level {100 * self.level:.1f} %)"

    def _repr_html_(self) -> str:
        shares = {f"{ratio:g}": share for ratio, share in self.power["share"].items()}
        return document(
            f"What can be seen: {self.record.source}",
            sentence(f"These data {self.record.floor.words}."),
            table("PASS, by true ratio", {"0": self.level, **shares}),
        )


def calibrated(
    session: "Session",
    request: "CalibrationRequest",
    on_progress: Callable[[str, int, int], None] | None,
) -> Calibration:
    """Calibrate a session.

    Raises
    ------
    ExoError
        As `exo calibrate`.
    """
    from mech_exo.workflow.calibration_run import calibrate_session
    from mech_exo.workflow.log import PythonLog

    return Calibration(calibrate_session(session, request, PythonLog(), on_progress))


def request_of(
    study_file: Path, study: str | None, ratios: Any, **given: Any
) -> "CalibrationRequest":
    """The request of `Project.calibrate`; what is None there is left out.

    Raises
    ------
    ExoError
        For an argument that is not what it must be.
    """
    from mech_exo.workflow.calibration_run import CalibrationRequest

    stated = {name: value for name, value in given.items() if value is not None}
    listed = tuple(ratios) if isinstance(ratios, Sequence) else ratios
    return CalibrationRequest(study_file=study_file, study_name=study, ratios=listed, **stated)
