"""What a calibration found."""

from dataclasses import dataclass
from typing import Any

from mech_exo.calibration.premia import Premium
from mech_exo.system.plain_values import plain
from mech_exo.verdict.decision import VERDICT_VERSION
from mech_exo.verdict.detection import Detection, DetectionFloor, PassRate


@dataclass(frozen=True)
class SkilledStudies:
    """The studies with one true ratio.

    Attributes
    ----------
    wanted
        The true ratio.
    premium
        Which has it.
    rate
        How many passed.
    """

    wanted: float
    premium: Premium
    rate: PassRate


@dataclass(frozen=True)
class CalibrationRecord:
    """How often luck passes on these data, and what they can show.

    Attributes
    ----------
    source
        The data, in words.
    level
        Of studies on noise.
    skilled
        By true ratio, ascending.
    floor
        The smallest ratio that is seen.
    wanted_level
        `verdict.level`, which `level` should not exceed.
    placebos, windows, trials, patience
        Of each study.
    held
        Names in the best portfolio of the factor.
    seconds
        Of work in all processes, of all studies.
    """

    source: str
    level: PassRate
    skilled: tuple[SkilledStudies, ...]
    floor: DetectionFloor
    wanted_level: float
    placebos: int
    windows: int
    trials: int | None
    patience: int | None
    held: int
    seconds: float

    @property
    def factor(self) -> str:
        """Where the premium is."""
        return self.skilled[0].premium.factor

    @property
    def detection(self) -> Detection:
        """What a verdict says of it."""
        return Detection(self.level, self.floor, self.factor, self.placebos)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and the study file; `Detection.from_block` reads them."""
        found = plain(
            {
                "source": self.source,
                "level": self.level,
                "wanted_level": self.wanted_level,
                "factor": self.factor,
                "sign": self.skilled[0].premium.sign,
                "held": self.held,
                "power": [
                    {
                        "ratio": s.wanted,
                        "strength": s.premium.strength,
                        "measured": s.premium.ratio,
                        **plain(s.rate),
                    }
                    for s in self.skilled
                ],
                "floor": self.floor,
                "placebos": self.placebos,
                "windows": self.windows,
                "trials": self.trials,
                "patience": self.patience,
                "version": VERDICT_VERSION,
                "seconds": self.seconds,
            }
        )
        assert isinstance(found, dict)
        return found
