"""The page of a tear sheet as a file: where it goes, and its text."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.report.page.page_html import page_html
from mech_exo.report.plain_json import json_line
from mech_exo.system.chromium import find_chromium, printed_pdf
from mech_exo.system.whole_files import check_target, check_within, write_atomically
from mech_exo.tearsheet.collection import collected
from mech_exo.tearsheet.contents import page_of
from mech_exo.tearsheet.opening import ReportRequest, open_reported
from mech_exo.tearsheet.report_document import report_document
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.tear_sheet import TearSheet
from mech_exo.workflow.log import Log

FOLDER = Path("reports")
SUFFIXES = (".html", ".htm")
_BEGINS = b"<!doctype html"
_LONGEST = 80  # characters of a study's name in the name of a file


@dataclass(frozen=True, eq=False)
class WrittenReport:
    """A page that was written.

    Attributes
    ----------
    size
        In bytes.
    pdf
        The same, printed; None where that was not asked for.
    """

    path: Path
    size: int
    sheet: TearSheet
    pdf: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: where it is, and the figures that it shows."""
        written = {"report": self.path, "bytes": self.size, "pdf": self.pdf}
        return written | report_document(self.sheet)


def write_report(
    request: ReportRequest, out: Path | None, root: Path, log: Log, *, pdf: bool = False
) -> WrittenReport:
    """Make a page and write it whole; its place is checked before the work.

    Parameters
    ----------
    out
        None: reports/NAME.html below `root`.
    pdf
        Print it too, beside it.

    Raises
    ------
    ExoError
        For a place that cannot be written, for what cannot be opened, and for a PDF without a
        Chromium.
    """
    path = out or root / FOLDER / f"{file_name(request)}.html"
    check_report_path(path, root)
    printed = path.with_suffix(".pdf") if pdf else None
    if printed is not None:
        find_chromium()
        check_target(printed, overwrite=True)
    sheet = collected(open_reported(request, log))
    text = report_text(sheet)
    write_atomically(path, text, overwrite=True)
    if printed is not None:
        write_atomically(printed, printed_pdf(text), overwrite=True)
    return WrittenReport(path, len(text.encode()), sheet, printed)


def report_of(reported: Reported) -> str:
    """The page of what is at hand."""
    return report_text(collected(reported))


def report_text(sheet: TearSheet) -> str:
    """The page of a record: the same bytes for the same record."""
    page = replace(page_of(sheet), data=json_line(report_document(sheet)))
    return page_html(page)


def file_name(request: ReportRequest) -> str:
    """What a report is called that nobody has named: after its study or file."""
    if request.factors is not None:
        return request.factors.stem
    name = str(request.study_name)
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._")[:_LONGEST]
    if plain != name:  # two names may have become one
        plain = f"{plain or 'study'}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return plain if request.trial is None else f"{plain}_trial_{request.trial}"


def check_report_path(path: Path, root: Path) -> None:
    """Refuse a place where no page can be written, or where something else lies.

    Raises
    ------
    ExoError
        For another ending than .html, a file that is no page, and a place that cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ExoError(
            f"{path}: a report is a web page, so its name must end in .html.",
            hint=f"Name it {path.with_suffix('.html').name}." if path.stem else "Name a file.",
        )
    check_within(path, root)
    check_target(path, overwrite=True)
    if path.is_file() and not _is_page(path):
        raise ExoError(
            f"{path}: is no web page, and would be replaced.", hint="Name another file, or move it."
        )


def _is_page(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            begin = file.read(len(_BEGINS))
    except OSError as error:
        raise ExoError(f"{path}: cannot be read ({error.strerror}).") from error
    return not begin or begin.lower() == _BEGINS
