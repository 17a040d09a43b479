"""A file verifies where data, code and objective are its own, and nowhere else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.backtest.comparison import universe_metrics
from mech_exo.backtest.kernel import KERNEL_VERSION
from mech_exo.backtest.metrics import METRICS
from mech_exo.data.panel import Panel
from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import FIGURES, FactorFile, content_hash
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.verification.comparisons import Verification
from mech_exo.verification.reproduction import settings_of, verify
from tests.unit.verdict.small import (
    OBJECTIVE,
    small_market,
    small_objective,
    small_panel,
    small_settings,
)

PANEL = small_panel(premium=0.3)
SETTINGS = small_settings()


def exported(**weights: float) -> FactorFile:
    """What an export of this portfolio would hold."""
    factors: Any = {
        "test": {
            name: {"weight": weight, "direction": "higher_better", "category": "test"}
            for name, weight in weights.items()
        }
    }
    hyper = {"cash_pct": 0.05, "stop_loss_pct": 0.15, "position_size_pct": 0.2}
    file = FactorFile(metadata={}, factors=factors, hyperparameters=hyper)
    spec = ObjectiveSpec.compile(OBJECTIVE, "objective.py")
    split = PANEL.split(0.2)
    inside = Evaluator(spec, PANEL.between(0, split), SETTINGS).run(file.params)
    outside = Evaluator(spec, PANEL.between(split, len(PANEL.dates)), SETTINGS).run(file.params)
    return replace(
        file,
        metadata={name: inside.metrics()[metric] for name, metric in FIGURES.items()},
        provenance={
            "content_hash": content_hash(factors, hyper),
            "data_fingerprint": PANEL.fingerprint,
            "objective_sha256": small_objective().sha256,
            "kernel_version": KERNEL_VERSION,
            "settings": SETTINGS.as_dict(),
        },
        out_of_sample={"metrics": outside.metrics(), "universe": universe_metrics(outside)},
    )


FILE = exported(f0=0.7, f1=-0.2, f2=0.1)


def checked(
    file: FactorFile = FILE,
    panel: Panel = PANEL,
    objective: ObjectiveFile | None = None,
) -> Verification:
    settings = settings_of("x.yml", file)
    return verify(file, settings, objective or small_objective(), small_market(panel), panel)


def test_an_exported_file_verifies() -> None:
    found = checked()
    assert found.exit_code == ExitCode.DONE
    assert found.differing == ()
    universe = sum(metric.of_benchmark for metric in METRICS.values())
    assert len(found.values) == 1 + 4 + len(METRICS) + universe
    assert found.as_dict()["exit_code"] == 0


def test_a_changed_weight_is_found() -> None:
    factors: Any = {"test": {n: dict(e) for n, e in FILE.factors["test"].items()}}
    factors["test"]["f1"]["weight"] = -0.5
    found = checked(replace(FILE, factors=factors))
    assert found.exit_code == ExitCode.REFUSED
    assert "content_hash" in found.differing
    assert "metadata.best_sharpe_ratio" in found.differing


def test_a_changed_metric_is_found() -> None:
    found = checked(replace(FILE, metadata={**FILE.metadata, "volatility": 0.1}))
    assert found.exit_code == ExitCode.REFUSED
    assert found.differing == ("metadata.volatility",)


def test_one_changed_price_is_other_data() -> None:
    returns = PANEL.returns.copy()
    returns[300, 4] += 1e-6
    found = checked(panel=replace(PANEL, returns=returns))
    assert found.exit_code == ExitCode.NOT_THE_FILES
    assert found.differing == ("provenance.data_fingerprint",)
    assert len(found.values) == 1  # nothing was computed


def test_one_changed_line_is_another_objective() -> None:
    found = checked(objective=small_objective(OBJECTIVE + b"# changed\n"))
    assert found.exit_code == ExitCode.NOT_THE_FILES
    assert found.differing == ("provenance.objective_sha256",)


def test_an_undefined_metric_equals_only_an_undefined_one() -> None:
    metadata = {**FILE.metadata, "total_return": None}
    assert checked(replace(FILE, metadata=metadata)).differing == ("metadata.total_return",)


def test_settings_are_the_files_and_the_data_may_lie_elsewhere() -> None:
    own = replace(SETTINGS, tuning=replace(SETTINGS.tuning, seed=1))
    own = replace(own, data=replace(own.data, prices=Path("here.csv"), start="2020-01-01"))
    assert settings_of("x.yml", FILE, own) == SETTINGS  # the demo lies nowhere
    there = replace(SETTINGS.data, source="files", prices=Path("there.csv"), end="2016-12-31")
    settings = replace(SETTINGS, data=there).as_dict()
    file = replace(FILE, provenance={**(FILE.provenance or {}), "settings": settings})
    found = settings_of("x.yml", file, own)
    assert found.data == replace(there, prices=Path("here.csv"))
    assert found.tuning.seed == SETTINGS.tuning.seed
    with pytest.raises(ExoError, match=r"provenance\.settings"):
        settings_of("x.yml", replace(FILE, provenance=None))


def test_the_tolerance_is_1e_9() -> None:
    sharpe = FILE.metadata["best_sharpe_ratio"]
    near = replace(FILE, metadata={**FILE.metadata, "best_sharpe_ratio": sharpe * (1 + 1e-12)})
    far = replace(FILE, metadata={**FILE.metadata, "best_sharpe_ratio": sharpe * (1 + 1e-8)})
    assert checked(near).exit_code == ExitCode.DONE
    assert checked(far).exit_code == ExitCode.REFUSED
    assert np.isfinite(sharpe)
