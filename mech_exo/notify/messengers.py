"""Where messages can go: one entry for each messenger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify.dispatch import Transport
from mech_exo.notify.telegram import Telegram
from mech_exo.notify.webhook import Webhook
from mech_exo.notify.webhook_address import VARIABLE, webhook_address
from mech_exo.notify.webhook_formats import format_of

TOKEN, CHAT = "TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"
Environment = Mapping[str, str]


@dataclass(frozen=True)
class Recipient:
    """One place that messages go to.

    Attributes
    ----------
    messenger
        Its name in `MESSENGERS`.
    title
        For messages: "Telegram", "Discord".
    where
        The same with what of it is no secret: "the chat 42".
    access
        What the messenger's transport is made of, secrets among them.
    takes_pictures
        Whether a picture can be sent there.
    """

    messenger: str
    title: str
    where: str
    access: tuple[str, ...]
    takes_pictures: bool = True


@dataclass(frozen=True)
class Messenger:
    """A way of sending messages.

    Attributes
    ----------
    find
        Who is to be told by it, as environment and settings say; None: nobody.
    transport
        Of a recipient's access, the study's name and the settings.
    setup
        What has to be set for it, for messages.
    """

    find: Callable[[Environment, NotifySettings], Recipient | None]
    transport: Callable[[tuple[str, ...], str, NotifySettings], Transport]
    setup: tuple[str, ...]


def _chat(environment: Environment, settings: NotifySettings) -> Recipient | None:  # noqa: ARG001
    token, chat = (environment.get(name, "").strip() for name in (TOKEN, CHAT))
    if not (token and chat):
        return None
    return Recipient("telegram", "Telegram", f"the chat {chat}", (token, chat))


def _hook(environment: Environment, settings: NotifySettings) -> Recipient | None:
    address = webhook_address(environment, settings)
    if address is None:
        return None
    form = format_of(urlsplit(address), settings.webhook_format)
    access = address, form.name
    return Recipient("webhook", form.title, form.where, access, form.takes_pictures)


def _telegram(access: tuple[str, ...], study: str, settings: NotifySettings) -> Transport:  # noqa: ARG001
    token, chat = access
    return Telegram(token, chat, settings)


def _webhook(access: tuple[str, ...], study: str, settings: NotifySettings) -> Transport:
    address, form = access
    return Webhook(address, form, study, settings)


MESSENGERS = {
    "telegram": Messenger(_chat, _telegram, (TOKEN, CHAT)),
    "webhook": Messenger(_hook, _webhook, (VARIABLE,)),
}


def recipients(environment: Environment, settings: NotifySettings) -> list[Recipient]:
    """Who is to be told.

    Raises
    ------
    ExoError
        If a messenger is set up wrongly.
    """
    found = (entry.find(environment, settings) for entry in MESSENGERS.values())
    return [one for one in found if one is not None]


def variables_of(told: list[Recipient]) -> str:
    """The variables that those who are told are set up by, in words."""
    return " and ".join(name for one in told for name in MESSENGERS[one.messenger].setup)


def half_set(environment: Environment) -> list[str]:
    """Variables that are missing beside others of the same messenger."""
    missing = []
    for entry in MESSENGERS.values():
        unset = [name for name in entry.setup if not environment.get(name, "").strip()]
        if len(unset) < len(entry.setup):
            missing += unset
    return missing


def transport_of(recipient: Recipient, study: str, settings: NotifySettings) -> Transport:
    """What asks its server."""
    return MESSENGERS[recipient.messenger].transport(recipient.access, study, settings)
