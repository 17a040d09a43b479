"""Debian's Chromium under Selenium, as the tests of pages start it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--window-size=1500,3000",
    "--host-resolver-rules=MAP rebound.example 127.0.0.1",
)
PATIENCE_S = 60.0

needs_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]
# Selenium leaves the socket of its driver to the garbage collector
unclosed = pytest.mark.filterwarnings("ignore::ResourceWarning")


@contextmanager
def chromium_in(profile: Path) -> Iterator[Any]:
    """A browser whose profile lies in a folder; it keeps the logs of its console and network."""
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        driver.set_script_timeout(PATIENCE_S)
        yield driver
    finally:
        driver.quit()


def errors(browser: Any) -> list[str]:
    """What the page has said on its console since last asked, but for notes."""
    return [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]
