import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"

VICTIM = """
import sys
sys.path[:] = sys.argv[3:]
from pathlib import Path
from tests.unit.tuning.tuning_problems import Slow, bowl
from mech_exo.config import Settings
from mech_exo.config.settings import TuningSettings
from tests.unit.tuning.tuning_runs import Run, carried_out
settings = Settings(tuning=TuningSettings(sampler=sys.argv[2], population=6))
run = Run(bowl(evaluator=Slow), dict, "torture", Path(sys.argv[1]), settings, 3, wait=True,
          target_trials=40)
carried_out(run)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_killed_runs_end_as_the_undisturbed_one(
    tmp_path: Path, sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import torture

    def command(study_file: Path) -> list[str]:
        return [sys.executable, "-c", VICTIM, str(study_file), sampler, *sys.path]

    calm = tmp_path / "calm.db"
    begun = time.monotonic()
    subprocess.run(command(calm), check=True)
    seconds = time.monotonic() - begun
    expected = torture.table(calm)
    assert expected.count("\n") == 41
    rng = random.Random(3)
    for number in range(4):
        study_file = tmp_path / f"{number}.db"
        torture.run_until_done(command(study_file), study_file, rng, seconds, kills=3)
        assert torture.table(study_file) == expected
