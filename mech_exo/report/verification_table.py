"""What `exo verify` compared, and what it did not."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from mech_exo.errors import ExitCode
from mech_exo.verification.comparisons import Verification

HASH_DIGITS = 16
LONGEST = 40  # of a text in the table


def show_verification(found: Verification, console: Console) -> None:
    """Print each value as stored and as computed again, what was not compared, and what follows."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "in the file", "computed again", ""):
        table.add_column(heading, overflow="fold")
    for comparison in (*found.identity, found.kernel, *found.values):
        other = "another" if comparison is found.kernel else "DIFFERS"
        table.add_row(
            comparison.name,
            _written(comparison.stored),
            _written(comparison.computed),
            "equal" if comparison.equal else other,
        )
    console.print(table)
    console.print()
    for line in unchecked_lines(found):
        console.print(line, soft_wrap=True)
    console.print(verification_line(found), soft_wrap=True)


def unchecked_lines(found: Verification) -> Iterator[str]:
    """What was not compared, a line for each reason, and whether a hash protects it."""
    reasons = dict.fromkeys(field.because for field in found.unchecked)
    for because in reasons:
        names = [field.name for field in found.unchecked if field.because == because]
        yield f"not checked, because {because}: {', '.join(names)}"
    if reasons:
        yield (
            "What is not checked is as it was exported: the hash over the whole document is right."
            if found.protected
            else "No hash protects what is not checked."
        )
        yield ""


def verification_line(found: Verification) -> str:
    """The result in one sentence."""
    compared = len(found.identity) + len(found.values)
    kernel = found.kernel
    if found.exit_code != ExitCode.DONE:
        computed = all(c.equal for c in found.identity)
        tail = "" if computed else " Its figures were not computed again."
        if found.of_older_kernel:
            tail = " Verify it with the exo that made it, or tune and export again with this one."
        return f"NOT verified: {'; '.join(found.reasons)}.{tail}"
    if kernel.equal:
        return f"verified: all {compared + 1} values are equal."
    return (
        f"verified: made under kernel {kernel.stored}; all {compared} values come out under "
        f"kernel {kernel.computed} as well."
    )


def _written(value: Any) -> str:
    if value is None:
        return "–"
    text = repr(value) if isinstance(value, float) else str(value)
    if isinstance(value, str) and len(text) == 64:
        return f"{text[:HASH_DIGITS]}…"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
