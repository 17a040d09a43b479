"""Writes the README's two pictures, from what the programs print and draw.

python scripts/readme_pictures.py        docs/terminal.svg, and docs/report.png by a Chromium

A search of the demo market in a folder of its own, its verdict and its report. Commands are run
as a user would, in a terminal 96 columns wide.
"""

import io
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from mech_exo.system.chromium import find_chromium

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 96
RUN = ("optuna-run", "--n-trials", "60", "--study-name", "first")
WIDTH, HEIGHT = 1240, 2200  # of the picture of the report, pixels


def in_terminal(folder: Path, *arguments: str) -> str:
    """What a command prints on a terminal, colours included."""
    ours, theirs = pty.openpty()
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "COLUMNS": str(COLUMNS), "TERM": "xterm-256color",
    }  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-m", "mech_exo.cli", *arguments],
        cwd=folder, env=environment, stdout=theirs, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    printed = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed: on Linux an error
            break
        if not part:
            break
        printed += part
    os.close(ours)
    if process.wait() != 0:
        raise SystemExit(printed.decode())
    return printed.decode().replace("\r\n", "\n")


def drawn(command: str, printed: str) -> str:
    """A terminal with a command and its output, as SVG that loads nothing."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(printed.rstrip()))
    form = CONSOLE_SVG_FORMAT
    start, stop = form.index("@font-face"), form.rindex("@font-face")
    end = form.index("}}", stop) + 2
    svg = console.export_svg(title="exo", code_format=form[:start] + form[end:], unique_id="exo")
    return svg.replace("Fira Code", "ui-monospace").replace("textLength", "data-length")


def photographed(page: Path, picture: Path) -> None:
    """The top of a page, as a browser shows it."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(  # noqa: S603 (our own command)
            [
                find_chromium(), "--headless", "--no-sandbox", "--disable-gpu",
                "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                f"--user-data-dir={profile}", f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={picture}", page.as_uri(),
            ],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def main() -> None:
    """Make both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "my-project"
        in_terminal(Path(name), "init", str(folder))
        printed = in_terminal(folder, *RUN)
        (ROOT / "docs/terminal.svg").write_text(drawn(f"exo {' '.join(RUN)}", printed), "utf-8")
        in_terminal(folder, "validate", "--study-name", "first")
        in_terminal(folder, "report", "first", "--out", "report.html")
        photographed(folder / "report.html", ROOT / "docs/report.png")


if __name__ == "__main__":
    main()
