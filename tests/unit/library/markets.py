"""A small market as DataFrames, and the same as files."""

from pathlib import Path

import numpy as np
import pandas as pd

SETTINGS = {
    "factors": {"min_history": 60},
    "verdict": {"placebos": 3, "windows": 2, "embargo_days": 5, "train_share": 0.6},
}


def frames(
    seed: int = 3, names: int = 12, sessions: int = 420
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Wide prices with a few holes, and a long table of one factor."""
    generator = np.random.default_rng(seed)
    dates = pd.bdate_range("2015-01-01", periods=sessions, name="date")
    symbols = [f"S{i:02d}" for i in range(names)]
    close = 50 * np.exp(np.cumsum(0.0004 + 0.01 * generator.standard_normal((sessions, names)), 0))
    close[generator.random(close.shape) < 0.005] = np.nan
    close[-1] = np.nan_to_num(close[-1], nan=50.0)
    rows = [
        (symbol, end.date().isoformat(), (end + pd.Timedelta(days=40)).date().isoformat(), value)
        for symbol in symbols
        for end, value in zip(
            pd.date_range("2014-09-30", periods=7, freq="QE"), generator.random(7), strict=True
        )
    ]
    reports = pd.DataFrame(
        rows, columns=["symbol", "period_end", "available_date", "return_on_equity"]
    )
    return pd.DataFrame(close, dates, symbols), reports


def file_project(folder: Path) -> Path:
    """The same data as a project folder of CSV files."""
    prices, reports = frames()
    (folder / "config").mkdir(parents=True)
    prices.to_csv(folder / "prices.csv", date_format="%Y-%m-%d", float_format="%.17g")
    reports.to_csv(folder / "reports.csv", index=False, float_format="%.17g")
    (folder / "config/settings.yml").write_text(
        "data:\n  source: files\n  prices: ../prices.csv\n  factors: [{file: ../reports.csv}]\n"
        "factors: {min_history: 60}\n"
        "verdict: {placebos: 3, windows: 2, embargo_days: 5, train_share: 0.6}\n"
    )
    return folder
