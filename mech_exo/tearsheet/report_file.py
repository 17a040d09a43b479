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
from mech_exo.system.whole_files import check_target, check_within, shortened, write_atomically
from mech_exo.tearsheet.collection import collected
from mech_exo.tearsheet.contents import page_of
from mech_exo.tearsheet.earlier_page import (
    PDF_MARK,
    EarlierPage,
    check_pdf,
    check_subject,
    check_worth,
    earlier_page,
)
from mech_exo.tearsheet.opening import ReportRequest, open_reported
from mech_exo.tearsheet.report_document import report_document
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.tear_sheet import TearSheet
from mech_exo.workflow.log import Log

FOLDER = Path("reports")
SUFFIXES = (".html", ".htm")
_LONGEST = 80  # bytes of a study's name in the name of a file


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
    request: ReportRequest,
    out: Path | None,
    root: Path,
    log: Log,
    *,
    pdf: bool = False,
    force: bool = False,
) -> WrittenReport:
    """Make a page and write it whole; its place is checked before the work.

    A page of exo's that is there is replaced, unless the new one has no figures of its own, or
    nobody has named `out` and it is that of another study or file.

    Parameters
    ----------
    out
        None: reports/NAME.html below `root`.
    pdf
        Print it too, beside it.
    force
        Replace any web page, and any PDF, that is there.

    Raises
    ------
    ExoError
        For what is not replaced, for a place that cannot be written, for what cannot be opened,
        and for a PDF without a Chromium.
    """
    path = out or root / FOLDER / f"{file_name(request)}.html"
    there = check_report_path(path, root, force=force)
    printed = path.with_suffix(".pdf") if pdf else None
    if printed is not None:
        find_chromium()
        check_target(printed, overwrite=True)
        check_pdf(printed, force=force)
    sheet = collected(open_reported(request, log))
    if not force:
        check_worth(path, there, sheet)
        if out is None:
            check_subject(path, there, sheet, (Path(), root))
    text = report_text(sheet)
    write_atomically(path, text, overwrite=True)
    if printed is not None:
        write_atomically(printed, printed_pdf(text) + PDF_MARK, overwrite=True)
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
    if request.factors is not None:  # with its ending, which the name of a study has not
        return _plain(request.factors.name)
    return _plain(str(request.study_name), request.trial)


def _plain(name: str, trial: int | None = None) -> str:
    """A name that can be that of a file; with a part of its hash where it had to be changed."""
    plain = shortened(re.sub(r"[^\w.-]+", "_", name).strip("._"), _LONGEST)
    if plain != name:  # two names may have become one
        plain = f"{plain or 'study'}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return plain if trial is None else f"{plain}_trial_{trial}"


def check_report_path(path: Path, root: Path, *, force: bool = False) -> EarlierPage | None:
    """The page of exo's that is there, if one is.

    Raises
    ------
    ExoError
        For another ending than .html, a file that is no page of exo's (with `force`: no page), and
        a place that cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ExoError(
            f"{path}: a report is a web page, so its name must end in .html.",
            hint=f"Name it {path.with_suffix('.html').name}." if path.stem else "Name a file.",
        )
    check_within(path, root)
    check_target(path, overwrite=True)
    return earlier_page(path, force=force)
