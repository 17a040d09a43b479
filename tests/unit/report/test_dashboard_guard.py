"""Which requests the dashboard answers: names, origins, frames, and read-only."""

from pathlib import Path

import pytest

from mech_exo.report.dashboard_guard import Guard, is_local
from mech_exo.report.dashboard_note import own_words
from mech_exo.report.dashboard_server import application
from mech_exo.tuning.records import study_names
from tests.unit.report.dashboard_requests import Headers, ask
from tests.unit.tuning.stored_studies import complete, new_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with new_store(tmp_path / "f.db") as store:
        store.append([complete(0, 1.0), complete(1, 7.0, excess=0.2)])
    return tmp_path / "f.db"


def guarded(
    path: Path, host: str = "127.0.0.1", *, writable: bool = False, allowed: tuple[str, ...] = ()
) -> Guard:
    return Guard(application(path, writable=writable), host, allowed, writable)


@pytest.mark.parametrize(
    ("host", "name", "status"),
    [
        ("127.0.0.1", "localhost:8080", 200),
        ("127.0.0.1", "LOCALHOST:8080", 200),
        ("127.0.0.1", "127.0.0.1:8080", 200),
        ("127.0.0.1", "[::1]:8080", 200),
        ("127.0.0.1", "localhost", 200),
        ("127.0.0.1", "localhost:9000", 200),  # a port that Docker publishes under another number
        ("127.0.0.1", "evil.example:8080", 403),
        ("127.0.0.1", "localhost.evil.example:8080", 403),
        ("127.0.0.1", "localhost:8080@evil.example", 403),
        ("127.0.0.1", "192.168.1.5:8080", 403),
        ("127.0.0.1", "localhost,evil.example", 403),
        ("127.0.0.1", "", 403),
        ("192.168.1.5", "192.168.1.5:8080", 200),
        ("desk.lan", "desk.lan:8080", 200),
        ("0.0.0.0", "192.168.1.5:8080", 200),
        ("0.0.0.0", "[fe80::1]:8080", 200),
        ("0.0.0.0", "localhost:8080", 200),
        ("0.0.0.0", "evil.example:8080", 403),
        ("::", "evil.example:8080", 403),
    ],
)
def test_only_our_own_names_are_answered(path: Path, host: str, name: str, status: int) -> None:
    for address in ("/api/studies", "/dashboard", "/static/bundle.js", "/csv/1"):
        assert ask(guarded(path, host), address, headers={"Host": name}).status == status


def test_a_name_may_be_allowed(path: Path) -> None:
    headers = {"Host": "quant.example:443"}
    refused = ask(guarded(path), "/api/studies", headers=headers)
    assert "--allowed-host NAME" in refused.json["reason"]
    assert (
        ask(guarded(path, allowed=("Quant.example",)), "/api/studies", headers=headers).status
        == 200
    )


def test_the_own_name_of_the_machine_counts_where_others_reach_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    headers = {"Host": "desk:8080"}
    assert ask(guarded(path, "0.0.0.0"), "/api/studies", headers=headers).status == 200
    assert ask(guarded(path), "/api/studies", headers=headers).status == 403


CHANGES = [
    ("DELETE", "/api/studies/1", {}),
    ("POST", "/api/studies", {"study_name": "new", "directions": ["maximize"]}),
    ("PUT", "/api/studies/1/note", {"version": 1, "body": "text"}),
    ("PUT", "/api/studies/1/1/note", {"version": 1, "body": "text"}),
    ("POST", "/api/trials/1/user-attrs", {"user_attrs": {"a": 1}}),
    ("POST", "/incompatible-rdb-schema", {}),
]


@pytest.mark.parametrize(("method", "address", "body"), CHANGES)
def test_read_only_changes_nothing_and_says_so(
    path: Path, method: str, address: str, body: dict[str, object]
) -> None:
    before = path.read_bytes()
    reply = ask(guarded(path), address, method, body=body)
    assert reply.status == 403
    if address.startswith("/api"):
        assert reply.json == {
            "reason": "The dashboard is read-only. Start it with: exo dashboard --writable"
        }
    assert path.read_bytes() == before


def test_the_storage_itself_is_read_only(path: Path) -> None:
    before = path.read_bytes()
    assert ask(application(path), "/api/studies/1", "DELETE", body={}).status == 500
    assert path.read_bytes() == before
    assert study_names(path) == ["s"]


FOREIGN: list[Headers] = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_may_not_change_a_writable_dashboard(path: Path, headers: Headers) -> None:
    guard = guarded(path, writable=True)
    for method, address, body in CHANGES:
        assert ask(guard, address, method, headers=headers, body=body).status == 403
    assert study_names(path) == ["s"]


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a program, not a browser
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"},
        {"Host": "[::1]:8080", "Origin": "http://[::1]:8080"},
    ],
)
def test_its_own_page_may(path: Path, headers: Headers) -> None:
    guard = guarded(path, writable=True)
    note = {"version": 1, "body": "## kept"}
    assert ask(guard, "/api/studies/1/note", "PUT", headers=headers, body=note).status == 204
    kept = ask(guard, "/api/studies/1").json["note"]
    assert (kept["version"], own_words(kept["body"])) == (1, "## kept")
    assert ask(guard, "/api/studies/1", "DELETE", headers=headers, body={}).status == 204
    assert study_names(path) == []


def test_another_site_may_open_the_page_but_not_read_data(path: Path) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert ask(guarded(path), "/dashboard/studies/1", headers=headers).status == 200
    for address in ("/api/studies/1", "/api/studies/1/plot/contour", "/csv/1"):
        assert ask(guarded(path), address, headers=headers).status == 403


@pytest.mark.parametrize("address", ["/dashboard", "/api/studies", "/static/bundle.js", "/nothing"])
@pytest.mark.parametrize("name", ["localhost:8080", "evil.example"])
def test_no_page_may_frame_it(path: Path, address: str, name: str) -> None:
    headers = ask(guarded(path), address, headers={"Host": name}).headers
    policy = headers["content-security-policy"].split(";")
    assert policy[-1] == "frame-ancestors 'none'"
    assert headers["x-frame-options"] == "DENY"
    if address == "/dashboard" and name == "localhost:8080":
        assert "object-src 'none'" in policy


def test_a_study_of_exo_is_not_renamed(path: Path) -> None:
    guard = guarded(path, writable=True)
    body = {"study_name": "t"}
    reply = ask(guard, "/api/studies/1/rename", "POST", body=body)
    assert reply.status == 400
    assert "not renamed here" in reply.json["reason"]
    assert study_names(path) == ["s"]


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("Localhost", True)]
    + [(host, False) for host in ("0.0.0.0", "::", "", "192.168.1.5", "desk")],
)
def test_local_addresses(host: str, local: bool) -> None:
    assert is_local(host) is local
