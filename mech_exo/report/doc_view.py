"""A page of documentation on the terminal, or in the browser."""

import io
import os
import re
import shutil
import tempfile
import webbrowser
from pathlib import Path
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.table import Table

from mech_exo.config.doc_pages import DocPage

WIDTH = 100
"""Columns at most: longer lines are hard to read."""

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)\s]*\)")


class _WholeCells(TableElement):
    """A table whose long words are broken, never cut."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            if isinstance(part, Table):
                for column in part.columns:
                    column.overflow = "fold"
            yield part


class _Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "table_open": _WholeCells,
    }


def show_page(page: DocPage, out: Console) -> None:
    """Print a page: set for a terminal, in its pager if it is long; else the Markdown as it is."""
    if not out.is_terminal:
        out.file.write(page.text())
        return
    out.width = min(out.width, WIDTH)
    view = _set(page)
    if not shutil.which("less") or len(out.render_lines(view)) < out.height:
        out.print(view)
        return
    os.environ.setdefault("LESS", "-FRX")  # colours as they are, and no page is left behind
    with out.pager(styles=not out.no_color):
        out.print(view)


def open_page(page: DocPage) -> Path:
    """Open a page in the browser; returns the file that was made for it."""
    sheet = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    sheet.print(_set(page))
    handle, name = tempfile.mkstemp(prefix=f"exo_{page.name}_", suffix=".html")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(sheet.export_html(inline_styles=True))
    webbrowser.open(Path(name).as_uri())
    return Path(name)


def _set(page: DocPage) -> Markdown:
    """The page; of a link to another one its text, which names that page."""
    return _Page(_LINK.sub(r"\1", page.text()), hyperlinks=False)
