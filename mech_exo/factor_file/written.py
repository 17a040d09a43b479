"""Which files a run has written."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Staged:
    """What was staged.

    Attributes
    ----------
    dated, latest
        The two files, of the same bytes.
    remark
        Why they are not in git's index; "" if they are.
    refused
        Whether git is there, and did not take them.
    """

    dated: Path
    latest: Path
    remark: str = ""
    refused: bool = False

    @property
    def added(self) -> bool:
        """Whether git has both in its index."""
        return not self.remark


@dataclass(frozen=True)
class Files:
    """What a run wrote; `repeated` if an earlier run had exported the very same."""

    exported: Path | None = None
    staged: Staged | None = None
    repeated: bool = False
