"""What becomes of a project's files: figures, findings, or a refusal."""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import mech_exo
from mech_exo.errors import ExoError
from tests.damage.good_files import Files

WEIGHTS = {
    "return_on_equity": 0.7,
    "revenue_growth": 0.2,
    "news_sentiment": 0.6,
    "momentum_12_1": 0.5,
    "rsi_14": -0.3,
    "volatility_ratio": -0.2,
}
FIGURES = ("sharpe", "annual_return", "volatility", "max_drawdown", "turnover")


@dataclass(frozen=True)
class Outcome:
    """Figures of a fixed portfolio, and what was said about the data.

    Attributes
    ----------
    figures
        Name -> value; empty if the data were refused.
    refusal
        Message and hint of the refusal, or of the errors found; "" if the data were read.
    warnings
        Names of the findings that do not stop a run, and what the readers said.
    """

    figures: dict[str, float]
    refusal: str = ""
    warnings: tuple[str, ...] = ()


def outcome_of(files: Files, folder: Path) -> Outcome:
    """Load the files as a user would, and hold a fixed portfolio on them."""
    data = files.write(folder)
    settings: dict[str, Any] = {
        "data": data,
        "holdout": {"fraction": 0.0},
        "backtest": {"rebalance_days": 5},
    }
    try:
        project = mech_exo.Project.open(folder, settings=settings)
        known = {n: w for n, w in WEIGHTS.items() if n in project.factor_names}
        notes = project.session.market.notes
        result = project.backtest(known, part="in_sample")
    except ExoError as error:
        return Outcome({}, str(error))
    figures = {name: float(result.metrics[name]) for name in FIGURES}
    return Outcome(figures, "", (*(f.name for f in project.check().warnings), *notes))


def differ(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether any figure moved by more than 1e-9."""
    return any(not np.isclose(one[n], other[n], rtol=1e-9, atol=1e-9) for n in FIGURES)


def gzipped(text: str) -> bytes:
    """The text as a gzip file without a time stamp."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        file.write(text.encode())
    return buffer.getvalue()
