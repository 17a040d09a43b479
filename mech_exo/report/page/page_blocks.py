"""What a page is made of: sections, and the blocks in them. All texts are plain; the page escapes
them."""

from dataclasses import dataclass
from typing import Literal

from mech_exo.report.charts.chart import DrawnFigure
from mech_exo.report.charts.text_table import TextTable

Tone = Literal["plain", "good", "doubtful", "bad"]


@dataclass(frozen=True)
class Code:
    """A word within a text that is typed as it stands: a command, a file, a setting."""

    text: str


@dataclass(frozen=True)
class Strong:
    """A word within a text that must not be overlooked."""

    text: str


Words = str | Code | Strong


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, of texts one behind the other: `Paragraph("See ", Code("exo verify"), ".")`.

    `lead` makes it the first of a page, `note` a remark in small type.
    """

    words: tuple[Words, ...]
    kind: Literal["plain", "lead", "note"]

    def __init__(self, *words: Words, kind: Literal["plain", "lead", "note"] = "plain") -> None:
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "kind", kind)


@dataclass(frozen=True)
class Bullets:
    """A list; each item is words one behind the other."""

    items: tuple[tuple[Words, ...], ...]


@dataclass(frozen=True)
class Callout:
    """What decides: a word in large type with its reasons. `tone` colours its edge; the word itself
    must say it."""

    word: str
    reasons: tuple[str, ...]
    tone: Tone = "plain"


@dataclass(frozen=True)
class KeyFigure:
    """A figure with its name, and what it is to be compared with."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """Figures side by side."""

    figures: tuple[KeyFigure, ...]


@dataclass(frozen=True)
class CommandLines:
    """Commands to be typed, a line each, and what they do."""

    says: str
    lines: tuple[str, ...]


Block = Paragraph | Bullets | Callout | KeyFigures | CommandLines | DrawnFigure | TextTable


@dataclass(frozen=True)
class PageSection:
    """A section: its anchor (letters, digits, "-"), its heading, and what stands in it."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class ReportPage:
    """A whole page.

    Attributes
    ----------
    title
        Heading, and the name of the browser's tab.
    subtitle
        One line below it: what was looked at, and as of when.
    footer
        The last line.
    data
        The exact figures as JSON, for programs that read the page; "" for none. It is not shown.
    """

    title: str
    subtitle: str
    sections: tuple[PageSection, ...]
    footer: str = ""
    data: str = ""
