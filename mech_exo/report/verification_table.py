"""What `exo verify` compared."""

from typing import Any

from rich.console import Console
from rich.table import Table

from mech_exo.backtest.version import kernel_needed
from mech_exo.errors import ExitCode
from mech_exo.verdict.verify import Verification

HASH_DIGITS = 16
WORDS = {
    "content_hash": "factors or hyperparameters have been changed since the export",
    "provenance.data_fingerprint": "the data are not those of the file",
    "provenance.objective_sha256": "the objective file is not that of the file",
    "provenance.kernel_version": "the backtest code is not that of the file",
}
KERNEL = "provenance.kernel_version"


def show_verification(found: Verification, console: Console) -> None:
    """Print each value as stored and as computed again, and what follows."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "in the file", "computed again", ""):
        table.add_column(heading, overflow="fold")
    for comparison in (*found.identity, *found.values):
        table.add_row(
            comparison.name,
            _written(comparison.stored),
            _written(comparison.computed),
            "equal" if comparison.equal else "DIFFERS",
        )
    console.print(table)
    console.print()
    console.print(verification_line(found), soft_wrap=True)


def verification_line(found: Verification) -> str:
    """The result in one sentence."""
    compared = (*found.identity, *found.values)
    if found.exit_code == ExitCode.DONE:
        return f"verified: all {len(compared)} values are equal."
    differing = [c for c in compared if not c.equal]
    reasons = [
        f"{WORDS[c.name]}: {kernel_needed(c.stored)}" if c.name == KERNEL else WORDS[c.name]
        for c in differing
        if c.name in WORDS
    ]
    figures = sum(c.name not in WORDS for c in differing)
    if figures:
        reasons.append(f"{figures} {'figure differs' if figures == 1 else 'figures differ'}")
    tail = (
        " Its figures were not computed again." if found.exit_code == ExitCode.NOT_THE_FILES else ""
    )
    if any(c.name == KERNEL for c in differing):
        tail += " Verify it with the exo that made it, or tune and export again with this one."
    return f"NOT verified: {'; '.join(reasons)}.{tail}"


def _written(value: Any) -> str:
    if value is None:
        return "–"
    text = repr(value) if isinstance(value, float) else str(value)
    return f"{text[:HASH_DIGITS]}…" if isinstance(value, str) and len(text) == 64 else text
