"""The picture with a run's last message, and that nothing about it costs the run anything."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from mech_exo import InputRequest, RunRequest, optimise
from mech_exo.cli.entry import run
from mech_exo.report import equity_picture
from mech_exo.report.charts.curve_plot import days
from mech_exo.report.equity_picture import EquityPicture, equity_chart
from mech_exo.tuning.records import read_study
from tests.cli.file_project import file_project
from tests.unit.notify.hook_stand_in import hook_stand_in
from tests.unit.notify.stand_in import CHAT, TOKEN, stand_in

STUDIES = Path("studies/factor_opt.db")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = file_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("TELEGRAM_DRY_RUN", raising=False)
    monkeypatch.delenv("EXO_WEBHOOK_URL", raising=False)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", CHAT)
    monkeypatch.setenv("EXO_NOTIFY__MIN_INTERVAL_S", "0")
    monkeypatch.setenv("EXO_NOTIFY__PICTURE", "true")
    monkeypatch.setenv("EXO_NOTIFY__TIMEOUT_S", "60")
    return folder


def tune(name: str, *options: str) -> int:
    base = ["optuna-run", "--quiet", "--n-jobs", "1", "--n-trials", "4", "--study-name", name]
    return run([*base, "--notify-progress", *options])


def test_telegram_and_discord_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with stand_in() as telegram, hook_stand_in() as hook:
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", telegram.url)
        monkeypatch.setenv("EXO_WEBHOOK_URL", hook.url)
        monkeypatch.setenv("EXO_NOTIFY__WEBHOOK_FORMAT", "discord")
        assert tune("told") == 0
    method, sent = telegram.requests[-1]
    assert method == "sendPhoto"
    assert sent["caption"].startswith("told: done, 4 trials")
    picture = sent["photo"].encode("latin-1")
    assert picture.startswith(b"\x89PNG")
    assert hook.requests[-1].files == {"files[0]": picture}
    assert hook.requests[-1].method == "PATCH"
    assert capsys.readouterr().err == ""
    assert telegram.texts()[-1].startswith("told: done")


def test_a_picture_that_cannot_be_drawn_costs_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> bytes:
        raise RuntimeError("no ink")

    monkeypatch.setattr(equity_picture, "equity_chart", fail)
    with stand_in() as telegram:
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", telegram.url)
        assert tune("told") == 0
    assert telegram.texts()[-1].startswith("told: done")
    assert {m for m, _ in telegram.requests} <= {"sendMessage", "editMessageText"}
    printed = capsys.readouterr()
    assert "no picture is sent: no ink" in printed.err
    assert "Traceback" not in printed.err
    assert len(read_study(STUDIES, "told").trials) == 4


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_without_the_extra_it_is_an_error_before_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    found: Any = importlib.util.find_spec
    without = lambda name: None if name == "matplotlib" else found(name)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert tune("told", *options) == 2
    assert "pip install 'mech-exo[picture]'" in capsys.readouterr().err
    assert not STUDIES.exists()
    monkeypatch.delenv("EXO_NOTIFY__PICTURE")
    with stand_in() as telegram:
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", telegram.url)
        assert tune("told", *options) == 0


def test_where_nobody_takes_it_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    monkeypatch.delenv("TELEGRAM_CHAT_ID")
    with hook_stand_in() as hook:
        monkeypatch.setenv("EXO_WEBHOOK_URL", hook.url)
        assert tune("told") == 0
    assert "none of the messengers takes pictures" in capsys.readouterr().err
    assert hook.texts()[-1].startswith("told: done")


@pytest.mark.parametrize("fraction", [0.2, 0.0])
def test_it_shows_what_the_run_has_seen_and_looks_nowhere_else(
    folder: Path, fraction: float
) -> None:
    inputs = InputRequest(cwd=folder, overrides={"holdout.fraction": fraction})
    request = RunRequest(
        study_name="s",
        study_file=folder / STUDIES,
        n_trials=4,
        n_jobs=1,
        inputs=inputs,
        root=folder,
    )
    result = optimise(request)
    before = (folder / STUDIES).read_bytes()
    chart = equity_chart(result)
    assert chart is not None
    assert [s.label for s in chart.shades] == ["in sample", "out of sample"][: 1 + bool(fraction)]
    assert (folder / STUDIES).read_bytes() == before
    assert result.best is not None
    metrics = result.best.in_sample
    inside = days(chart.x) <= days(chart.shades[0].end)
    assert chart.curves[0].values[inside][-1] == pytest.approx(
        100.0 * (1.0 + metrics["total_return"])
    )
    drawn = EquityPicture().draw(result)
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG")
