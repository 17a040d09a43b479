"""The pages of documentation that the package carries, and how a message names one."""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from mech_exo.config.packaged import packaged_file
from mech_exo.errors import ExoError

START = "readme"
"""The page that is shown when none is named."""


@dataclass(frozen=True)
class DocPage:
    """One page of documentation, in Markdown."""

    name: str
    title: str
    path: Path

    def text(self) -> str:
        """Its Markdown."""
        return self.path.read_text("utf-8")


def see_page(name: str) -> str:
    """How a message names a page: the command that shows it, wherever exo is installed."""
    return f"`{page_command(name)}`"


def page_command(name: str) -> str:
    """The command that shows a page."""
    return f"exo docs {name}"


@cache
def doc_pages() -> dict[str, DocPage]:
    """All pages by name: README first, then those of docs/ by name."""
    readme = packaged_file("README.md")
    docs = packaged_file("docs/guide.md").parent
    paths = {START: readme, **{path.stem: path for path in sorted(docs.glob("*.md"))}}
    return {name: DocPage(name, _title(path), path) for name, path in paths.items()}


def doc_page(name: str) -> DocPage:
    """The page of a name; `data`, `data.md` and `docs/data.md` are the same one.

    Raises
    ------
    ExoError
        There is no such page; the nearest name is suggested.
    """
    pages = doc_pages()
    wanted = name.rpartition("/")[2].lower().removesuffix(".md")
    if wanted in pages:
        return pages[wanted]
    near = get_close_matches(wanted, pages, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ExoError(f"There is no page {name!r}.", hint=f"{hint}`exo docs --list` names all.")


def _title(path: Path) -> str:
    """What stands in its first heading."""
    with path.open(encoding="utf-8") as lines:
        return next((line[2:].strip() for line in lines if line.startswith("# ")), path.stem)
