"""`exo docs`: pages that an installation carries, and the messages that name them."""

import ast
import re
from pathlib import Path

import pytest
from rich.console import Console

from mech_exo.config.doc_pages import DocPage, doc_page, doc_pages
from mech_exo.errors import ExoError
from mech_exo.report.doc_view import open_page, show_page
from tests.cli.conftest import REPOSITORY, Exo, one_error


def test_lists_and_prints_the_pages(exo: Exo) -> None:
    listed = exo("docs", "--list").stdout
    assert {line.split()[0] for line in listed.splitlines()} == set(doc_pages())
    assert exo("docs", "metrics").stdout == (REPOSITORY / "docs/metrics.md").read_text("utf-8")
    assert exo("docs").stdout == (REPOSITORY / "README.md").read_text("utf-8")


def test_a_wrong_name_gives_the_nearest(exo: Exo) -> None:
    assert "Did you mean 'verdict'?" in one_error(exo("docs", "verdcit"))
    for name in ("data", "data.md", "docs/data.md", "DATA"):
        assert doc_page(name).name == "data"
    with pytest.raises(ExoError, match="There is no page"):
        doc_page("../../etc/passwd")


@pytest.mark.parametrize("width", [40, 60, 100])
def test_on_a_terminal_nothing_is_cut(width: int, tmp_path: Path) -> None:
    page = tmp_path / "p.md"
    page.write_text(
        "# P\n\n| name | what |\n|---|---|\n"
        "| `an_option_with_a_long_name_of_its_own` | see [data.md](data.md#size) and more words |\n"
    )
    out = Console(
        force_terminal=True, width=width, height=99, no_color=True, record=True, file=None
    )
    with out.capture() as shown:
        show_page(DocPage("p", "P", page), out)
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.get())
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "data.md" in re.sub(r"\s", "", text)
    assert "#size" not in text


def test_the_browser_gets_a_page_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = open_page(doc_page("metrics"))
    assert opened == [made.as_uri()]
    assert "Sharpe ratio" in made.read_text("utf-8")


def test_messages_name_pages_by_the_command_that_shows_them() -> None:
    """Not by docs/PAGE.md, which an installed project does not have."""
    found, named = [], set()
    for path in sorted((REPOSITORY / "mech_exo").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        words = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in words
            ):
                found += [f"{path.name}: {m}" for m in re.findall(r"docs/[\w-]+\.md", node.value)]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "see_page",
                "page_command",
            ):
                named |= {n.value for n in node.args if isinstance(n, ast.Constant)}
    assert found == ["doc_pages.py: docs/guide.md"]
    assert {"data", "production"} <= named <= set(doc_pages())
