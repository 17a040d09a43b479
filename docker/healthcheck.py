"""Healthy: the dashboard answers, or the run has moved lately.

EXO_HEALTH=dashboard asks http://127.0.0.1:8080; anything else looks at the newest write to a study
file (its write-ahead log included), which a running study touches with every trial. A run is
unhealthy when it has been silent for EXO_HEALTH_SILENCE_S seconds (default 1800); a container that
has written nothing at all is given the same time from its start.
"""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

STUDIES = Path("/app/studies")


def dashboard() -> str:
    """What is wrong with the dashboard; empty: nothing."""
    try:
        with urllib.request.urlopen("http://127.0.0.1:8080/dashboard", timeout=5) as answer:
            return "" if answer.status == 200 else f"the dashboard answers {answer.status}"
    except (urllib.error.URLError, OSError) as error:
        return f"the dashboard does not answer: {error}"


def runner() -> str:
    """What is wrong with the run; empty: nothing."""
    allowed = float(os.environ.get("EXO_HEALTH_SILENCE_S", "1800"))
    started = Path("/proc/1").stat().st_mtime
    written = [f.stat().st_mtime for f in STUDIES.glob("*") if f.suffix in {".db", ".db-wal"}]
    silent = time.time() - max([started, *written])
    return "" if silent <= allowed else f"no trial was written for {silent:.0f} s"


if __name__ == "__main__":
    fault = dashboard() if os.environ.get("EXO_HEALTH") == "dashboard" else runner()
    if fault:
        print(fault, file=sys.stderr)
        raise SystemExit(1)
