"""Fundamentals in every layout that is known: the same panel, and three broken ones refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mech_exo.errors import ExitCode, ExoError
from tests.unit.data.layouts.test_price_layouts import change, settings, text
from tests.unit.data.layouts.thirty_stocks import (
    PUBLISHED_AFTER,
    SYMBOLS,
    assert_same,
    market_of,
    panel_of,
    plain_files,
    stocks,
)

Entries = list[dict[str, Any]]
Writer = Callable[[Path], Entries]
Broken = list[tuple[Callable[[Path], object], str]]
COLUMNS = {"roe": "return_on_equity", "growth": "revenue_growth"}


def written(path: Path, frame: pd.DataFrame, sep: str = ",", **entry: Any) -> Entries:
    frame.to_csv(path, index=False, sep=sep)
    return [{"file": str(path), "columns": COLUMNS} | entry]


def dated(column: str) -> Any:
    return stocks().facts[column].dt.strftime("%Y-%m-%d")


def sf1(folder: Path) -> Entries:
    made = stocks().facts
    reported = pd.DataFrame(
        {
            "ticker": made["symbol"],
            "dimension": "ARQ",
            "calendardate": dated("end"),
            "datekey": dated("public"),
            "reportperiod": dated("end"),
            "lastupdated": "2020-01-01",
            "roe": made["roe"],
            "growth": made["growth"],
        }
    )
    restated = reported.assign(dimension="MRQ", datekey=reported["reportperiod"], roe=9.0)
    both = pd.concat([reported, restated])
    return written(folder / "f.csv", both, where={"dimension": "ARQ"})


def simfin(folder: Path) -> Entries:
    made = stocks().facts
    frame = pd.DataFrame(
        {
            "Ticker": made["symbol"],
            "Fiscal Period": "Q1",
            "Report Date": dated("end"),
            "Publish Date": dated("public"),
            "Restated Date": dated("public"),
            "Cash, Cash Equivalents & Short Term Investments": 1,
            "roe": made["roe"],
            "growth": made["growth"],
        }
    )
    frame.loc[len(frame) - 1, "Publish Date"] = frame["Report Date"].iloc[-1]
    return written(folder / "f.csv", frame, sep=";")


def kaggle(folder: Path) -> Entries:
    """`fundamentals.csv`: an index without a name, period ends, no publication."""
    made = stocks().first_reports
    frame = pd.DataFrame(
        {
            "": range(len(made)),
            "Ticker Symbol": made["symbol"],
            "Period Ending": dated("end").iloc[:-1],
            "roe": made["roe"],
            "growth": made["growth"],
        }
    )
    return written(folder / "f.csv", frame, availability_lag_days=PUBLISHED_AFTER)


def compustat(folder: Path) -> Entries:
    """Some rows have no rdq: the lag stands for it."""
    made = stocks().facts
    rdq = dated("public").where(np.arange(len(made)) % 11 != 3, "")
    frame = pd.DataFrame(
        {
            "gvkey": "001690",
            "datadate": made["end"].dt.strftime("%Y%m%d"),
            "fyearq": made["end"].dt.year,
            "tic": made["symbol"],
            "rdq": rdq.str.replace("-", ""),
            "roe": made["roe"],
            "growth": made["growth"],
        }
    )
    return written(folder / "f.csv", frame, availability_lag_days=PUBLISHED_AFTER)


def alphalens(folder: Path) -> Entries:
    entries = []
    for column, name in COLUMNS.items():
        made = stocks().facts.set_index(["public", "symbol"])[column]
        made.rename_axis(["date", "asset"]).rename("factor").to_csv(folder / f"{column}.csv")
        entries.append({"file": str(folder / f"{column}.csv"), "factor": name})
    return entries


def workbook(folder: Path) -> Entries:
    made = stocks().facts.rename(columns={"end": "period_end", "public": "available_date"})
    with pd.ExcelWriter(folder / "f.xlsx") as writer:
        made.to_excel(writer, sheet_name="Facts", index=False)
    return [{"file": str(folder / "f.xlsx"), "columns": COLUMNS}]


def edgar(folder: Path) -> Entries:
    """A file a company: an instant tag and one of durations, and comparisons that repeat."""
    (folder / "facts").mkdir()
    for position, (symbol, rows) in enumerate(stocks().facts.groupby("symbol")):
        assets, sales = [], []
        last = str(rows["public"].max().date())
        for row in rows.to_dict("records"):
            end, filed = str(row["end"].date()), str(row["public"].date())
            start = str((row["end"] - pd.Timedelta(days=90)).date())
            year = str((row["end"] - pd.Timedelta(days=364)).date())
            paper = {"end": end, "filed": filed, "form": "10-Q", "fy": 2019, "fp": "Q1"}
            assets.append({**paper, "val": row["roe"]})
            sales.append({**paper, "start": start, "val": row["growth"]})
            sales.append({**paper, "start": year, "val": 4 * row["growth"]})
        # The next report repeats the first period as a comparison, and one figure twice.
        assets += [{**assets[0], "filed": last}, assets[0]]
        content = {
            "cik": position,
            "ticker": symbol if position % 2 else None,
            "facts": {
                "us-gaap": {
                    "StockholdersEquity": {"units": {"USD": assets}},
                    "Revenues": {"units": {"USD": sales}},
                }
            },
        }
        (folder / f"facts/{symbol}.json").write_text(json.dumps(content))
    columns = {"us-gaap:StockholdersEquity": "return_on_equity", "Revenues": "revenue_growth"}
    where = {"duration": ["instant", "quarter"]}
    return [{"file": str(folder / "facts"), "columns": columns, "where": where}]


CASES: dict[str, tuple[Writer, float, Broken]] = {
    "Sharadar": (
        sf1,
        0.0,
        [
            (settings(where=None), "mixes the dimensions 'ARQ', 'MRQ'"),
            (settings(where={"dimension": "MRQ"}), "MRQ are restated"),
            (settings(where={"dimension": "ARY"}), "no row has 'ARY' in 'dimension'"),
            (change("f.csv", "datekey", "day"), "no column 'available_date'"),
        ],
    ),
    "SimFin": (
        simfin,
        0.0,
        [
            (change("f.csv", "Publish Date", "Print Date"), "no column 'available_date'"),
            (change("f.csv", "2018-11-09;2018-11-09", "2018-09-01;2018-09-01"), "before Report"),
            (change("f.csv", ";2018-11-09;2018", ";;2018"), "Publish Date is empty"),
        ],
    ),
    "Kaggle NYSE": (
        kaggle,
        0.0,
        [
            (settings(availability_lag_days=None), "'Period Ending' is the end of a period"),
            (change("f.csv", "Period Ending", "Quarter"), "no column of the period's end"),
            (change("f.csv", "1,S00,2018-12-31", "1,S00,2018-09-30"), "S00 has a second row"),
        ],
    ),
    "Compustat": (
        compustat,
        0.0,
        [
            (settings(availability_lag_days=None), "rdq is empty (8 such rows)"),
            (change("f.csv", "20181109", "20180101"), "rdq is 2018-01-01, before datadate"),
            (change("f.csv", "S00", "s00"), "s00 has no prices"),
        ],
    ),
    "alphalens": (
        alphalens,
        0.0,
        [
            (change("roe.csv", "date", "period_end"), "'period_end' is the end of a period"),
            (change("roe.csv", "2018-11-09,S01", "2018-11-09,S00"), "S00 has a second row"),
            (change("growth.csv", "2018-11-09", "9/11/2018"), "not a date"),
        ],
    ),
    "Excel": (
        workbook,
        1e-12,
        [
            (settings(sheet="Fact"), "has no sheet 'Fact'"),
            (settings(drop=["available_date"]), "'available_date' is needed"),
            (settings(columns={"roa": "x"}), "no column 'roa'"),
        ],
    ),
    "EDGAR": (
        edgar,
        0.0,
        [
            (settings(where=None), "Revenues has several values of duration: 'quarter', 'year'"),
            (settings(columns={}), "holds 2 tags, and none is chosen"),
            (change("facts/S03.json", '"filed"', '"field"'), "S03.json: facts.us-gaap"),
            (change("facts/S03.json", "2018-11-09", "2018-09-09"), "S03.json, figure 1: filed is"),
            (change("facts/S03.json", '"facts"', '"fact"'), "has no `facts`"),
            (settings(columns={"Revenue": "x"}), "has no tag 'Revenue'"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_facts_in_this_layout_are_the_same_panel(name: str, tmp_path: Path) -> None:
    writer, tolerance, _ = CASES[name]
    plain = plain_files(tmp_path, restated=name != "Kaggle NYSE")
    expected = panel_of(plain)
    assert not np.isnan(expected.exposures[..., :2]).all(axis=(0, 1)).any()
    assert_same(panel_of(plain | {"factors": writer(tmp_path)}), expected, tolerance)


def broken_cases() -> list[Any]:
    assert all(len(broken) >= 3 for _, _, broken in CASES.values())
    return [
        pytest.param(name, i, id=f"{name} {i + 1}")
        for name, (_, _, broken) in CASES.items()
        for i in range(len(broken))
    ]


@pytest.mark.parametrize(("name", "variant"), broken_cases())
def test_what_is_broken_is_refused(name: str, variant: int, tmp_path: Path) -> None:
    writer, _, broken = CASES[name]
    plain, entries = plain_files(tmp_path), writer(tmp_path)
    spoil, says = broken[variant]
    stated = spoil(tmp_path)
    entries[0] |= stated if isinstance(stated, dict) else {}
    with pytest.raises(ExoError) as caught:
        market_of(plain | {"factors": entries})
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert says in caught.value.message
    assert "\n" not in str(caught.value)
    for period in ("end", "period_end", "Period Ending", "Report Date", "datadate"):
        assert f"available_date: {period}" not in caught.value.hint


def test_what_was_done_to_the_dates_is_said(tmp_path: Path) -> None:
    plain = plain_files(tmp_path)
    notes = market_of(plain | {"factors": simfin(tmp_path)}).notes
    assert notes == ("f.csv: 1 of 91 rows count from Restated Date",)
    notes = market_of(plain | {"factors": kaggle(tmp_path)}).notes
    assert notes == (
        f"f.csv: taken as public {PUBLISHED_AFTER} days after 'Period Ending' (no date of it)",
    )
    notes = market_of(plain | {"factors": compustat(tmp_path)}).notes
    assert notes[0].startswith("f.csv: 8 of 91 rows have no rdq, and are taken as public 40 days")


def test_units_of_a_tag_are_not_mixed(tmp_path: Path) -> None:
    plain, entries = plain_files(tmp_path), edgar(tmp_path)
    text(tmp_path / f"facts/{SYMBOLS[4]}.json", '"USD"', '"EUR"')
    with pytest.raises(ExoError, match="StockholdersEquity has several values of unit") as caught:
        market_of(plain | {"factors": entries})
    assert "where: {unit: USD}" in caught.value.hint
