"""The address of a webhook: who has it can write, so it is a secret and stands in no message."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.errors import ExoError
from mech_exo.system.user_file import read_bytes

VARIABLE = "EXO_WEBHOOK_URL"
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
MOST_BYTES_OF_FILE = 10_000
_HINT = "It is the address that Slack, Discord or your own server gives for incoming messages."


def webhook_address(environment: Mapping[str, str], settings: NotifySettings) -> str | None:
    """The address of EXO_WEBHOOK_URL, else of the file that `notify.webhook` names; None: neither.

    Raises
    ------
    ExoError
        If the file cannot be read, or what is given is no address that may be used: HTTPS, or HTTP
        on this machine.
    """
    given = environment.get(VARIABLE, "").strip()
    if given:
        return _checked(given, VARIABLE)
    if settings.webhook is None:
        return None
    return _checked(_first_line(settings.webhook), f"notify.webhook, {settings.webhook}")


def _first_line(path: Path) -> str:
    hint = f"notify.webhook names a file that holds the address; or set {VARIABLE}."
    content = read_bytes(path, limit=MOST_BYTES_OF_FILE, hint=hint, what="the webhook's file")
    lines = content.decode("utf-8-sig", errors="replace").split("\n")
    written = [line.strip() for line in lines if line.strip()]
    if len(written) != 1:
        raise ExoError(
            f"{path}: has {len(written)} lines, must have one: the address of the webhook.",
            hint=_HINT,
        )
    return written[0]


def _checked(address: str, origin: str) -> str:
    """The address, if it is one; what is wrong with it is said without it."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:  # a port or a bracket
        host = ""
    if not host or not address.isascii() or not address.isprintable() or " " in address:
        raise ExoError(
            f"{origin}: holds no address that begins with https:// and a host.", hint=_HINT
        )
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK_HOSTS):
        return address
    if parts.scheme == "http":
        raise ExoError(
            f"{origin}: http:// would show the secret to everyone on the way.",
            hint="Write https://. Only on this machine (localhost, 127.0.0.1) http:// will do.",
        )
    raise ExoError(f"{origin}: the address must begin with https://.", hint=_HINT)
