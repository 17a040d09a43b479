"""Where a factor file goes, checked before hours of work depend on it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mech_exo.config.atomic import check_writable, write_whole
from mech_exo.export.stage import write_new


@dataclass(frozen=True)
class Target:
    """The file named by `--export-yaml`, or else factors/factors_opt_YYYY-MM-DD.yml.

    A named file is replaced; the dated one never is (a suffix instead).
    """

    named: Path | None
    root: Path

    def check(self) -> None:
        """Raise an ExoError now if the file could not be written later."""
        check_writable(self.named or self._dated(date.today()))

    def write(self, content: bytes) -> Path:
        """Write the file whole; returns where it went."""
        if self.named is not None:
            write_whole(self.named, content, overwrite=True)
            return self.named
        return write_new(self._dated(date.today()), content)

    def _dated(self, day: date) -> Path:
        return self.root / "factors" / f"factors_opt_{day.isoformat()}.yml"
