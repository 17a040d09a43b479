"""The fields of a factor file that were compared, and what that says of the file."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from mech_exo.backtest.kernel_version import KERNEL_VERSION, kernel_needed
from mech_exo.errors import ExitCode
from mech_exo.system.plain_values import defined
from mech_exo.verification.unchecked import Unchecked

DATA = "provenance.data_fingerprint"
OBJECTIVE = "provenance.objective_sha256"
KERNEL = "provenance.kernel_version"
WORDS = {
    "content_hash": "factors, hyperparameters or rules have been changed since the export",
    "document_hash": "the document has been changed since the export",
    DATA: "the data are not those of the file",
    OBJECTIVE: "the objective file is not that of the file",
}
SHOWN = 3  # names in a line for people
TOLERANCE = 1e-9


@dataclass(frozen=True)
class FieldComparison:
    """A stored value and the one computed again; None: undefined.

    `figure`: whether the backtest's code decides it, so that another kernel may give another.
    """

    name: str
    stored: Any
    computed: Any
    equal: bool
    figure: bool = False


@dataclass(frozen=True)
class Verification:
    """What was compared, and what was not.

    Attributes
    ----------
    identity
        Hashes of data and objective file. If one differs, nothing was computed.
    values
        The two hashes of the file, then every field that was computed again.
    unchecked
        Every other field, and why.
    kernel
        Version of the backtest's code that made the file, and the present one.
    made_by
        Version of mech-exo that made the file, and the commit of its folder; "" if not stated.
    data
        How the data differ, in words.
    """

    identity: tuple[FieldComparison, ...]
    values: tuple[FieldComparison, ...]
    unchecked: tuple[Unchecked, ...] = ()
    kernel: FieldComparison = FieldComparison(KERNEL, None, KERNEL_VERSION, equal=True)
    made_by: str = ""
    data: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """0 if everything is equal, 4 if data, objective file or kernel are not the file's, else 1.

        Another kernel is no difference where all figures come out under the present one as well.
        """
        if not all(c.equal for c in self.identity):
            return ExitCode.NOT_THE_FILES
        differing = [c for c in self.values if not c.equal]
        if not differing:
            return ExitCode.DONE
        return ExitCode.NOT_THE_FILES if self.of_older_kernel else ExitCode.REFUSED

    @property
    def of_older_kernel(self) -> bool:
        """Whether nothing differs but figures, which another kernel may have given."""
        differing = [c for c in (*self.identity, *self.values) if not c.equal]
        other = not self.kernel.equal
        return other and bool(differing) and all(c.figure for c in differing)

    @property
    def protected(self) -> bool:
        """Whether a hash over the whole document stands for what was not compared."""
        return any(c.name == "document_hash" and c.equal for c in self.values)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the file does not verify, in words; () if it does."""
        differing = [c for c in (*self.values, *self.identity) if not c.equal]
        words = [self._words(c.name) for c in differing if c.name in WORDS]
        others = [c for c in differing if c.name not in WORDS]
        fields = [c.name for c in others if not c.figure]
        figures = sum(c.figure for c in others)
        if fields:
            words.append(_listed(fields))
        if figures:
            words.append(f"{figures} {'figure differs' if figures == 1 else 'figures differ'}")
            if not self.kernel.equal:
                words[-1] += self._other_kernel
        return tuple(words)

    def _words(self, name: str) -> str:
        how = f" ({', '.join(self.data)})" if name == DATA and self.data else ""
        return WORDS[name] + how

    @property
    def _other_kernel(self) -> str:
        made = f", made by {self.made_by}" if self.made_by else ""
        return f" under this one; to verify the file{made}, {kernel_needed(self.kernel.stored)}"

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of what is not equal."""
        return tuple(c.name for c in (*self.identity, *self.values) if not c.equal)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **asdict(self),
            "protected": self.protected,
            "differing": list(self.differing),
            "exit_code": int(self.exit_code),
        }


def compare(name: str, stored: Any, computed: float | None) -> FieldComparison:
    """A figure: equal to 1e-9, absolute below 1 and relative above; undefined equals undefined."""
    again = defined(computed)
    if stored is None or again is None:
        return FieldComparison(name, stored, again, stored is None and again is None, figure=True)
    close = math.isclose(float(stored), again, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return FieldComparison(name, float(stored), again, close, figure=True)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more} {'differs' if len(names) == 1 else 'differ'}"
