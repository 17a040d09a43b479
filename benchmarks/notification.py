"""What messages cost a run: paired runs of `exo optuna-run` with and without them.

    python benchmarks/notification.py --pairs 5

A stand-in for Telegram's server answers each request after --delay seconds. Prints the wall time of
each pair and the median ratio; exit code 1 if that is above 1.15.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LIMIT = 1.15


class Server(BaseHTTPRequestHandler):
    """Takes every message, slowly."""

    delay = 0.0
    requests = 0

    def do_POST(self) -> None:
        """Answer as Telegram does."""
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(type(self).delay)
        Server.requests += 1
        message = {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}
        body = json.dumps({"ok": True, "result": message}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def run(folder: Path, name: str, trials: int, url: str) -> float:
    """Wall time of one run; with messages if there is a URL."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("EXO_", "TELEGRAM_"))}
    variables["PYTHONPATH"] = str(Path(__file__).parents[1])
    command = [sys.executable, "-m", "mech_exo.cli", "optuna-run", "--quiet", "--n-jobs", "1"]
    command += ["--n-trials", str(trials), "--study-file", f"{name}.db", "--study-name", name]
    if url:
        variables |= {
            "TELEGRAM_BOT_TOKEN": "1:token",
            "TELEGRAM_CHAT_ID": "1",
            "EXO_NOTIFY__API_BASE_URL": url,
        }
        command += ["--notify-progress", "--progress-interval", "1"]
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, env=variables, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> int:
    """Run the pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--delay", type=float, default=0.5)
    options = parser.parse_args()
    Server.delay = options.delay
    http = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{http.server_port}"
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for pair in range(options.pairs):
            order = [("", "plain"), (url, "told")]
            times = {}
            for address, name in order if pair % 2 else reversed(order):
                times[name] = run(Path(folder), f"{name}{pair}", options.trials, address)
            ratios.append(times["told"] / times["plain"])
            print(f"without {times['plain']:.2f} s, with {times['told']:.2f} s, {ratios[-1]:.3f}")
    http.shutdown()
    median = statistics.median(ratios)
    print(f"median ratio {median:.3f} of {options.pairs} pairs, {Server.requests} requests")
    return 0 if median <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
