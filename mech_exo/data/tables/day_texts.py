"""Dates as people write them: what can mean one day only is read, all else is refused."""

import re
from datetime import datetime

import numpy as np

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T].+)?|\d{8}")
_SLASHES = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
_NAMED = re.compile(
    r"(?:(?P<month>[A-Za-z]{3,9})\.? +(?P<day>\d{1,2}),? +(?P<year>\d{4}))|"
    r"(?:(?P<day2>\d{1,2})[ -](?P<month2>[A-Za-z]{3,9})\.?[ -](?P<year2>\d{4}))"
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
NOT_A_TIME = np.datetime64("NaT", "s")


def time_of(text: str) -> np.datetime64:
    """What a cell says, to the second, by the clock of the place that wrote it; NaT if it is none.

    `2024-01-02`, `20240102`, `2024/1/2`, `Jan 2, 2024`, `2-Jan-2024`, and `2024-01-02 16:00` with
    or without a zone: a zone is left out, so the date is the local one.
    """
    text = _in_digits(text)
    if not _ISO.fullmatch(text):
        return NOT_A_TIME
    try:
        return np.datetime64(datetime.fromisoformat(text).replace(tzinfo=None), "s")
    except ValueError:
        return NOT_A_TIME


def _in_digits(text: str) -> str:
    """Other spellings of a day as YYYY-MM-DD; anything else as it is."""
    found = _SLASHES.fullmatch(text)
    if found:
        year, month, day = found.groups()
        return f"{year}-{int(month):02d}-{int(day):02d}"
    found = _NAMED.fullmatch(text)
    if not found:
        return text
    word = (found["month"] or found["month2"]).lower()
    months = [i for i, name in enumerate(_MONTHS, 1) if name == word or name[:3] == word[:4]]
    if not months:
        return text
    year, day = found["year"] or found["year2"], found["day"] or found["day2"]
    return f"{year}-{months[0]:02d}-{int(day):02d}"


def remedy_for(text: str) -> str:
    """What to do about a cell that is no date."""
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", text):
        return "Is the day or the month first? Write dates as YYYY-MM-DD."
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return (
            "It looks like a day number of Excel: format the column as YYYY-MM-DD and save again."
        )
    if re.fullmatch(r"\d{9,10}|\d{12,13}|\d{18,19}", text):
        return "It looks like seconds since 1970: write dates as YYYY-MM-DD."
    return "Write dates as YYYY-MM-DD."
