"""The webhook's address: where it comes from, and that what is wrong is said without it."""

from pathlib import Path

import pytest

from mech_exo.config.load import load_settings
from mech_exo.config.notify_settings import NotifySettings
from mech_exo.errors import ExoError
from mech_exo.notify.webhook_address import VARIABLE, webhook_address

GOOD = "https://hooks.slack.com/services/T0/B0/SECRET"


def of_file(path: Path, content: bytes) -> str | None:
    path.write_bytes(content)
    return webhook_address({}, NotifySettings(webhook=path))


def test_from_the_environment_else_from_a_file(tmp_path: Path) -> None:
    assert webhook_address({}, NotifySettings()) is None
    assert webhook_address({VARIABLE: "  "}, NotifySettings()) is None
    assert webhook_address({VARIABLE: f" {GOOD}\n"}, NotifySettings()) == GOOD
    path = tmp_path / "my höok.txt"
    for content in (f"{GOOD}", f"\ufeff{GOOD}\r\n", f"\n\n  {GOOD}  \n"):
        assert of_file(path, content.encode()) == GOOD
    other = GOOD.replace("B0", "B1")
    assert webhook_address({VARIABLE: other}, NotifySettings(webhook=path)) == other


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8000/SECRET",
        "http://127.0.0.1/SECRET",
        "http://[::1]:8000/SECRET",
        "https://chat.example:8443/hooks/SECRET?x=1",
    ],
)
def test_what_is_taken(address: str) -> None:
    assert webhook_address({VARIABLE: address}, NotifySettings()) == address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("hooks.slack.com/services/SECRET", "https://"),
        ("SECRET-alone", "https://"),
        ("https:///SECRET", "https://"),
        ("https://host:port/SECRET", "https://"),
        ("https://[::1/SECRET", "https://"),
        ("https://host/SEC RET", "https://"),
        ("https://host/SECRET\x07", "https://"),
        ("https://hößt/SECRET", "https://"),
        ("ftp://host/SECRET", "https://"),
        ("file://localhost/SECRET", "https://"),
        ("http://hooks.slack.com/SECRET", "everyone on the way"),
        ("http://127.0.0.1.evil.example/SECRET", "everyone on the way"),
        ("http://127.0.0.1@evil.example/SECRET", "everyone on the way"),
    ],
)
def test_what_is_not(tmp_path: Path, address: str, words: str) -> None:
    path = tmp_path / "hook"
    path.write_text(address, encoding="utf-8")
    for environment, settings, origin in (
        ({VARIABLE: address}, NotifySettings(), VARIABLE),
        ({}, NotifySettings(webhook=path), str(path)),
    ):
        with pytest.raises(ExoError) as caught:
            webhook_address(environment, settings)
        said = str(caught.value)
        assert words in said
        assert origin in said
        assert "SECRET" not in said.replace(str(tmp_path), "")
        assert "SEC RET" not in said


def test_files_that_hold_none(tmp_path: Path) -> None:
    path = tmp_path / "hook"
    for content, words in (
        (b"", "has 0 lines"),
        (f"{GOOD}\n{GOOD}\n".encode(), "has 2 lines"),
        (b"\xff\xfe\x00", "https://"),
        (b"x" * 20_000, str(path)),
    ):
        with pytest.raises(ExoError, match=words) as caught:
            of_file(path, content)
        assert "SECRET" not in str(caught.value)
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(ExoError, match=str(missing)):
            webhook_address({}, NotifySettings(webhook=missing))


def test_an_address_in_the_settings_is_refused_without_being_repeated(tmp_path: Path) -> None:
    path = tmp_path / "settings.yml"
    for line in (f"webhook: {GOOD}", f"webhook: [{GOOD}]", f"webhook: {{a: {GOOD}}}"):
        path.write_text(f"notify:\n  {line}\n")
        with pytest.raises(ExoError, match=r"notify\.webhook") as caught:
            load_settings(path)
        assert "SECRET" not in str(caught.value)
    with pytest.raises(ExoError, match="EXO_NOTIFY__WEBHOOK") as caught:
        load_settings(environment={"EXO_NOTIFY__WEBHOOK": GOOD})
    assert "SECRET" not in str(caught.value)


def test_the_file_is_relative_to_the_settings_and_only_written_down_where_set(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.yml"
    path.write_text("notify: {webhook: hook.txt, webhook_format: discord}\n")
    settings = load_settings(path)
    assert settings.notify.webhook == tmp_path / "hook.txt"
    assert settings.as_dict()["notify"]["webhook_format"] == "discord"
    assert {"webhook", "webhook_format"}.isdisjoint(load_settings().as_dict()["notify"])
    path.write_text("notify: {webhook_format: teams}\n")
    with pytest.raises(ExoError, match="one of slack, discord, plain"):
        load_settings(path)
