"""Where a factor file goes, checked before hours of work depend on it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.repeats import written_before
from mech_exo.factor_file.write import (
    check_replaceable,
    write_factor_file,
    write_to_free_path,
)
from mech_exo.system.whole_files import check_target, check_within, free_path

FOLDER, DATED = "factors", "factors_opt_"


@dataclass(frozen=True)
class Destination:
    """The file named by `--export-yaml`, or else factors/factors_opt_YYYY-MM-DD.yml.

    A named file is replaced; the dated one never is (a suffix instead), nor is a second one of the
    same content written.
    """

    named: Path | None
    root: Path

    def check(self, *, touch: bool = True) -> Path:
        """Where the file would go now; an ExoError if it could not be written there.

        `touch` is that of `system.whole_files.check_target`.
        """
        path = self.named or free_path(self._dated(date.today()))
        check_within(path, self.root)
        if self.named is not None:
            check_replaceable(self.named)
        check_target(path, overwrite=self.named is not None, touch=touch)
        return path

    def write(self, file: FactorFile) -> tuple[Path, bool]:
        """Write the file whole; where it is, and whether an earlier run had written it already."""
        if self.named is not None:
            check_within(self.named, self.root)
            return write_factor_file(self.named, file, overwrite=True), False
        before = written_before(file, self.root / FOLDER, f"{DATED}*.yml")
        if before is not None:
            return before, True
        return write_to_free_path(self._dated(date.today()), file), False

    def _dated(self, day: date) -> Path:
        return self.root / FOLDER / f"{DATED}{day.isoformat()}.yml"
