"""Messages of real runs, with a stand-in for Telegram's server."""

from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from mech_exo.tuning.records import read_study
from tests.cli.file_project import file_project
from tests.unit.notify.stand_in import CHAT, TOKEN, refused, stand_in

STUDIES = Path("studies/factor_opt.db")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = file_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_CHAT_ID", CHAT)
    monkeypatch.delenv("TELEGRAM_DRY_RUN", raising=False)
    monkeypatch.setenv("EXO_NOTIFY__MIN_INTERVAL_S", "0")
    return folder


def tune(name: str, *options: str) -> int:
    base = ["optuna-run", "--quiet", "--n-jobs", "1", "--n-trials", "6", "--study-name", name]
    return run([*base, *options])


def trials(name: str) -> list[tuple[object, ...]]:
    study = read_study(STUDIES, name)
    return [(t.number, t.state, t.params, t.values) for t in study.trials]


def test_one_message_and_the_same_study(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune("plain") == 0
    with stand_in() as server:
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", server.url)
        assert tune("told", "--notify-progress", "--progress-interval", "1") == 0
    assert trials("told") == trials("plain")
    methods = [method for method, _ in server.requests]
    assert methods[0] == "sendMessage"
    assert set(methods[1:]) <= {"editMessageText"}
    assert server.texts()[-1].startswith("told: done, 6 trials, best ")
    printed = capsys.readouterr()
    _no_token(project, printed.out + printed.err)


def test_a_wrong_token_fails_nothing_and_is_said_once(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with stand_in() as server:
        server.always = refused(401, "Unauthorized")
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", server.url)
        assert tune("told", "--notify-progress", "--progress-interval", "1") == 0
    assert len(server.requests) == 1
    printed = capsys.readouterr()
    assert printed.err.count("Telegram: ") == 1
    assert len(trials("told")) == 6
    _no_token(project, printed.out + printed.err)


def test_a_run_that_fails_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune("told") == 0
    with stand_in() as server:
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", server.url)
        assert tune("told", "--notify-progress", "--seed", "9") == 2  # another fingerprint
    assert "told: failed. " in server.texts()[-1]
    assert "tuning.seed" in capsys.readouterr().err


def test_notify_test(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with stand_in() as server:
        monkeypatch.setenv("EXO_NOTIFY__API_BASE_URL", server.url)
        assert run(["notify", "test"]) == 0
        assert len(server.texts("sendMessage")) == 1
        server.always = refused(400, "Bad Request: chat not found")
        assert run(["notify", "test"]) == 2
    assert "hat not found" in capsys.readouterr().err
    monkeypatch.delenv("TELEGRAM_CHAT_ID")
    assert run(["notify", "test"]) == 2
    assert "TELEGRAM_CHAT_ID" in capsys.readouterr().err
    monkeypatch.setenv("TELEGRAM_DRY_RUN", "true")
    assert run(["notify", "test"]) == 0


def _no_token(project: Path, printed: str) -> None:
    for secret in (TOKEN, TOKEN.split(":")[1]):
        assert secret not in printed
        for path in project.rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path
