"""A project on price files that end today, so that they are neither demo data nor stale."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import REPOSITORY, Exo

GUIDE = REPOSITORY / "tests/unit/factor_file/guide.yml"

SESSIONS, NAMES = 900, 10

SETTINGS = """\
data: {source: files, prices: ../prices.csv}
reoptimize: {trials: 8}
verdict: {placebos: 2, windows: 2, neighbours: 8, portfolios: 16}
"""


def produced(exo: Exo, folder: Path) -> Path:
    """A project of the demo market whose production file is the guide's."""
    exo("init", folder)
    shutil.copy(GUIDE, folder / "config/factors.yml")
    return folder


def file_project(folder: Path) -> Path:
    """Lay a project out without running `exo init`."""
    for name in ("config/settings.yml", "research/obj_utils.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / "config/settings.yml").write_text(SETTINGS)
    write_prices(folder / "prices.csv", date.today())
    return folder


def work_in_copy(made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a project, as the working directory of a test that changes it."""
    copy = shutil.copytree(made, folder / "project")
    monkeypatch.chdir(copy)
    return copy


def write_prices(path: Path, last: date, sessions: int = SESSIONS) -> None:
    """Closes of random walks up to `last`, or the weekday before; a shorter file ends earlier."""
    rng = np.random.default_rng(11)
    drift = np.linspace(0.0, 0.0015, NAMES)  # momentum has skill
    close = 100.0 * np.cumprod(1.0 + rng.normal(drift, 0.008, (SESSIONS, NAMES)), axis=0)
    end = np.busday_offset(np.datetime64(last, "D"), 0, roll="backward")
    days = np.busday_offset(end, np.arange(1 - SESSIONS, 1))
    lines = ["date," + ",".join(f"S{n:02d}" for n in range(NAMES))]
    for day, row in zip(days[:sessions], close[:sessions], strict=True):
        lines.append(f"{day}," + ",".join(f"{value:.6f}" for value in row))
    path.write_text("\n".join(lines) + "\n")
