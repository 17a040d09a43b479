"""What can be seen on these data, in plain language."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from mech_exo.calibration.calibration_record import CalibrationRecord
from mech_exo.report.formats import number, percent
from mech_exo.verdict.detection import DetectionFloor, PassRate


def show_calibration(record: CalibrationRecord, console: Console) -> None:
    """Print the level, the power by true ratio, and the detection floor."""
    console.print()
    console.print(f"What can be seen: {record.source}", style="bold", soft_wrap=True)
    console.print(_table(record))
    console.print()
    for line in calibration_lines(record):
        console.print(line, soft_wrap=True)


def calibration_lines(record: CalibrationRecord) -> Iterator[str]:
    """What the figures mean, a line each."""
    level = record.level
    passed = f"{percent(level.share)} of {level.studies} studies on noise passed"
    yield f"level      {passed}{_held(record)}"
    yield f"floor      these data {record.floor.words}{_interval(record.floor)}"
    yield "           below it a FAIL says that nothing can be seen here, not that nothing is there"
    yield (
        f"ratio      of the best {record.held} names by {record.factor}, after costs, against the "
        "equal-weighted universe"
    )
    yield f"time       {record.seconds:.0f} s of work in all processes"


def _held(record: CalibrationRecord) -> str:
    """Whether the level is kept, as far as so many studies can tell."""
    wanted, level = record.wanted_level, record.level
    words = f" ({percent(level.low)} to {percent(level.high)}); verdict.level is {percent(wanted)}"
    return f"{words}, which is not kept" if level.low > wanted else words


def _interval(floor: DetectionFloor) -> str:
    low, high = (
        f"above {floor.most:g}" if value is None else number(value, 2)
        for value in (floor.low, floor.high)
    )
    return f" (95 % interval: {low} to {high})"


def _table(record: CalibrationRecord) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("what is there", "studies", "PASS", "share", "95 % interval"):
        table.add_column(heading)
    table.add_row("nothing: noise like the factors", *_cells(record.level))
    for studies in record.skilled:
        strength = percent(studies.premium.strength)
        table.add_row(
            f"ratio {studies.wanted:g}: {strength} a year for a deviation of {record.factor}",
            *_cells(studies.rate),
        )
    return table


def _cells(rate: PassRate) -> tuple[str, str, str, str]:
    return (
        str(rate.studies),
        str(rate.passed),
        percent(rate.share),
        f"{percent(rate.low)} to {percent(rate.high)}",
    )
