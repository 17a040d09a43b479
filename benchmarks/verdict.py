"""How long a full verdict takes, and which part takes it.

python benchmarks/verdict.py            500 stocks x 10 years x 9 factors, monthly; 50 trials,
                                        99 placebos, 8 windows, on all cores
python benchmarks/verdict.py --small    80 stocks x 8 years, 19 placebos
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

OBJECTIVE = Path(__file__).parents[1] / "research" / "obj_utils.py"


def main() -> int:
    """Run and print."""
    from mech_exo.config.settings import DataSettings, DemoSettings, Settings
    from mech_exo.data.build import build_panel
    from mech_exo.data.demo import demo_market
    from mech_exo.objective.objective_file import ObjectiveFile
    from mech_exo.system.processes import cores
    from mech_exo.tuning.request import SearchRequest
    from mech_exo.tuning.runner import run_study
    from mech_exo.tuning.weight_search import WeightSearch
    from mech_exo.verdict.subject import study_subject
    from mech_exo.verdict.verdict import validate

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--trials", type=int, default=50)
    options = parser.parse_args()
    demo = DemoSettings(symbols=80, years=8) if options.small else DemoSettings(500, 10)
    base = Settings(data=DataSettings(demo=demo))
    placebos = 19 if options.small else 99
    settings = replace(base, verdict=replace(base.verdict, placebos=placebos))
    market = demo_market(demo)
    panel = build_panel(market, settings)
    objective = ObjectiveFile(OBJECTIVE, OBJECTIVE.read_bytes(), "the shipped one", OBJECTIVE.name)
    inside = panel.between(0, panel.split(settings.holdout.fraction))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.db"
        request = SearchRequest(
            study_name="benchmark",
            study_file=file,
            n_jobs=options.jobs,
            n_trials=options.trials,
        )
        study = run_study(request, WeightSearch(settings, objective, inside).search()).study
        subject = study_subject(settings, objective, panel, market, study)
        begun = time.perf_counter()
        verdict = validate(subject, file, jobs=options.jobs, progress=_progress)
        wall = time.perf_counter() - begun
    print(
        f"\n{len(panel.symbols)} stocks x {len(panel.dates)} days x {len(panel.factor_names)} "
        f"factors, {options.trials} trials, {placebos} placebos, {settings.verdict.windows} "
        f"windows, {options.jobs} jobs: {verdict.overall} in {wall:.1f} s"
    )
    for part, seconds in verdict.seconds.items():
        print(f"  {part:22s} {seconds:7.1f} s")
    return 0


def _progress(part: str, done: int, total: int) -> None:
    print(f"\r{part} {done}/{total}   ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
