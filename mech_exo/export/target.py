"""Where a factor file goes, checked before hours of work depend on it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mech_exo.factor_file.atomic import check_target, check_within, free_path
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.write import write_factor_file, write_to_free_path


@dataclass(frozen=True)
class Target:
    """The file named by `--export-yaml`, or else factors/factors_opt_YYYY-MM-DD.yml.

    A named file is replaced; the dated one never is (a suffix instead).
    """

    named: Path | None
    root: Path

    def check(self) -> None:
        """Raise an ExoError now if the file could not be written later."""
        if self.named is not None:
            check_within(self.named, self.root)
            check_target(self.named, overwrite=True)
        else:
            check_target(free_path(self._dated(date.today())))

    def write(self, file: FactorFile) -> Path:
        """Write the file whole; returns where it went."""
        if self.named is not None:
            check_within(self.named, self.root)
            return write_factor_file(self.named, file, overwrite=True)
        return write_to_free_path(self._dated(date.today()), file)

    def _dated(self, day: date) -> Path:
        return self.root / "factors" / f"factors_opt_{day.isoformat()}.yml"
