"""Ledgers of earlier formats, turned into today's."""

from sqlalchemy import Connection, inspect, text, update

from mech_exo.paper.ledger import format_of
from mech_exo.paper.ledger_tables import ADDED, FORMAT, LEDGER
from mech_exo.paper.paper_account import REBALANCE

# Format 1 sized an order at the prices of its decision and left it so when the next close traded
# another number of shares, or a name without an order.
FROM_1 = (
    "UPDATE paper_orders SET listed = shares WHERE done IS NULL OR done > decided",
    """UPDATE paper_orders SET shares = 0 WHERE status = 'not filled'""",
    """UPDATE paper_orders SET shares = fill.shares FROM paper_fills AS fill
       WHERE status = 'filled' AND fill.date = done AND fill.symbol = paper_orders.symbol
         AND fill.reason = paper_orders.reason""",
    f"""INSERT INTO paper_orders
          (decided, symbol, reason, shares, target_weight, status, done, listed)
        SELECT decision.decided, fill.symbol, fill.reason, fill.shares,
          coalesce((SELECT value FROM json_each(decision.weights) WHERE key = fill.symbol), 0),
          'filled', fill.date, 0
        FROM paper_fills AS fill JOIN paper_decisions AS decision
          ON decision.executed = fill.date
        WHERE fill.reason = '{REBALANCE}' AND NOT EXISTS (
          SELECT 1 FROM paper_orders AS o WHERE o.done = fill.date
            AND o.symbol = fill.symbol AND o.reason = fill.reason)""",  # noqa: S608 - our own words
    """UPDATE paper_fills SET repriced = paper_fills.shares - o.listed FROM paper_orders AS o
       WHERE o.done = paper_fills.date AND o.symbol = paper_fills.symbol
         AND o.reason = paper_fills.reason""",
)


def upgrade(connection: Connection) -> None:
    """Bring the ledger to this format, in the transaction of the step that finds an older one."""
    kept = format_of(connection)
    if kept == FORMAT:
        return
    there = inspect(connection)
    for later in range(kept + 1, FORMAT + 1):
        for (table, column), kind in sorted(ADDED[later].items()):
            if column not in {c["name"] for c in there.get_columns(table)}:
                connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))
    for statement in FROM_1 if kept == 1 else ():
        connection.execute(text(statement))
    connection.execute(update(LEDGER).values(format=FORMAT))
