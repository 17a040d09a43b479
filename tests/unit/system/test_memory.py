"""Memory given back: without a change of any value."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mech_exo.system import memory
from mech_exo.system.memory import in_pieces, release


def resident(file: Path) -> int:
    """Bytes of a file that are mapped and in this process's memory."""
    found, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            inside = line.endswith(str(file))
        elif inside and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "array.npy"
    np.save(path, np.arange(3e6).reshape(1000, 3000))
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("part", [slice(None), slice(10, 900)])
def test_a_mapped_array_is_released_and_stays_what_it_is(file: Path, part: slice) -> None:
    array = np.load(file, mmap_mode="r").view(np.ndarray)[part][:, 1:]
    total = array.sum()
    assert resident(file) > 3_000_000
    release(array)
    assert resident(file) == 0
    assert array.sum() == total


def test_what_was_written_to_a_mapping_is_not_lost(file: Path) -> None:
    array = np.load(file, mmap_mode="c")
    array[:] = 7.0
    for given in (array, array.view(np.ndarray)[3:]):
        release(given)
    assert (array == 7.0).all()


@pytest.mark.parametrize("array", [np.arange(3.0), np.arange(9.0)[2:4], None, [1.0]])
def test_what_is_no_mapping_is_left_alone(array: object) -> None:
    before = repr(array)
    release(array)
    assert repr(array) == before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_pieces_are_the_array_and_leave_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "PIECE", 2_000_000)
    array = np.load(file, mmap_mode="r").view(np.ndarray)
    column = array.reshape(1000, 300, 10)[:, :, 3]  # its cells are spread over all of the file
    for whole in (array, column, array[:1], array[:0], array[:, 0]):
        parts = list(in_pieces(whole))
        np.testing.assert_array_equal(np.concatenate([whole[:0], *parts]), whole)
        release(array)
        most = 0
        for part in in_pieces(whole):
            part.sum()
            most = max(most, resident(file))
        assert most < 8_000_000  # a third; systems map some megabytes at a time
        assert resident(file) == 0
