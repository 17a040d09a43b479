"""The recorded runs come out again."""

import json

import pytest

from tests.recorded.runs import LEARNS_NOTHING, MACHINE, RUNS, Recorded, differences, machine

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_run_is_as_recorded(run: Recorded) -> None:
    exact = machine() == json.loads(MACHINE.read_text())
    if not exact and run.name not in LEARNS_NOTHING:
        pytest.skip("another type of machine: the search may take another turn at the last bit")
    assert list(differences(run, exact=exact)) == []
