"""A picture for messengers: the page's chart as PNG."""

import struct
import sys
from dataclasses import replace

import numpy as np
import pytest

from mech_exo.errors import ExoError
from mech_exo.report.charts.curve_plot import Curve
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.drawdowns import Drawdowns
from mech_exo.report.charts.png_picture import png_picture
from tests.unit.report.charts.sample_charts import sample_charts

CURVES = next(c for c in sample_charts() if isinstance(c, Curves))
FALLS = next(c for c in sample_charts() if isinstance(c, Drawdowns))


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_it_is_the_same_each_time_and_small_enough_to_send() -> None:
    pytest.importorskip("matplotlib")
    found = png_picture(CURVES)
    assert size(found) == (1200, 672)
    assert len(found) < 500_000
    assert png_picture(CURVES) == found
    assert size(png_picture(FALLS)) == (1200, 672)
    assert png_picture(FALLS) != found


def test_names_are_no_formulas_and_gaps_no_mistakes() -> None:
    pytest.importorskip("matplotlib")
    nothing = Curve("動量 $\\frac{", np.full(len(CURVES.x), np.nan))
    odd = tuple(replace(c, name="$\\frac{1}{ _x^") for c in CURVES.curves)
    title = "$\\undefined 動量"
    assert size(png_picture(replace(CURVES, title=title, curves=(*odd, nothing)))) == (1200, 672)
    assert size(png_picture(replace(CURVES, curves=(nothing,)))) == (1200, 672)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExoError, match=r"pip install 'mech-exo\[picture\]'"):
        png_picture(CURVES)
