"""How a study, a backtest and a verdict show themselves in a notebook."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def document(title: str, *parts: str) -> str:
    """A heading and what stands below it, side by side."""
    inside = "".join(f"<div style='margin-right:2em'>{part}</div>" for part in parts)
    return (
        f"<div><b>{escape(title)}</b>"
        f"<div style='display:flex;flex-wrap:wrap;margin-top:.5em'>{inside}</div></div>"
    )


def table(heading: str, values: "pd.Series[Any] | Mapping[str, Any]") -> str:
    """Two columns: names and values, numbers to four digits."""
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{escape(_shown(value))}</td></tr>"
        for name, value in values.items()
    )
    return f"<table><caption>{escape(heading)}</caption><tbody>{rows}</tbody></table>"


def figures(values: "pd.Series[float]") -> str:
    """A table of metrics."""
    return table("metrics", values)


def sentence(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:z.4f}"
    return str(value)
