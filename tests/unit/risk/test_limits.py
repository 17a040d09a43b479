"""The file of limits."""

from pathlib import Path

import pytest

from mech_exo.config.packaged import RISK_LIMITS, packaged_file
from mech_exo.errors import ExoError
from mech_exo.risk.limits import WORSE_ABOVE, Limit, find_limits, read_limits

OF_SHORTS = {"gross", "net", "short_interest"}


def test_the_shipped_file_limits_every_figure(tmp_path: Path) -> None:
    shipped = packaged_file(RISK_LIMITS)
    limits = read_limits(shipped)
    assert set(limits.limits) == set(WORSE_ABOVE) - OF_SHORTS
    path = tmp_path / "limits.yml"
    path.write_text(shipped.read_text().replace("\n  # ", "\n  "))
    assert set(read_limits(path).limits) == set(WORSE_ABOVE)
    assert (limits.window, limits.confidence, limits.sectors) == (252, 0.95, None)


def test_lights() -> None:
    above = Limit(amber=0.1, red=0.2, worse_above=True)
    lights = [above.light(value) for value in (0.1, 0.11, 0.2, 0.21, float("nan"))]
    assert lights == ["green", "amber", "amber", "red", "red"]
    below = Limit(amber=5, red=3, worse_above=False)
    assert [below.light(value) for value in (5, 4, 3, 2)] == ["green", "amber", "amber", "red"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("limits: {volatilty: {red: 1}}", "line 1: limits.volatilty is unknown. Did you mean"),
        ("limits:\n  cash: {amber: 0.5}", "line 2: limits.cash has no red threshold"),
        ("limits:\n  cash: {amber: 0.5, red: 0.4}", "limits.cash.amber is above red"),
        ("limits:\n  names: {amber: 2, red: 4}", "limits.names.amber is below red"),
        ("limits:\n  cash: {red: much}", "limits.cash.red is 'much', expected a number"),
        ("limits:\n  cash: {red: .nan}", "limits.cash.red is nan, must be between"),
        ("limits: [1]", "limits is not a section"),
        ("confidence: 95", "confidence is 95, must be between 0.5 and 0.9999"),
        ("window: 2.5", "window is 2.5, expected a whole number"),
        ("sectors: 3", "sectors is not the name of a file"),
        ("windows: 3", "windows is unknown. Did you mean 'window'?"),
        ("- 1", "the file is not a section"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "limits.yml"
    path.write_text(text)
    with pytest.raises(ExoError) as caught:
        read_limits(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_red_alone_and_nothing_at_all(tmp_path: Path) -> None:
    path = tmp_path / "limits.yml"
    path.write_text("sectors: map.csv\nlimits:\n  cash: {red: 0.5}\n  names: null\n")
    limits = read_limits(path)
    assert limits.limits == {"cash": Limit(0.5, 0.5, worse_above=True)}
    assert limits.sectors == tmp_path / "map.csv"
    for nothing in ("", "limits: {}", "limits: {cash: null}", "window: 100"):
        path.write_text(nothing)
        with pytest.raises(ExoError, match="limits are missing"):
            read_limits(path)


def test_which_file(tmp_path: Path) -> None:
    assert find_limits(tmp_path / "mine.yml", tmp_path) == tmp_path / "mine.yml"
    near = tmp_path / "config/risk_limits.yml"
    near.parent.mkdir()
    near.touch()
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    assert find_limits(None, inner) == near
    near.unlink()
    assert find_limits(None, inner) == packaged_file(RISK_LIMITS)
