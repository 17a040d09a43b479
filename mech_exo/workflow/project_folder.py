"""Laying out a project folder."""

from dataclasses import dataclass
from pathlib import Path

from mech_exo.config.packaged import EXAMPLES, OBJECTIVE, RISK_LIMITS, SETTINGS, packaged_file
from mech_exo.system.whole_files import write_atomically

GITIGNORE = """\
# exo: studies, exports, logs and the paper ledger are results; config/ and research/ the source.
# *.env holds tokens.
/studies/*
!/studies/.gitkeep
/factors/*
!/factors/.gitkeep
/logs/
/paper/
.env
*.env
!*.env.example
"""


@dataclass(frozen=True)
class Layout:
    """The files that `lay_out` wrote, and those that it found and kept."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def lay_out(folder: Path, *, overwrite: bool = False) -> Layout:
    """Make a project folder of `config/`, `research/`, `studies/`, `factors/` and `.gitignore`.

    Raises
    ------
    ExoError
        If the folder cannot be made or written.
    """
    carried = (SETTINGS, RISK_LIMITS, OBJECTIVE, *EXAMPLES)
    contents = {name: packaged_file(name).read_text("utf-8") for name in carried} | {
        "studies/.gitkeep": "",
        "factors/.gitkeep": "",
        ".gitignore": GITIGNORE,
    }
    written, kept = [], []
    for relative, content in contents.items():
        path = folder / relative
        if path.exists() and not overwrite:
            kept.append(path)
        else:
            written.append(write_atomically(path, content, overwrite=overwrite))
    return Layout(tuple(written), tuple(kept))
