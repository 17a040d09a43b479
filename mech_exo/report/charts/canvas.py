"""The sheet that a chart is painted on: SVG elements, and the values that can be read off it.

Colours are classes (`charts.css`), coordinates are rounded to a tenth of a pixel, and every text
is escaped: names come from files.
"""

import json
import math
from collections.abc import Iterable
from html import escape

FONT = 11.0
"""Size in pixels of text in a chart."""


_NARROW, _BROAD = frozenset(" .,:;-–'|!()[]ijlt"), frozenset("%@mwMWQOG→↓…")


def text_width(text: str, size: float = FONT) -> float:
    """About how wide a text is: generous, since the font is the reader's."""
    return size * sum(
        0.34 if c in _NARROW else 0.9 if c in _BROAD else 0.7 if c.isupper() else 0.59 for c in text
    )


def shortened(text: str, width: float, size: float = FONT) -> str:
    """A text that fits into `width` pixels, cut with "…" if need be."""
    if text_width(text, size) <= width:
        return text
    kept = text
    while len(kept) > 1 and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def place(value: float) -> str:
    """A coordinate: a tenth of a pixel, without needless zeros."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


class Canvas:
    """Elements painted one over the other on a sheet of `width` by `height` pixels."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._elements: list[str] = []
        self._readings: list[tuple[float, float, str]] = []

    @property
    def narrow(self) -> bool:
        """Whether the sheet is a telephone's."""
        return self.width < 500

    def add(self, tag: str, kind: str, **attributes: float | str) -> None:
        """An element of class `kind`; numbers are coordinates."""
        written = "".join(
            f' {name.replace("_", "-")}="{value if isinstance(value, str) else place(value)}"'
            for name, value in attributes.items()
        )
        self._elements.append(f'<{tag} class="{kind}"{written}/>')

    def line(self, kind: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A straight line between two points."""
        self.add("line", kind, x1=start[0], y1=start[1], x2=end[0], y2=end[1])

    def box(self, kind: str, corner: tuple[float, float], width: float, height: float) -> None:
        """A rectangle from its upper left corner."""
        self.add("rect", kind, x=corner[0], y=corner[1], width=max(width, 0), height=max(height, 0))

    def dot(self, kind: str, x: float, y: float, radius: float) -> None:
        """A circle."""
        self.add("circle", kind, cx=x, cy=y, r=radius)

    def path(
        self, kind: str, points: Iterable[tuple[float, float]], *, closed: bool = False
    ) -> None:
        """A line through points, broken where one is NaN."""
        parts, pen = [], "M"
        for x, y in points:
            if math.isnan(x) or math.isnan(y):
                pen = "M"
                continue
            parts.append(f"{pen}{place(x)} {place(y)}")
            pen = "L"
        if parts:
            self.add("path", kind, d="".join(parts) + ("Z" if closed else ""))

    def text(
        self,
        at: tuple[float, float],
        text: str,
        kind: str = "tick",
        anchor: str = "start",
    ) -> None:
        """A text whose baseline begins, is centred or ends (`anchor`) at a point."""
        where = f'x="{place(at[0])}" y="{place(at[1])}"'
        anchored = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._elements.append(f'<text class="{kind}" {where}{anchored}>{escape(text)}</text>')

    def centred(self, at: tuple[float, float], text: str, kind: str = "tick") -> None:
        """A text centred at a point, but within the sheet, and cut if it is wider than that."""
        short = shortened(text, self.width)
        half = text_width(short) / 2
        x = max(half, min(at[0], self.width - half))
        self.text((x, at[1]), short, kind, "middle")

    def slanted_text(self, at: tuple[float, float], text: str) -> None:
        """A text that comes down to a point from the left: the head of a narrow column."""
        turned = (
            f'transform="translate({place(at[0])} {place(at[1])}) rotate(45)" text-anchor="end"'
        )
        self._elements.append(f'<text class="tick" {turned}>{escape(text)}</text>')

    def reading(self, x: float, y: float, text: str) -> None:
        """A value that pointer and keyboard find at a point."""
        if math.isfinite(x) and math.isfinite(y):
            self._readings.append((round(x, 1), round(y, 1), text))

    def svg(self, spoken: str) -> str:
        """The whole sheet as an SVG element; `spoken` is what a screen reader says of it."""
        size = f"{place(self.width)} {place(self.height)}"
        readings = json.dumps(self._readings, ensure_ascii=False, separators=(",", ":"))
        return (
            f'<svg class="chart" viewBox="0 0 {size}" width="{place(self.width)}" '
            f'height="{place(self.height)}" role="img" aria-label="{escape(spoken)}" '
            f'data-readings="{escape(readings)}">' + "".join(self._elements) + "</svg>"
        )
