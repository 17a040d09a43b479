"""A small factor file."""

from collections.abc import Callable

import pytest

from mech_exo.factor_file.document import FactorFile

Make = Callable[[float], FactorFile]


@pytest.fixture
def make() -> Make:
    """`make(weight)`: a file with one factor."""

    def factor_file(weight: float) -> FactorFile:
        return FactorFile(
            metadata={"study_name": "s"},
            factors={
                "technical": {
                    "rsi_14": {
                        "weight": weight,
                        "direction": "higher_better",
                        "category": "technical",
                    }
                }
            },
            hyperparameters={"cash_pct": 0.1},
        )

    return factor_file
