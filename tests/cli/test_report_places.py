"""`exo report`: what it replaces, and what it leaves as it is."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mech_exo.cli.entry import run
from tests.cli.conftest import lay_out, run_exo

RUN = ("optuna-run", "--n-trials", "2", "--n-jobs", "1")
PRINTS = """\
#!/bin/sh
for argument in "$@"; do
  case "$argument" in --print-to-pdf=*) target="${argument#--print-to-pdf=}" ;; esac
done
printf '%%PDF-1.4 /CreationDate (D:%s+00'"'00'"') /ModDate (D:%s) end' $(date +%N) $$ > "$target"
"""


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the study `first`, and a factor file of that name."""
    folder = lay_out(tmp_path_factory.mktemp("places") / "project")
    made = run_exo(*RUN, "--study-name", "first", "--export-yaml", "first.yml", cwd=folder)
    assert made.returncode in (0, 3), made.stderr
    (folder / "chromium").write_text(PRINTS)
    (folder / "chromium").chmod(0o755)
    return folder


@pytest.fixture
def here(tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the working directory."""
    folder = shutil.copytree(tuned, tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EXO_CHROMIUM", str(folder / "chromium"))
    return folder


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Exit code, output and errors of `exo report`."""

    def made(*arguments: str) -> tuple[int, str, str]:
        code = run(("report", *arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return made


Report = Callable[..., tuple[int, str, str]]


def other_objective(folder: Path) -> str:
    text = (folder / "research/obj_utils.py").read_text()
    (folder / "other.py").write_text(text + "\n# other\n")
    return "other.py"


def test_study_and_file_of_one_name_have_two_pages(here: Path, report: Report) -> None:
    assert "reports/first.html" in report("first")[1]
    assert "reports/first.yml.html" in report("first.yml")[1]


@pytest.mark.parametrize("target", ["first", "first.yml"])
def test_a_page_that_computes_nothing_leaves_one_with_figures(
    here: Path, report: Report, target: str
) -> None:
    assert report(target, "--pdf")[0] in (0, 3)
    (page,) = (here / "reports").glob("*.html")
    good, printed = page.read_bytes(), page.with_suffix(".pdf").read_bytes()
    poor = (target, "--objective", other_objective(here))
    for more in ((), ("--pdf",), ("--json",), ("--out", str(page))):
        code, out, err = report(*poor, *more)
        assert (code, out) == (4, "")
        assert f"{page.name}: is left as it is" in err
    assert page.read_bytes() == good
    assert page.with_suffix(".pdf").read_bytes() == printed
    assert report(*poor, "--out", "poor.html")[0] == 4
    assert report(*poor, "--out", "poor.html")[0] == 4  # one that has none is replaced
    assert (here / "poor.html").stat().st_size < len(good)
    assert report(target, "--out", "poor.html")[0] in (0, 3)
    assert report(*poor, "--force")[0] == 4
    assert page.read_bytes() != good


def test_the_page_of_another_is_left_unless_it_is_named(here: Path, report: Report) -> None:
    (here / "other").mkdir()
    shutil.copy(here / "first.yml", here / "other/first.yml")
    assert report("first.yml")[0] in (0, 3)
    page = here / "reports/first.yml.html"
    before = page.read_bytes()
    code, _, err = report("other/first.yml")
    assert code == 2
    assert "is the report of the file first.yml" in err
    assert page.read_bytes() == before
    assert report(str(here / "first.yml"))[0] in (0, 3)  # the same by another name
    assert report("other/first.yml", "--out", str(page))[0] in (0, 3)
    assert report("first.yml")[0] == 2
    assert report("first.yml", "--force")[0] in (0, 3)


def test_what_exo_did_not_make_is_left_without_force(here: Path, report: Report) -> None:
    page, pdf, notes = here / "page.html", here / "page.pdf", here / "notes.html"
    page.write_text("<!DOCTYPE html>\n<title>mine</title>")
    notes.write_text("mine")
    code, _, err = report("--out", "page.html")
    assert code == 2
    assert "exo did not make" in err
    assert page.read_text().endswith("<title>mine</title>")
    assert report("--out", "notes.html", "--force")[0] == 2
    assert notes.read_text() == "mine"
    assert report("--out", "page.html", "--force")[0] in (0, 3)
    pdf.write_bytes(b"%PDF-1.7 mine")
    before = page.read_bytes()
    code, _, err = report("--out", "page.html", "--pdf", "--trial", "0")
    assert code == 2
    assert "exo did not print" in err
    assert (page.read_bytes(), pdf.read_bytes()) == (before, b"%PDF-1.7 mine")
    assert report("--out", "page.html", "--pdf", "--force")[0] in (0, 3)
    pdf.write_text("no PDF")
    assert report("--out", "page.html", "--pdf", "--force")[0] == 2
    assert pdf.read_text() == "no PDF"


def test_the_pdf_is_the_same_bytes_at_any_time(here: Path, report: Report) -> None:
    assert report("--pdf")[0] in (0, 3)
    pdf = here / "reports/first.pdf"
    before = pdf.read_bytes()
    assert b"Date" not in before
    assert b"end" in before
    assert report("--pdf")[0] in (0, 3)  # one of exo's own is replaced
    assert pdf.read_bytes() == before


def test_names_of_any_length(here: Path, report: Report) -> None:
    for name in ("n" * 300, "語" * 170):
        assert run((*RUN, "--study-name", name)) in (0, 3)
        assert report("--study-name", name, "--trial", "0")[0] == 0
        assert report(name)[0] in (0, 3)
    names = [path.name for path in (here / "reports").iterdir()]
    assert len(names) == 4
    assert all(re.search(r"_[0-9a-f]{6}(_trial_0)?\.html$", name) for name in names)
    assert max(len(os.fsencode(name)) for name in names) < 120
    assert report("x" * 300)[0] == 2
