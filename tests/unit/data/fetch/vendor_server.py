"""A server that speaks Yahoo's chart JSON and Stooq's CSV over real HTTP, and misbehaves."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

HTML = "<!DOCTYPE html><html><body>Please accept our cookies</body></html>"


def days(last: date, sessions: int = 300) -> list[date]:
    """Weekdays up to a day."""
    end = np.busday_offset(np.datetime64(last, "D"), 0, roll="backward")
    found: list[date] = np.busday_offset(end, np.arange(1 - sessions, 1)).tolist()
    return found


def closes(symbol: str, sessions: int = 300) -> list[float]:
    """A random walk of the symbol's own."""
    steps = np.random.default_rng(sum(map(ord, symbol))).normal(0.0, 0.02, sessions)
    found: list[float] = (100.0 * np.cumprod(1.0 + steps)).tolist()
    return found


@dataclass
class VendorServer:
    """What is asked, and how symbols misbehave.

    Attributes
    ----------
    last
        Last session.
    asked
        Symbols whose prices were asked for, in order; hosts of other requests do not count.
    faults
        Symbol -> faults of its next answers, the last one for ever: `gone`, `limited`, `html`,
        `down`, `cut`, `empty`, `late`; "" answers well.
    adjusted
        Symbol -> ratio of adjusted closes to closes before the last ten sessions.
    torn
        Connections end in the middle of an answer.
    """

    last: date = field(default_factory=lambda: datetime.now(UTC).date())
    url: str = ""
    asked: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    adjusted: dict[str, float] = field(default_factory=dict)
    torn: bool = False

    def fault(self, symbol: str) -> str:
        script = self.faults.get(symbol, [""])
        return script.pop(0) if len(script) > 1 else script[0]

    def rows(self, symbol: str) -> list[tuple[date, float, float]]:
        """Day, close, adjusted close."""
        ratio = self.adjusted.get(symbol, 1.0)
        sessions, close = days(self.last), closes(symbol)
        last = len(close) - 10
        return [
            (day, c, c * (ratio if n < last else 1.0))
            for n, (day, c) in enumerate(zip(sessions, close, strict=True))
        ]

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, str, str]:
        """Status, type and text."""
        if "/v8/finance/chart/" in path:
            return self.yahoo(path.rpartition("/")[2], query)
        if path == "/q/d/l/":
            return self.stooq(query["s"].upper(), query)
        return 200, "text/plain", "crumb"

    def yahoo(self, symbol: str, query: dict[str, str]) -> tuple[int, str, str]:
        if "period1" not in query:  # where is its exchange?
            fault = self.faults.get(symbol, [""])[0]
        else:
            self.asked.append(symbol)
            fault = self.fault(symbol)
        if fault == "gone":
            reason = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return 404, "application/json", json.dumps({"chart": {"result": None, "error": reason}})
        chart = self.chart(symbol, query, empty=fault == "empty")
        return self.disturbed(fault, "application/json", json.dumps(chart))

    def chart(self, symbol: str, query: dict[str, str], *, empty: bool) -> dict[str, Any]:
        first = datetime.fromtimestamp(int(query.get("period1", 0)), UTC).date()
        last = datetime.fromtimestamp(int(query.get("period2", 2**31)), UTC).date()
        rows = [] if empty else [row for row in self.rows(symbol) if first <= row[0] < last]
        close = [row[1] for row in rows]
        stamps = [int(datetime.combine(row[0], time(14, 30), UTC).timestamp()) for row in rows]
        period = {"timezone": "EST", "start": 0, "end": 1, "gmtoffset": -18000}
        meta = {
            "currency": "USD",
            "symbol": symbol,
            "instrumentType": "EQUITY",
            "exchangeTimezoneName": "America/New_York",
            "gmtoffset": -18000,
            "validRanges": ["1d", "max"],
            "priceHint": 2,
            "currentTradingPeriod": dict.fromkeys(("pre", "regular", "post"), period),
        }
        columns = ("open", "high", "low", "close")
        quote = {**dict.fromkeys(columns, close), "volume": [1000] * len(rows)} if rows else {}
        adjusted = {"adjclose": [row[2] for row in rows]}
        indicators = {"quote": [quote], "adjclose": [adjusted]}
        result = {"meta": meta, "timestamp": stamps, "indicators": indicators}
        return {"chart": {"result": [result], "error": None}}

    def stooq(self, symbol: str, query: dict[str, str]) -> tuple[int, str, str]:
        self.asked.append(symbol)
        fault = self.fault(symbol)
        if fault == "gone":
            return 200, "text/plain", "No data"
        if fault == "quota":
            return 200, "text/plain", "Exceeded the daily hits limit"
        first, last = (datetime.strptime(query[k], "%Y%m%d").date() for k in ("d1", "d2"))
        rows = [row for row in self.rows(symbol) if first <= row[0] <= last and fault != "empty"]
        lines = [f"{day},1,1,1,{adjusted:.4f},1000" for day, _, adjusted in rows]
        text = "\n".join(["Date,Open,High,Low,Close,Volume", *lines])
        return self.disturbed(fault, "text/csv", text)

    def disturbed(self, fault: str, kind: str, text: str) -> tuple[int, str, str]:
        answers = {
            "limited": (429, "text/plain", "Too Many Requests"),
            "html": (200, "text/html", HTML),
            "down": (500, "text/plain", "oops"),
            "cut": (200, kind, text[: text.rfind("\n", 0, len(text) // 2) + 14]),
        }
        return answers.get(fault, (200, kind, text))


@contextmanager
def vendor_server() -> Iterator[VendorServer]:
    """A server on a free port for as long as the block lasts."""
    state = VendorServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield state
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _handler(state: VendorServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, kind, text = state.answer(parts.path, dict(parse_qsl(parts.query)))
            data = text.encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if state.torn else data)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


def yesterday() -> date:
    """The last day that a fetch asks for by itself."""
    return datetime.now(UTC).date() - timedelta(days=1)
