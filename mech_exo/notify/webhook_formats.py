"""What a webhook is sent: an entry for each service, and plain JSON for all others."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult

from mech_exo.notify.moments import Moment

PLAIN_VERSION = 1
"""Of the fields of plain JSON: one that is added keeps it, any other change raises it."""

Fields = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A text and what it is of.

    Attributes
    ----------
    study
        What the message is about.
    run
        Drawn at random for each run, so that a receiver knows which texts belong together.
    number
        Of the text in its run, from 1.
    """

    text: str
    moment: Moment
    study: str
    run: str
    number: int


@dataclass(frozen=True)
class WebhookFormat:
    """How one service takes a text.

    Attributes
    ----------
    name
        Value of `notify.webhook_format`.
    title, where
        For messages.
    body
        The JSON of a text.
    recognises
        Whether an address is one of the service's.
    takes_progress
        Whether it takes every text: it has a message that can be changed, or is read by a program.
    query
        What is added to the address when a message is made.
    message
        From the answer to a new message: where below the address it is changed. None: it cannot.
    takes_pictures
        Whether a PNG can be sent beside the JSON, as Discord takes it.
    """

    name: str
    title: str
    where: str
    body: Callable[[Told], Fields]
    recognises: Callable[[SplitResult], bool]
    takes_progress: bool
    query: Mapping[str, str] = field(default_factory=dict)
    message: Callable[[bytes], str] | None = None
    takes_pictures: bool = False


def _slack(told: Told) -> Fields:
    """Text in which nothing is a mention, a link or a format."""
    text = told.text[:SLACK_LIMIT]
    for character, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, written)
    return {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def _discord(told: Told) -> Fields:
    """Text in which nothing is a mention, a link's preview or a format."""
    text = _DISCORD_FORMATS.sub(r"\\\1", told.text)[:DISCORD_LIMIT]
    return {
        "content": text.removesuffix("\\") if len(text) == DISCORD_LIMIT else text,
        "allowed_mentions": {"parse": []},
        "flags": 4,  # no previews
    }


def _plain(told: Told) -> Fields:
    return {
        "version": PLAIN_VERSION,
        "program": "exo",
        "study": told.study,
        "run": told.run,
        "number": told.number,
        "moment": told.moment.name.lower(),
        "text": told.text,
    }


def _discord_message(answer: bytes) -> str:
    """Raises a ValueError for an answer that names no message."""
    made = json.loads(answer)
    number = made.get("id") if isinstance(made, dict) else None
    if not (isinstance(number, str) and re.fullmatch("[0-9]{1,30}", number)):
        raise ValueError("it names no message")
    return f"/messages/{number}"


def _of(*hosts: str) -> Callable[[SplitResult], bool]:
    """Addresses of a service; one that ends with /slack takes Slack's JSON, whoever it is of."""
    return lambda address: address.hostname in hosts and not _for_slack(address)


def _for_slack(address: SplitResult) -> bool:
    return address.path.rstrip("/").endswith("/slack")


SLACK_LIMIT, DISCORD_LIMIT = 4000, 2000  # characters
_DISCORD_FORMATS = re.compile(r"([\\*_~`|>#\[\]])")

SLACK = WebhookFormat(
    "slack",
    "Slack",
    "a webhook of Slack",
    _slack,
    lambda a: a.hostname in ("hooks.slack.com", "hooks.slack-gov.com") or _for_slack(a),
    takes_progress=False,
)
DISCORD = WebhookFormat(
    "discord",
    "Discord",
    "a webhook of Discord",
    _discord,
    _of("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"),
    takes_progress=True,
    query={"wait": "true"},  # so that the answer names the message
    message=_discord_message,
    takes_pictures=True,
)
PLAIN = WebhookFormat("plain", "Webhook", "a webhook", _plain, lambda _: True, takes_progress=True)

FORMATS = {entry.name: entry for entry in (SLACK, DISCORD, PLAIN)}
"""By name; the first that recognises an address is its own."""


def format_of(address: SplitResult, name: str | None) -> WebhookFormat:
    """The one that is named, else the one that recognises the address."""
    if name is not None:
        return FORMATS[name]
    return next(entry for entry in FORMATS.values() if entry.recognises(address))
