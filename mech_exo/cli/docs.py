"""`exo docs`: the pages of documentation that the package carries."""

import dataclasses
import sys

import typer

from mech_exo.cli.completion import offer_pages
from mech_exo.cli.options import argument, command, option


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class DocsOptions:
    """Options of `exo docs`."""

    page: str | None = argument(
        help="Name of the page: guide, data, settings …",
        metavar="[PAGE]",
        default=None,
        autocompletion=offer_pages,
    )
    list: bool = option("--list", help="Name all pages.", default=False)
    browser: bool = option("--browser", help="Open the page in the browser.", default=False)


def docs(options: DocsOptions) -> None:
    """Show a page of the documentation; without a name, the first one."""
    from mech_exo.config.doc_pages import START, doc_page, doc_pages
    from mech_exo.report.console import console
    from mech_exo.report.doc_view import open_page, show_page

    out = console(sys.stdout)
    if options.list:
        for page in doc_pages().values():
            out.print(f"{page.name:<14}{page.title}", soft_wrap=True)
        return
    page = doc_page(options.page or START)
    if options.browser:
        typer.echo(open_page(page))
    else:
        show_page(page, out)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "docs", DocsOptions)(docs)
