"""Key figures of the portfolio, in and out of sample, and of what stands beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mech_exo.factor_file.document import FIGURES
from mech_exo.tearsheet.reported import Reported
from mech_exo.workflow.figures import Dates, Metrics, Portfolio
from mech_exo.workflow.incumbent import INCUMBENT


@dataclass(frozen=True)
class PortfolioRecord:
    """The figures of one portfolio.

    Attributes
    ----------
    role
        "portfolio", "universe" or "incumbent".
    in_sample, out_of_sample
        Metric -> value, NaN where undefined; None where not known.
    remark
        What must be known of them; "" for nothing.
    """

    role: str
    label: str
    in_sample: Metrics | None
    out_of_sample: Metrics | None
    remark: str = ""


@dataclass(frozen=True)
class Performance:
    """All of them, the portfolio first.

    Attributes
    ----------
    in_sample, out_of_sample
        First and last date of the figures, from the first execution on; None where there are none.
    of_data
        Whether the dates are those of the data instead: a factor file knows no others of itself.
    look, looks
        Which look at the holdout the portfolio's first was, and how many portfolios were seen
        there; 0 where none was made.
    """

    records: tuple[PortfolioRecord, ...] = ()
    in_sample: Dates | None = None
    out_of_sample: Dates | None = None
    of_data: bool = False
    look: int = 0
    looks: int = 0
    notes: tuple[str, ...] = field(default=())


def performance(reported: Reported) -> Performance:
    """The figures that are known."""
    if reported.session is not None and reported.best is not None:
        return _computed(reported)
    if reported.file is not None:
        return _stated(reported.file.metadata, reported.file.out_of_sample, reported)
    if reported.trial is not None:
        mine = PortfolioRecord("portfolio", reported.label, reported.trial.metrics, None)
        return Performance((mine,), look=reported.look, looks=reported.looks)
    return Performance()


def _computed(reported: Reported) -> Performance:
    best = reported.best
    assert best is not None
    return Performance(
        records=tuple(_records(reported)),
        in_sample=best.dates_in_sample,
        out_of_sample=best.dates_out_of_sample,
        look=best.look,
        looks=best.looks or (_stated_looks(reported) if best.dates_out_of_sample else 0),
    )


def _stated_looks(reported: Reported) -> int:
    """How many portfolios had been seen when the file was exported, as it says."""
    outside = None if reported.file is None else reported.file.out_of_sample
    return int(outside.get("looks", 0)) if outside else 0


def _records(reported: Reported) -> Iterator[PortfolioRecord]:
    roles: tuple[tuple[str, Portfolio | None], ...] = (
        ("portfolio", reported.best),
        ("universe", reported.universe),
        ("incumbent", reported.incumbent),
    )
    for role, portfolio in roles:
        if portfolio is not None:
            fit = reported.incumbent_fit if role == "incumbent" else None
            remark = f"{INCUMBENT} {fit.words}" if fit is not None and fit.words else ""
            yield PortfolioRecord(
                role, portfolio.label, portfolio.in_sample, portfolio.out_of_sample, remark
            )


def _stated(
    metadata: Mapping[str, Any], outside: Mapping[str, Any] | None, reported: Reported
) -> Performance:
    """What a factor file says of itself; nothing of weights that are not its own any more."""
    if reported.file is not None and reported.file.hash_matches is False:
        return Performance()
    inside = {metric: metadata[name] for name, metric in FIGURES.items() if metadata.get(name)}
    provenance = (reported.file.provenance if reported.file else None) or {}
    seen = _known(outside, "metrics")
    universe = _known(outside, "universe")
    records = [PortfolioRecord("portfolio", reported.label, inside, seen)]
    if universe:
        records.append(PortfolioRecord("universe", "universe", None, universe))
    ends = provenance.get("data_start"), provenance.get("in_sample_end")
    return Performance(
        records=tuple(records),
        in_sample=(str(ends[0]), str(ends[1])) if all(ends) else None,
        out_of_sample=(str(outside["start"]), str(outside["end"])) if outside else None,
        of_data=True,
        look=reported.look,
        looks=reported.looks or _stated_looks(reported),
    )


def _known(outside: Mapping[str, Any] | None, name: str) -> Metrics | None:
    figures = (outside or {}).get(name)
    if not isinstance(figures, Mapping):
        return None
    return {metric: value for metric, value in figures.items() if value is not None}
