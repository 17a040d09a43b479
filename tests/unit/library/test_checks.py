"""What a program is told of its data, and what errors in them stop."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mech_exo.errors import ExoError
from mech_exo.library.projects import Project


def prices() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, (400, 8)), axis=0))
    days = pd.bdate_range("2020-01-01", periods=400)
    return pd.DataFrame(close, index=days, columns=[f"N{n}" for n in range(8)])


def test_honest_frames_have_no_findings(tmp_path: Path) -> None:
    check = Project(prices(), folder=tmp_path).check()
    assert (check.errors, check.warnings, check.remarks) == ((), (), ())
    assert check.facts.names == 8


def test_errors_stand_in_the_check_and_stop_what_computes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = prices()
    frame["N2"] = frame["N2"].where(np.arange(len(frame)) != 300, 5_000.0)
    name = f"jump:N2:{frame.index[300].date()}"
    with caplog.at_level(logging.WARNING, "mech_exo"):
        project = Project(frame, folder=tmp_path)
    assert name in caplog.text
    check = project.check()
    assert [finding.name for finding in check.errors] == [name]
    assert check.remarks == (check.errors[0].message,)
    assert "rises to" in check._repr_html_()
    with pytest.raises(ExoError, match=name):
        project.tune(4, jobs=1)
    with pytest.raises(ExoError, match=name):
        project.backtest({"rsi_14": 1.0})
    accepted = Project(frame, settings={"data": {"accept": [name]}}, folder=tmp_path)
    assert accepted.check().errors == ()
    assert accepted.tune(2, jobs=1).record.name
