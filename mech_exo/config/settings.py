"""What can be configured: one frozen object, made once per run.

Every field is declared here only. `config.load` fills it: defaults < file < environment < flags.

Lengths in days are trading days at 252 a year, a session each in a daily market; in any other
`data.frequency.Frequency` makes sessions of them, where they are used.
"""

from dataclasses import Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from mech_exo.config.notify_settings import NotifySettings
from mech_exo.config.portfolio_settings import PortfolioSettings
from mech_exo.config.setting_fields import (
    choice_field,
    date_field,
    locating_date_field,
    one_or_more_field,
    path_field,
    silent_field,
    silent_path_field,
)

# What `tuning.sampler` can be: each is a file in tuning/samplers.
SAMPLERS = ("tpe", "cmaes", "nsga2", "qmc", "random", "gp")

OWN_SOURCES = ("files", "store")
"""Values of `data.source` whose data are the user's: they lie somewhere, and they age."""

FRAMES = "frames"
"""The source that the library sets for DataFrames, and no file can name."""


def auto_field() -> Any:
    """As `silent_field`; None is called `auto`: the data decide."""
    return field(default=None, metadata={"silent": True, "auto": True})


@dataclass(frozen=True)
class DemoSettings:
    """The embedded synthetic market (`data.source: demo`)."""

    symbols: int = 100
    years: int = 8
    seed: int = 7
    information_ratio: float = 2.0  # annual, of the true weights, before costs


@dataclass(frozen=True)
class PriceKeys:
    """Which column of the prices is what, where their names do not say it."""

    date: str | None = None
    symbol: str | None = None
    price: str | None = None  # of data.returns: the returns


@dataclass(frozen=True)
class FactKeys:
    """Which column of a factor table is what, where their names do not say it."""

    symbol: str | None = None
    available_date: str | None = None
    period_end: str | None = None


@dataclass(frozen=True)
class FactorTable:
    """One file of factor values or fundamentals (`data.factors`, a list)."""

    file: Path | None = path_field()
    layout: Literal["auto", "long", "wide"] = "auto"
    factor: str | None = None  # the factor's name in a wide table
    columns: dict[str, str] = field(default_factory=dict)  # column in the file -> factor name
    categories: dict[str, str] = field(default_factory=dict)  # factor name -> category
    keys: FactKeys | None = silent_field()
    where: dict[str, tuple[str, ...]] | None = one_or_more_field()  # column -> values of rows kept
    drop: tuple[str, ...] | None = silent_field()  # columns left out
    availability_lag_days: int | None = silent_field()  # from a period's end to its publication
    sheet: str | None = silent_field()  # of a workbook; null: the first
    query: str | None = silent_field()  # SELECT … of a database


@dataclass(frozen=True)
class DataSettings:
    """Where prices and factor values come from."""

    source: Literal["demo", "sp500", "files", "store", "frames"] = "demo"
    store: Path | None = silent_path_field()  # the folder of `exo data import`
    as_of: str | None = locating_date_field()  # the store as it was known on that day
    prices: Path | None = path_field()
    prices_layout: Literal["auto", "long", "wide"] = "auto"
    factors: tuple[FactorTable, ...] = ()
    start: str | None = date_field()  # first date used, YYYY-MM-DD
    end: str | None = date_field()  # last date used, YYYY-MM-DD
    periods_per_year: float | None = auto_field()  # sessions a year; null: as the dates show
    max_age_days: int | None = None  # a fact public for longer than this is unknown; null: never
    sectors: Path | None = silent_path_field()  # symbol,sector: for MAX_SECTOR_SHARE
    returns: Path | None = silent_path_field()  # instead of prices: returns of each name and date
    keys: PriceKeys | None = silent_field()
    sheet: str | None = silent_field()  # of a workbook of prices; null: the first
    query: str | None = silent_field()  # SELECT … of a database of prices
    membership: Path | None = silent_path_field()  # symbol,from,to: who was in the universe when
    volume: Path | None = silent_path_field()  # shares traded a session
    traded_value: Path | None = silent_path_field()  # money traded a session; null: from volume
    min_turnover: float | None = silent_field()  # money a session, of a name in the universe
    market_cap: Path | None = silent_path_field()  # size of a company, as known
    min_market_cap: float | None = silent_field()  # of a name in the universe
    accept: tuple[str, ...] | None = silent_field()  # findings of the data check, by name
    unknown_symbols: Literal["error", "ignore"] = "error"  # names in a factor table without prices
    demo: DemoSettings = field(default_factory=DemoSettings)

    def __post_init__(self) -> None:
        # The order of the list and an entry twice mean nothing, so they are in no fingerprint.
        accepted = tuple(sorted(set(self.accept or ())))
        object.__setattr__(self, "accept", accepted or None)

    @property
    def paths(self) -> dict[str, Path]:
        """The files that are named, by setting; without those of `factors`."""
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.metadata.get("path")}
        return {name: path for name, path in named.items() if path is not None}


@dataclass(frozen=True)
class FactorSettings:
    """How raw factor values become scores."""

    winsorise: float = 0.01  # share clipped at each tail of the cross-section
    min_history: int = 252  # days before the first rebalance date
    min_names: int = 1  # names tradable on a rebalance date for it to be used
    momentum_window: int | None = silent_field()  # months of momentum_12_1; null: 12
    rsi_window: int | None = silent_field()  # sessions of rsi_14; null: 14
    volatility_short_window: int | None = silent_field()  # days of volatility_ratio; null: 21
    volatility_long_window: int | None = silent_field()  # and of what it is held against; null: 252


