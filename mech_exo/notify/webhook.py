"""A webhook: JSON over HTTPS to an address that is itself the secret.

Nothing that leaves this module, failures included, has a part of the address in it.
"""

import json
import logging
import math
import re
import time
import uuid
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.notify.dispatch import NotTaken, Refused
from mech_exo.notify.moments import Moment
from mech_exo.notify.webhook_formats import FORMATS, Told
from mech_exo.version import __version__

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 1 << 16  # of an answer; no more of it is read
WORDS = 200  # characters of an answer that are shown
NAMEABLE = 6  # characters of a part of the address that may stand in a message


class Webhook:
    """The messages of one run at one address.

    Parameters
    ----------
    address
        An address that `webhook_address` has let pass.
    form
        Name of a `WebhookFormat`.
    study
        What the messages are about.
    """

    def __init__(self, address: str, form: str, study: str, settings: NotifySettings) -> None:
        self._address = urlsplit(address)
        self._form = FORMATS[form]
        self._study, self._run, self._number = study, uuid.uuid4().hex, 0
        self._wait = settings.timeout_s
        self._client: httpx.AsyncClient | None = None
        self._message = ""  # where below the address the message is changed, once it is there
        self.takes_progress = self._form.takes_progress
        self.takes_pictures = self._form.takes_pictures

    async def open(self) -> None:
        """Make the client; nothing is asked yet. The library would log every address.

        A proxy of the environment is used for HTTPS only, of which it sees the host: what goes to
        this machine by HTTP stays on it.
        """
        import httpx

        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        agent = {"User-Agent": f"mech-exo/{__version__}", "Accept-Encoding": "identity"}
        try:
            self._client = httpx.AsyncClient(
                timeout=self._wait,
                headers=agent,
                follow_redirects=False,
                trust_env=self._address.scheme == "https",
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            kind = type(error).__name__
            raise Refused(f"the environment's proxy cannot be used ({kind})") from None

    async def show(self, text: str, moment: Moment) -> None:
        """Send the text, or change the message where the service has one."""
        self._number += 1
        await self._tell(self._body(text, moment), {})

    async def show_picture(self, picture: bytes, text: str) -> None:
        """Put a picture into the message."""
        body = self._body(text, Moment.END)
        await self._tell(body, {"files[0]": ("equity.png", picture, "image/png")})

    async def close(self) -> None:
        """End the connection."""
        if self._client is not None:
            await self._client.aclose()

    def cleaned(self, words: str) -> str:
        """Without the address and its parts."""
        address = self._address
        parts = [address.geturl(), f"{address.path}?{address.query}", address.path]
        parts += [*address.path.split("/"), *(value for _, value in parse_qsl(address.query))]
        parts += [address.query, address.username or "", address.password or ""]
        for part in parts:
            if len(part) > NAMEABLE:
                words = words.replace(part, "<secret>")
        return words

    def _body(self, text: str, moment: Moment) -> dict[str, Any]:
        return self._form.body(Told(text, moment, self._study, self._run, self._number))

    async def _tell(self, body: dict[str, Any], files: dict[str, Any]) -> None:
        if files:  # the JSON is one part of several
            parts = {"payload_json": (None, json.dumps(body), "application/json"), **files}
            content: dict[str, Any] = {"files": parts}
        else:
            content = {"json": body}
        if self._message:
            try:
                await self._ask("PATCH", self._at(self._message), content)
            except _Gone:
                self._message = ""  # deleted there: a new one
                raise NotTaken("the message has been deleted") from None
            return
        answer = await self._ask("POST", self._at("", self._form.query), content)
        if self._form.message is not None:
            try:
                self._message = self._form.message(answer)
            except ValueError:  # JSON that is none is one too
                raise Refused(f"the answer is not one of {self._form.title}'s") from None

    def _at(self, below: str, query: Mapping[str, str] = MappingProxyType({})) -> str:
        """The address of what is below the webhook's own, which '' is."""
        given = parse_qsl(self._address.query, keep_blank_values=True)
        asked = urlencode([*given, *query.items()])
        path = self._address.path if not below else f"{self._address.path.rstrip('/')}{below}"
        return self._address._replace(path=path, query=asked, fragment="").geturl()

    async def _ask(self, method: str, address: str, content: dict[str, Any]) -> bytes:
        """The beginning of the answer to a request that was taken.

        Raises
        ------
        NotTaken
            Another attempt may help.
        Refused
            None will.
        """
        import asyncio

        import httpx

        assert self._client is not None
        try:
            async with (
                asyncio.timeout(self._wait),
                self._client.stream(method, address, **content) as answer,
            ):
                body = await _beginning(answer)
        except (TimeoutError, httpx.TimeoutException):
            raise NotTaken(f"no answer within {self._wait:g} s") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Refused("its address is not one") from None
        except httpx.HTTPError as error:
            words = self.cleaned(str(error)) or type(error).__name__
            raise NotTaken(f"no connection ({words})") from None
        self._check(method, answer, body)
        return body

    def _check(self, method: str, answer: "httpx.Response", body: bytes) -> None:
        status = answer.status_code
        if 200 <= status < 300:
            return
        words = f"it answers {status} {answer.reason_phrase}".rstrip()
        if status == 429:
            raise NotTaken(words, _seconds(answer.headers.get("Retry-After", "")))
        if status == 408 or status >= 500:
            raise NotTaken(words)
        if 300 <= status < 400:
            raise Refused(f"{words}: it sends us elsewhere, where we do not go")
        if status == 404 and method == "PATCH":
            raise _Gone
        said = _readable(self.cleaned(body.decode(errors="replace")))
        raise Refused(f"{words}: {said}" if said else words)


class _Gone(Exception):  # noqa: N818
    """The message that was to be changed is not there."""


async def _beginning(answer: "httpx.Response") -> bytes:
    """At most `MOST_BYTES` of it, as they come: unpacked, they could be any number."""
    body = b""
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) >= MOST_BYTES:
            break
    return body[:MOST_BYTES]


def _readable(text: str) -> str:
    """A short answer on one line; "" for what is no sentence, such as a page."""
    line = " ".join(re.sub(r"[^\x20-\x7e]+", " ", text).split())
    return "" if len(line) > WORDS or line.startswith("<") else line


def _seconds(header: str) -> float | None:
    """What Retry-After says: a number of seconds, or a date; None where it says neither."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return seconds if math.isfinite(seconds) else None
