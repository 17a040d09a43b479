"""Laying out a project folder."""

from dataclasses import dataclass
from pathlib import Path

from mech_exo.config.atomic import write_whole
from mech_exo.config.packaged import OBJECTIVE, SETTINGS, packaged_file

GITIGNORE = """\
# exo: studies and exports are results; config/ and research/ are the source.
/studies/*
!/studies/.gitkeep
/factors/*
!/factors/.gitkeep
.env
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
    contents = {
        SETTINGS: packaged_file(SETTINGS).read_bytes(),
        OBJECTIVE: packaged_file(OBJECTIVE).read_bytes(),
        "studies/.gitkeep": b"",
        "factors/.gitkeep": b"",
        ".gitignore": GITIGNORE.encode(),
    }
    written, kept = [], []
    for relative, content in contents.items():
        path = folder / relative
        try:
            write_whole(path, content, overwrite=overwrite)
            written.append(path)
        except FileExistsError:
            kept.append(path)
    return Layout(tuple(written), tuple(kept))
