"""Which channel the environment asks for."""

import pytest

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.errors import ExoError
from mech_exo.notify.channel import DryRun, configured, open_channel, send_test
from tests.unit.notify.stand_in import CHAT, TOKEN, stand_in


def test_dry_run_says_what_it_would_send() -> None:
    said: list[str] = []
    environment = {"TELEGRAM_DRY_RUN": "true", "TELEGRAM_BOT_TOKEN": TOKEN}
    channel = open_channel(environment, NotifySettings(), "s", say=said.append, warn=said.append)
    assert isinstance(channel, DryRun)
    channel.send("hello")
    assert said == ["telegram (dry run): hello"]


@pytest.mark.parametrize(
    "environment", [{}, {"TELEGRAM_BOT_TOKEN": TOKEN}, {"TELEGRAM_BOT_TOKEN": "", "X": "1"}]
)
def test_without_token_or_chat_one_warning(environment: dict[str, str]) -> None:
    warned: list[str] = []
    channel = open_channel(environment, NotifySettings(), "s", say=print, warn=warned.append)
    assert channel is None
    assert not configured(environment, NotifySettings())
    assert len(warned) == 1
    assert "TELEGRAM_CHAT_ID" in warned[0]
    assert TOKEN not in warned[0]
    with pytest.raises(ExoError, match="TELEGRAM_CHAT_ID"):
        send_test(environment, NotifySettings(), print)


def test_test_message_is_sent() -> None:
    said: list[str] = []
    with stand_in() as server:
        environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": CHAT}
        assert configured(environment, NotifySettings())
        send_test(environment, NotifySettings(api_base_url=server.url), said.append)
    assert len(server.texts("sendMessage")) == 1
    assert said == ["Telegram: sent."]
