"""What `exo calibrate` found of these conditions: how often luck passes, and what can be seen."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.objective.exposures import data_identity
from mech_exo.objective.inputs import Inputs
from mech_exo.verdict.standing import rules_of

if TYPE_CHECKING:
    from mech_exo.verdict.subject import Subject

CONFIDENCE = 0.95  # of the intervals

RULES_OF_A_STUDY = (
    "verdict.windows",
    "verdict.walk_forward",
    "verdict.train_share",
    "verdict.embargo_days",
    "verdict.level",
    "verdict.power",
    "verdict.benchmark",
    "backtest kernel",
    "verdict",
)
"""What of a verdict's rules decides whether a study passes; the number of placebos hardly does."""


@dataclass(frozen=True)
class PassRate:
    """How many of some studies were called skill.

    Attributes
    ----------
    low, high
        Clopper and Pearson's interval of the true share, 95 %.
    """

    passed: int
    studies: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, passed: int, studies: int) -> "PassRate":
        """The rate of a count, exact interval."""
        from scipy.special import betaincinv

        tail = (1.0 - CONFIDENCE) / 2.0
        rest = studies - passed
        low = float(betaincinv(passed, rest + 1, tail)) if passed else 0.0
        high = float(betaincinv(passed + 1, rest, 1.0 - tail)) if rest else 1.0
        return cls(passed, studies, passed / studies, low, high)


@dataclass(frozen=True)
class DetectionFloor:
    """The smallest true ratio that is seen with the wanted chance.

    Attributes
    ----------
    ratio
        Annual information ratio; None if it is above `most`. `least` stands for "or less".
    low, high
        95 % interval; None: above `most`.
    least, most
        Smallest and largest ratio that was tried.
    power
        The wanted chance.
    """

    ratio: float | None
    low: float | None
    high: float | None
    least: float
    most: float
    power: float

    @property
    def words(self) -> str:
        """What these data can show, as the end of a sentence."""
        chance = f"with {100 * self.power:.0f} %"
        if self.ratio is None:
            return f"cannot show a true ratio of up to {self.most:g} {chance}"
        less = " or less" if self.ratio <= self.least else ""
        return f"can show a true ratio of {self.ratio:.2g}{less} {chance}"


@dataclass(frozen=True)
class Detection:
    """What a verdict says of a calibration of its conditions.

    Attributes
    ----------
    level
        Of studies on noise.
    floor
        With the premium in `factor`.
    placebos
        Of each study.
    """

    level: PassRate
    floor: DetectionFloor
    factor: str
    placebos: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)

    @classmethod
    def from_block(cls, block: Mapping[str, Any]) -> "Detection":
        """From a calibration that was kept, as its JSON has it.

        Raises
        ------
        TypeError, KeyError
            It is none.
        """
        floor = {n: block["floor"][n] for n in ("ratio", "low", "high", "least", "most", "power")}
        if not all(v is None or isinstance(v, float | int) for v in floor.values()):
            raise TypeError("floor")
        level = PassRate.of(int(block["level"]["passed"]), int(block["level"]["studies"]))
        return cls(level, DetectionFloor(**floor), str(block["factor"]), int(block["placebos"]))


def conditions_of(inputs: Inputs, trials: int | None, patience: int | None) -> dict[str, Any]:
    """What a calibration and a verdict must share for the one to speak of the other.

    Data, objective file, rules of the backtest, the search and what of the verdict's rules decides
    (`RULES_OF_A_STUDY`); not the seed, which is another one in each study.

    Raises
    ------
    ExoError
        If the benchmark cannot be read.
    """
    plain, rules = inputs.settings.as_dict(), rules_of(inputs.settings.verdict)
    sections = ("factors", "backtest", "hyperparameters", "portfolio", "holdout", "tuning")
    settings = {name: dict(plain[name]) for name in sections if name in plain}
    for name in ("seed", "patience", "warm_start"):
        settings["tuning"].pop(name, None)
    return {
        "settings": settings,
        "rules": {name: rules[name] for name in RULES_OF_A_STUDY},
        "objective": inputs.objective.sha256,
        "data": data_identity(
            inputs.panel, inputs.market, inputs.spec, inputs.settings
        ).fingerprint,
        "trials": trials,
        "patience": patience,
    }


def conditions_key(conditions: Mapping[str, Any]) -> str:
    """SHA-256 of `conditions_of`."""
    return hashlib.sha256(json.dumps(conditions, sort_keys=True).encode()).hexdigest()


def detection_of(subject: "Subject", study_file: Path) -> Detection | None:
    """The latest calibration of a subject's conditions in its study file; None if there is none.

    Raises
    ------
    ExoError
        The table has been damaged.
    """
    from mech_exo.tuning.kept_calibrations import damaged_calibration, latest_calibration

    if subject.quick:  # of other rules
        return None

    def key() -> str:
        return conditions_key(conditions_of(subject, subject.trials, subject.patience))

    block = latest_calibration(study_file, key)
    if block is None:
        return None
    try:
        return Detection.from_block(block)
    except (TypeError, KeyError, ValueError, ZeroDivisionError) as error:
        raise damaged_calibration() from error
