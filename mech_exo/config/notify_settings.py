"""Whom a run tells how it goes: the section `notify` of the settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mech_exo.config.setting_fields import silent_field, silent_path_field


@dataclass(frozen=True)
class NotifySettings:
    """Messengers; Telegram's token and chat come from the environment only."""

    api_base_url: str = "https://api.telegram.org"
    timeout_s: float = 10.0
    min_interval_s: float = 1.0  # between two requests; Telegram allows one a second in a chat
    webhook: Path | None = silent_path_field()  # a file that holds its address, which is a secret
    webhook_format: Literal["slack", "discord", "plain"] | None = silent_field()  # null: by host
    picture: bool | None = silent_field()  # with the last message; null: none
