"""What lies where a report is to be written: whether it may be replaced, and by what."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from mech_exo.errors import ExitCode, ExoError
from mech_exo.tearsheet.tear_sheet import TearSheet

PDF_MARK = b"\n%exo report\n"
"""The last line of a PDF that exo has printed: a comment, by the rules of the form."""

_BEGINS = b"<!doctype html"
_PDF_BEGINS = b"%PDF"
_FIGURES = re.compile(rb'<script type="application/json" id="report-data">(.*?)</script>', re.S)
_FORCE = "Name another file, or replace it: --force."


@dataclass(frozen=True)
class EarlierPage:
    """A page that exo has made.

    Attributes
    ----------
    kind, name
        Study or file, and which.
    computed
        Whether it has figures that were computed: not only what a study or file says of itself.
    """

    kind: str
    name: str
    computed: bool

    def shows(self, sheet: TearSheet, folders: tuple[Path, ...]) -> bool:
        """Whether it is of the same study or file; a relative path may begin in any folder."""
        if self.kind != sheet.kind or self.name == sheet.name:
            return self.kind == sheet.kind
        if self.kind != "file":
            return False
        now = os.path.realpath(sheet.name)
        return any(os.path.realpath(folder / self.name) == now for folder in folders)


def earlier_page(path: Path, *, force: bool = False) -> EarlierPage | None:
    """The page of exo's at `path`; None where nothing is, or with `force` another web page.

    Raises
    ------
    ExoError
        If anything else lies there.
    """
    content = _content(path)
    if not content:
        return None
    if content[: len(_BEGINS)].lower() != _BEGINS:
        raise ExoError(
            f"{path}: is no web page, and would be replaced.", hint="Name another file, or move it."
        )
    found = _FIGURES.search(content)
    try:
        figures = json.loads(found[1]) if found is not None else {}
        return EarlierPage(
            figures["kind"], figures["name"], figures["exit_code"] != ExitCode.NOT_THE_FILES
        )
    except (ValueError, KeyError, TypeError) as error:
        if force:
            return None
        raise ExoError(
            f"{path}: is a web page that exo did not make, and would be replaced.", hint=_FORCE
        ) from error


def check_pdf(path: Path, *, force: bool = False) -> None:
    """Refuse to replace another PDF than exo's; with `force` only what is no PDF.

    Raises
    ------
    ExoError
        If such a file lies there.
    """
    content = _content(path)
    if not content or content.endswith(PDF_MARK):
        return
    if not content.startswith(_PDF_BEGINS):
        raise ExoError(
            f"{path}: is no PDF, and would be replaced.", hint="Name another page, or move it."
        )
    if not force:
        raise ExoError(
            f"{path}: is a PDF that exo did not print, and would be replaced.",
            hint="Name another page with --out, or replace it: --force.",
        )


def check_worth(path: Path, there: EarlierPage | None, sheet: TearSheet) -> None:
    """Refuse to replace a page that has figures by one that computes nothing.

    Raises
    ------
    ExoError
        With the exit code that the new page has.
    """
    if there is None or not there.computed or sheet.exit_code != ExitCode.NOT_THE_FILES:
        return
    why = f" {sheet.cautions[0]}" if sheet.cautions else ""
    raise ExoError(
        f"{path}: is left as it is, as the new page would have no figures of its own.{why}",
        hint="Name another file with --out, or replace the page: --force.",
        exit_code=sheet.exit_code,
    )


def check_subject(
    path: Path, there: EarlierPage | None, sheet: TearSheet, folders: tuple[Path, ...]
) -> None:
    """Refuse to replace the page of another study or file by one that nobody has named.

    Raises
    ------
    ExoError
        If it is such a page.
    """
    if there is not None and not there.shows(sheet, folders):
        raise ExoError(
            f"{path}: is the report of the {there.kind} {there.name}, and would be replaced.",
            hint="Name another file with --out, or replace it: --force.",
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError as error:
        raise ExoError(f"{path}: cannot be read ({error.strerror}).") from error
