"""Factor files side by side, what a promotion changes, and the history."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from mech_exo.promote.changes import Change, Changes
from mech_exo.promote.contest import Contest
from mech_exo.promote.history import HistoryEntry
from mech_exo.promote.promotion import Proposal
from mech_exo.promote.switch import Switch
from mech_exo.report.formats import number, percent

MOVES = 20  # names listed; the rest is counted


def show_proposal(proposal: Proposal, console: Console) -> None:
    """Print all that a person needs to decide."""
    show_changes(proposal.changes, ("now", "proposed"), console)
    console.print(f"verdict of what is proposed: {proposal.verdict}", soft_wrap=True)
    console.print()
    _show_switch(proposal.switch, console)
    console.print()
    if proposal.contest is not None:
        _show_contest(proposal.contest, console)
    elif proposal.remark:
        console.print(f"no comparison: {proposal.remark}", soft_wrap=True)
    for caution in proposal.cautions:
        console.print(f"warning: {caution}", soft_wrap=True)
    for objection in proposal.objections:
        if objection.kind != "contest":
            console.print(f"against it: {objection.words}", soft_wrap=True)


def show_changes(changes: Changes, headings: tuple[str, str], console: Console) -> None:
    """Print two files side by side."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in (*headings, "change"):
        table.add_column(heading, justify="right")
    for name, (before, after) in changes.origins.items():
        table.add_row(name, before, after, "" if before == after else "*")
    for title, rows in (
        ("weights", changes.weights),
        ("hyperparameters", changes.parameters),
        ("metrics, each on its own data", changes.metrics),
    ):
        table.add_row()
        table.add_row(title)
        for change in rows:
            table.add_row(f"  {change.name}", *_cells(change))
    console.print(table)


def show_history(
    entries: Sequence[HistoryEntry], current: HistoryEntry | None, console: Console
) -> None:
    """Print the versions, newest first; the one in production has a star."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "version", "action", "when", "who", "from", "why"):
        table.add_column(heading)
    for entry in reversed(entries):
        why = entry.reason
        if entry.overridden:
            why = f"{why} [in spite of: {'; '.join(entry.overridden)}]"
        star = "*" if current is not None and entry.version == current.version else ""
        table.add_row(
            star, str(entry.version), entry.action, entry.at, entry.who, entry.source, why
        )
    console.print(table)


def _cells(change: Change) -> tuple[str, str, str]:
    before, after = change.before, change.after
    moved = "" if before is None or after is None or before == after else f"{after - before:+z.4f}"
    if before is None or after is None:
        moved = "*"
    return number(before, 4), number(after, 4), moved


def _show_switch(switch: Switch, console: Console) -> None:
    console.print(
        f"positions, from the portfolio at the close of {switch.date} to the choice of "
        f"{switch.decided}: {percent(switch.traded)} traded, cost {percent(switch.cost, 3)}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("  name")
    for heading in ("now", "then"):
        table.add_column(heading, justify="right")
    for move in switch.moves[:MOVES]:
        table.add_row(f"  {move.symbol}", percent(move.held), percent(move.wanted))
    console.print(table)
    if len(switch.moves) > MOVES:
        console.print(f"  and {len(switch.moves) - MOVES} names more")


def _show_contest(contest: Contest, console: Console) -> None:
    if contest.difference is not None:
        console.print(
            f"on the data after both were fitted ({contest.start} to {contest.end}, "
            f"{contest.days} sessions): active return a year {percent(contest.challenger)}, "
            f"incumbent {percent(contest.champion)}; difference after the cost of switching "
            f"{percent(contest.difference)} ({percent(contest.low)} to {percent(contest.high)})",
            soft_wrap=True,
        )
    console.print(contest.reason, soft_wrap=True)
