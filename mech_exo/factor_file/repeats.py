"""The file that an earlier run has written of the same content."""

from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.factor_file.write import factor_file_text

# What a file says of its making, rather than of what was made.
MADE = {
    "metadata": ("created_at", "run_id", "elapsed_time_seconds"),
    "provenance": ("git_commit",),
    "verdict": ("seconds",),
}


def written_before(file: FactorFile, folder: Path, pattern: str) -> Path | None:
    """The newest file of `folder`/`pattern` of the same content; None if there is none.

    Its portfolio, study, data, settings and figures are those of `file`; when it was made, how
    long that took and from which commit may differ. Files that are no factor files are passed over.
    """
    wanted = _content(parse_factor_file(factor_file_text(file), "the factor file"))
    for path in sorted(folder.glob(pattern), reverse=True):
        try:
            text = path.read_text(encoding="utf-8")
            stated = file.provenance is None or file.content_hash in text  # spares the parsing
            same = stated and _content(parse_factor_file(text, "")) == wanted
        except (OSError, UnicodeDecodeError, ExoError):
            continue
        if same:
            return path
    return None


def _content(file: FactorFile) -> dict[str, Any]:
    """All that the file says of what was made; hashes over the whole are no part of it."""
    content: dict[str, Any] = {"factors": file.factors, "hyperparameters": file.hyperparameters}
    for name in ("metadata", "portfolio", "provenance", "out_of_sample", "verdict"):
        block = getattr(file, name) or {}
        content[name] = {
            key: value
            for key, value in block.items()
            if key not in MADE.get(name, ()) and not key.endswith("_hash")
        }
    return content
