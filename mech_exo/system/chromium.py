"""A page as PDF, by a Chromium that is on the machine."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from mech_exo.errors import ExoError

VARIABLE = "EXO_CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PATIENCE_S = 120.0

# Blanks keep every offset within the file what it is.
_DATES = re.compile(rb"/(?:CreationDate|ModDate) ?\(D:[0-9+\-Z']*\)")

_HINT = (
    "Install Chromium (Debian, Ubuntu: apt install chromium) or name one in EXO_CHROMIUM; or open "
    "the HTML page in any browser and print it."
)
_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
    "--blink-settings=imagesEnabled=true,preferredColorScheme=1",
)


def find_chromium() -> Path:
    """The browser that `EXO_CHROMIUM` names, or the first that is found under a usual name.

    Raises
    ------
    ExoError
        If there is none, or the one that is named is none.
    """
    if named := os.environ.get(VARIABLE):
        found = shutil.which(named)
        if found is None:
            raise ExoError(f"{VARIABLE}: {named} is no program that can be run.", hint=_HINT)
        return Path(found)
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise ExoError("No Chromium was found, and a PDF is printed by one.", hint=_HINT)


def printed_pdf(html: str, *, patience_s: float = PATIENCE_S) -> bytes:
    """A page as Chromium prints it: A4 if the page says so, and the same bytes at any time.

    The browser has a folder of its own, which is removed with all that it left there, and it is
    ended with all its processes if it takes longer than `patience_s` seconds. As root it runs
    without its sandbox, which it has to; the page is ours and loads nothing.

    Raises
    ------
    ExoError
        If there is no Chromium, or it prints nothing.
    """
    program = find_chromium()
    with tempfile.TemporaryDirectory(prefix="exo-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, target = folder / "page.html", folder / "page.pdf"
        page.write_text(html, "utf-8")
        command = [str(program), *_ARGUMENTS, f"--user-data-dir={folder / 'profile'}"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []
        said = _run([*command, f"--print-to-pdf={target}", page.as_uri()], folder, patience_s)
        if not target.is_file() or not (printed := target.read_bytes()).startswith(b"%PDF"):
            raise ExoError(f"{program} printed no PDF ({_last_line(said)}).", hint=_HINT)
        return _DATES.sub(lambda found: b" " * len(found[0]), printed)


def _run(command: list[str], folder: Path, patience_s: float) -> str:
    """What a program writes to stderr; it is ended with all its processes when time is up."""
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    try:
        process = subprocess.Popen(  # noqa: S603 (a program that the user named or installed)
            command,
            env=os.environ | home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ExoError(f"{command[0]}: cannot be run ({error.strerror}).", hint=_HINT) from error
    with process:
        try:
            _, said = process.communicate(timeout=patience_s)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise ExoError(
                    f"{command[0]} did not print within {patience_s:.0f} seconds.", hint=_HINT
                ) from error
            raise
    return said.decode("utf-8", "replace")


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"
