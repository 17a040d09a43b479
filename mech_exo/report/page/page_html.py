"""A page as HTML: the same bytes for the same sections, everything escaped, nothing fetched."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from mech_exo.report.charts.chart import DrawnFigure
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.page.page_blocks import (
    Bullets,
    Callout,
    Code,
    CommandLines,
    KeyFigures,
    PageSection,
    Paragraph,
    ReportPage,
    Strong,
    Words,
)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing. The browser holds it to that, whatever a name has in it."""


def page_html(page: ReportPage) -> str:
    """The page as one HTML document."""
    body = "\n".join(_section(number, s) for number, s in enumerate(page.sections, start=1))
    entries = "".join(
        f'<li><a href="#{escape(s.key)}">{escape(s.title)}</a></li>' for s in page.sections
    )
    footer = f"<footer><p>{escape(page.footer)}</p></footer>" if page.footer else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{escape(page.title)}</title>
<style>
{_carried("page/page.css")}
{_carried("charts/charts.css")}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>{escape(page.title)}</h1>
<p class="subtitle">{escape(page.subtitle)}</p>
</header>
<nav aria-label="Contents"><ol>{entries}</ol></nav>
<main id="main">
{body}
</main>
{footer}
<div id="reading" role="status" aria-live="polite"></div>{_data(page.data)}
<script>
{_carried("page/page.js")}</script>
</body>
</html>
"""


def _data(text: str) -> str:
    """The page's figures for programs; nothing in them can end the element."""
    if not text:
        return ""
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'\n<script type="application/json" id="report-data">{safe}</script>'


@cache
def _carried(relative: str) -> str:
    """A style sheet or script of the package."""
    return (Path(__file__).resolve().parents[1] / relative).read_text("utf-8")


def _section(number: int, section: PageSection) -> str:
    key = escape(section.key)
    blocks = "\n".join(_block(block, f"{key}-{i}") for i, block in enumerate(section.blocks))
    return (
        f'<section id="{key}" aria-labelledby="{key}-title">\n'
        f'<h2 id="{key}-title"><span class="number">{number}</span> {escape(section.title)}</h2>\n'
        f"{blocks}\n</section>"
    )


def _block(block: object, key: str) -> str:
    if isinstance(block, DrawnFigure):
        return _figure(block, key)
    return _WRITERS[type(block)](block)


def _words(words: Sequence[Words]) -> Iterator[str]:
    for word in words:
        match word:
            case Code(text):
                yield f"<code>{escape(text)}</code>"
            case Strong(text):
                yield f"<strong>{escape(text)}</strong>"
            case _:
                yield escape(word)


def _paragraph(paragraph: Paragraph) -> str:
    return f'<p class="{paragraph.kind}">{"".join(_words(paragraph.words))}</p>'


def _bullets(bullets: Bullets) -> str:
    items = "".join(f"<li>{''.join(_words(item))}</li>" for item in bullets.items)
    return f"<ul>{items}</ul>"


def _callout(callout: Callout) -> str:
    reasons = "".join(f"<p>{escape(reason)}</p>" for reason in callout.reasons)
    word = f'<p class="word">{escape(callout.word)}</p>'
    return f'<div class="callout {callout.tone}">{word}{reasons}</div>'


def _key_figures(figures: KeyFigures) -> str:
    entries = "".join(
        f'<div><dt>{escape(f.name)}</dt><dd><span class="figure">{escape(f.value)}</span>'
        + (f'<span class="note">{escape(f.note)}</span>' if f.note else "")
        + "</dd></div>"
        for f in figures.figures
    )
    return f'<dl class="figures">{entries}</dl>'


def _commands(commands: CommandLines) -> str:
    lines = escape("\n".join(commands.lines))
    says = f"<p>{escape(commands.says)}</p>" if commands.says else ""
    return f'{says}<pre tabindex="0" aria-label="Commands"><code>{lines}</code></pre>'


def _figure(figure: DrawnFigure, key: str) -> str:
    caption = f'<p class="caption">{escape(figure.caption)}</p>' if figure.caption else ""
    return (
        f'<figure id="{key}" aria-labelledby="{key}-title">'
        f'<figcaption id="{key}-title">{escape(figure.title)}</figcaption>'
        f'<div class="wide">{figure.wide}</div><div class="narrow">{figure.narrow}</div>'
        f"{caption}<details><summary>Numbers of this figure</summary>"
        f"{_table(figure.table)}</details></figure>"
    )


def _table(table: TextTable) -> str:
    """A table in a box of its own, which scrolls where it is wider than the page."""
    sides = ["words" if i in table.words else "" for i in range(len(table.columns))]
    heads = "".join(
        f'<th scope="col"{_class(side)}>{escape(name)}</th>'
        for name, side in zip(table.columns, sides, strict=True)
    )
    body = "".join(
        f"<tr{_class('marked' if i in table.marked else '')}>{_cells(row, sides)}</tr>"
        for i, row in enumerate(table.rows)
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.caption)}">'
        f"<table><caption>{escape(table.caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>{note}"
    )


def _cells(row: Sequence[str], sides: Sequence[str]) -> str:
    first, *rest = (
        f"{_class(side)}>{escape(cell)}<" for cell, side in zip(row, sides, strict=True)
    )
    return f'<th scope="row"{first}/th>' + "".join(f"<td{cell}/td>" for cell in rest)


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


_WRITERS: dict[type, Callable[[Any], str]] = {
    Paragraph: _paragraph,
    Bullets: _bullets,
    Callout: _callout,
    KeyFigures: _key_figures,
    CommandLines: _commands,
    TextTable: _table,
}
"""Block -> what writes it; a new kind of block is an entry here and one in `Block`."""