@dataclass(frozen=True)
class BacktestSettings:
    """When and at what cost the portfolio trades."""

    rebalance_days: int = 21  # days between rebalances
    execution_lag: int = 1  # sessions from the decision to the trade; at least 1
    stop_reference: Literal["entry", "rebalance"] = "entry"
    stop_lag: int = 0  # 0: sold at the close that hits the stop; 1: at the next
    commission_bps: float = 5.0
    slippage_bps: float = 5.0
    delist_after: int = 10  # days without a price until a name is sold
    delisting_return: float = 0.0  # loss on that sale, a fraction (0.3: sold 30 % lower)
    risk_free: float = 0.0  # a year, simple
    borrow_cost: float | None = silent_field()  # a year, of what is sold short; null: 0
    short_rebate: float | None = silent_field()  # a year, paid on it by the lender; null: 0
    impact: float | None = silent_field()  # Y of the square-root impact; null: none
    capital: float | None = silent_field()  # money at the first execution, for impact

    @property
    def cost(self) -> float:
        """Cost of trading one unit of value, a fraction."""
        return (self.commission_bps + self.slippage_bps) * 1e-4


@dataclass(frozen=True)
class HyperparameterSettings:
    """Values used where the objective file does not suggest them."""

    cash_pct: float = 0.05
    stop_loss_pct: float = 0.15
    position_size_pct: float = 0.05


@dataclass(frozen=True)
class HoldoutSettings:
    """The last part of the dates, which no trial sees."""

    fraction: float = 0.2


@dataclass(frozen=True)
class TuningSettings:
    """The search."""

    seed: int = 42
    sampler: str = choice_field(SAMPLERS)  # the first is the default
    pruner: Literal["median", "none"] = "none"  # docs/tuning.md says what median costs
    window: int = 4  # trials in flight at most; a property of the study, not of the machine
    population: int = 12  # a generation of cmaes
    objectives: tuple[str, ...] = ()  # names of metrics; empty: the objective file's own value
    warm_start: bool = True
    patience: int | None = silent_field()  # trials without a better feasible one that end a search


@dataclass(frozen=True)
class StorageSettings:
    """How the study's SQLite file is written."""

    journal_mode: Literal["wal", "delete"] = "wal"
    busy_timeout_s: float = 60.0


@dataclass(frozen=True)
class VerdictSettings:
    """When a result is called skill."""

    placebos: int = 99  # searches on data without a link between scores and returns
    windows: int = 8  # re-tunings of the walk-forward
    walk_forward: Literal["expanding", "rolling"] = "expanding"
    train_share: float = 0.4  # of the in-sample rebalances, before the first window
    embargo_days: int = 21  # days between a window's training and its first decision
    level: float = 0.05  # chance of a PASS without skill
    fail_above: float = 0.5  # combined p-value from which the verdict is FAIL
    power: float = 0.8  # wanted chance of seeing true skill, for "what it would take"
    search_trials: int | None = None  # of each repeated search; null: as many as the study has
    portfolios: int = 512  # drawn evenly from the space, for the overfitting probability
    overfitting_blocks: int = 16
    neighbours: int = 64  # small moves around a point, for the plateau
    benchmark: Path | None = path_field()  # CSV: date, daily return; null: equal-weighted universe
    hedge: Path | None = silent_path_field()  # date and daily returns of premia that are no skill
    choose: Literal["best", "plateau"] = "best"


@dataclass(frozen=True)
class PromoteSettings:
    """When a factor file may replace config/factors.yml."""

    max_age_days: int = 14  # since the file was made
    margin: float = 0.01  # a year, by which the challenger's active return must be the higher
    level: float = 0.1  # chance of a win without a difference
    min_days: int = 126  # days after both were fitted; with fewer nothing changes
    block: int = 21  # mean length of a bootstrap block, in days
    samples: int = 4_000  # of the bootstrap


@dataclass(frozen=True)
class ReoptimizeSettings:
    """`exo reoptimize`, for cron."""

    trials: int = 200  # in the dated study
    max_data_age_days: int = 7  # since the last session of the data
    keep_logs: int = 12  # logs of runs
    report: bool | None = silent_field()  # a page beside the staged file; null: yes


@dataclass(frozen=True)
class Settings:
    """All settings of a run."""

    data: DataSettings = field(default_factory=DataSettings)
    factors: FactorSettings = field(default_factory=FactorSettings)
    backtest: BacktestSettings = field(default_factory=BacktestSettings)
    hyperparameters: HyperparameterSettings = field(default_factory=HyperparameterSettings)
    portfolio: PortfolioSettings = field(default_factory=PortfolioSettings)
    holdout: HoldoutSettings = field(default_factory=HoldoutSettings)
    tuning: TuningSettings = field(default_factory=TuningSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    verdict: VerdictSettings = field(default_factory=VerdictSettings)
    promote: PromoteSettings = field(default_factory=PromoteSettings)
    reoptimize: ReoptimizeSettings = field(default_factory=ReoptimizeSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain YAML-able values (paths as strings, tuples as lists)."""
        plain = _plain(self)
        assert isinstance(plain, dict)
        return plain


def written_fields(section: Any) -> "list[Field[Any]]":
    """Fields of a section that count and are written down: not a silent one that is not set.

    So what was written before a silent setting existed goes on to mean the same.
    """
    return [
        f
        for f in fields(section)
        if not (f.metadata.get("silent") and getattr(section, f.name) is None)
    ]


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        named = {f.name: getattr(value, f.name) for f in written_fields(value)}
        plain = {name: _plain(inner) for name, inner in named.items()}
        # a section of silent settings, of which none is set, is silent itself
        return {n: v for n, v in plain.items() if v != {} or not is_dataclass(named[n])}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value
