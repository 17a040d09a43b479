"""Tables of the paper ledger."""

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Table

METADATA = MetaData()
FORMAT = 3
READABLE = (1, 2, FORMAT)  # the next step turns an older one into one of today's format
# format -> the columns that came with it, and their types
ADDED: dict[int, dict[tuple[str, str], str]] = {
    2: {("paper_orders", "listed"): "FLOAT", ("paper_fills", "repriced"): "FLOAT"},
    3: {("paper_decisions", "terms"): "VARCHAR", ("paper_sessions", "borrowing"): "FLOAT"},
}

# One row: what the ledger was opened with.
LEDGER = Table(
    "paper_ledger",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("format", Integer, nullable=False),
    Column("opened", String(10), nullable=False),
    Column("capital", Float, nullable=False),
    Column("fractional", Boolean, nullable=False),
    Column("rules", String, nullable=False),  # backtest settings, JSON
)

# A row a session: the key is what keeps a day from being booked twice.
SESSIONS = Table(
    "paper_sessions",
    METADATA,
    Column("date", String(10), primary_key=True),
    Column("equity", Float, nullable=False),
    Column("cash", Float, nullable=False),
    Column("names", Integer, nullable=False),
    Column("traded", Float, nullable=False),  # both sides, in money
    Column("cost", Float, nullable=False),
    Column("stop_loss", Float),  # in force after the close; null before the first execution
    Column("borrowing", Float),  # paid for what was short, in money; null: format 2 knew no shorts
)

DECISIONS = Table(
    "paper_decisions",
    METADATA,
    Column("decided", String(10), primary_key=True),
    Column("scored", String(10), nullable=False),  # date of the scores
    Column("executed", String(10)),  # null: still to come
    Column("factor_file", String, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("stop_loss", Float, nullable=False),
    Column("weights", String, nullable=False),  # name -> share of the portfolio, signed, JSON
    Column("terms", String),  # `DecisionTerms` as JSON; null: those of a plain mandate
)

ORDERS = Table(
    "paper_orders",
    METADATA,
    Column("decided", String(10), primary_key=True),
    Column("symbol", String, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("shares", Float, nullable=False),  # signed; open: as listed, then as traded
    Column("target_weight", Float, nullable=False),
    Column("status", String, nullable=False),  # open, filled, not filled
    Column("done", String(10)),
    Column("listed", Float),  # by `exo portfolio` the evening before; null: nobody could know
)

FILLS = Table(
    "paper_fills",
    METADATA,
    Column("date", String(10), primary_key=True),
    Column("symbol", String, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("shares", Float, nullable=False),  # signed
    Column("price", Float, nullable=False),
    Column("value", Float, nullable=False),  # signed
    Column("cost", Float, nullable=False),
    Column("repriced", Float),  # shares less those listed; null: nobody could know
)

# The positions after each close; the last date's are what the next session starts from.
POSITIONS = Table(
    "paper_positions",
    METADATA,
    Column("date", String(10), primary_key=True),
    Column("symbol", String, primary_key=True),
    Column("shares", Float, nullable=False),
    Column("price", Float, nullable=False),
    Column("value", Float, nullable=False),
    Column("growth", Float, nullable=False),  # since the stop's reference
    Column("hit", Boolean, nullable=False),
)
