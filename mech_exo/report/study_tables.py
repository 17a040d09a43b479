"""Studies in short."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table

from mech_exo.report.formats import number
from mech_exo.report.plain_json import json_text
from mech_exo.tuning.data_findings import findings_of
from mech_exo.tuning.study_record import StudyRecord, StudySummary, TrialRecord
from mech_exo.verdict.standing import Standing


def studies_table(studies: Sequence[StudySummary]) -> Table:
    """A line for each study of a file."""
    table = Table(box=None, pad_edge=False)
    for heading in ("study", "trials", "failed", "pruned", "epochs", "best", "last trial (UTC)"):
        right = heading in ("trials", "failed", "pruned", "epochs")
        table.add_column(heading, justify="right" if right else "left")
    for study in studies:
        if study.damage:
            table.add_row(study.name, *[""] * 4, "damaged or edited", "")
            continue
        last = study.last_completed
        table.add_row(
            study.name + ("" if study.kind == "exo" else " (not made by exo)"),
            str(study.trials),
            str(study.states.get("FAIL", 0)),
            str(study.states.get("PRUNED", 0)),
            str(study.epochs),
            _best(study.best) if len(study.directions) == 1 else "several objectives",
            f"{last:%Y-%m-%d %H:%M}" if last else "–",
        )
    return table


def studies_json(studies: Sequence[StudySummary]) -> str:
    """The same as one JSON object, `{"studies": [...]}`."""
    content = {"studies": [_plain(study) for study in studies]}
    return json_text(content)


def _plain(study: StudySummary) -> dict[str, object]:
    if study.damage:
        return {"name": study.name, "damage": study.damage}
    best, last = study.best, study.last_completed
    return {
        "name": study.name,
        "made_by_exo": study.kind == "exo",
        "directions": list(study.directions),
        "trials": study.trials,
        "states": dict(study.states),
        "epochs": study.epochs,
        "best_trial": None if best is None else best.number,
        "best_value": None if best is None else best.values[0],
        "last_completed": None if last is None else last.isoformat(),
    }


def study_json(study: StudyRecord, known: Standing) -> str:
    """What `study_lines` shows, as one JSON object; figures that are not finite as null."""
    epoch, best, found = study.epoch, study.best(), findings_of(study)
    shown = {
        "name": study.name,
        "made_by_exo": study.kind == "exo",
        "objectives": list(study.objective_names),
        "directions": list(study.directions),
        "states": dict(Counter(t.state for t in study.trials)),
        "fingerprint": None if epoch is None else epoch.fingerprint,
        "first_trial": None if epoch is None else epoch.first_trial,
        "feasible": len(study.feasible_trials),
        "best": None if best is None else _figures(best),
        "front": [t.number for t in study.front()] if len(study.directions) > 1 else None,
        "verdict": None if known.present is None else known.present.block,
        "verdict_words": known.words,
        **({"data_findings": found} if found else {}),
    }
    return json_text(shown)


def _figures(trial: TrialRecord) -> dict[str, object]:
    return {
        "trial": trial.number,
        "value": trial.values[0],
        "params": dict(trial.params),
        "metrics": dict(trial.metrics),
    }


def study_lines(study: StudyRecord, known: Standing) -> Iterator[str]:
    """A study in a few lines."""
    yield f"study        {study.name}" + ("" if study.kind == "exo" else " (not made by exo)")
    yield f"objectives   {', '.join(study.objective_names) or len(study.directions)}"
    states = Counter(t.state for t in study.trials)
    counts = ", ".join(f"{states[s]} {s.lower()}" for s in sorted(states)) or "none"
    yield f"trials       {len(study.trials)} ({counts})"
    found = findings_of(study)
    if found:
        accepted = {True: " (accepted)", False: ""}
        names = [f"{f['name']}{accepted[bool(f.get('accepted'))]}" for f in found]
        yield f"data         {', '.join(names)}"
    if study.epoch is not None:
        yield (
            f"fingerprint  {study.epoch.fingerprint[:12]} since trial {study.epoch.first_trial}, "
            f"{len(study.current)} trials, {len(study.feasible_trials)} feasible"
        )
    if len(study.directions) > 1:
        yield f"front        trials {', '.join(str(t.number) for t in study.front()) or 'none'}"
        return
    best = study.best()
    yield f"best         {_best(best)}"
    yield f"verdict      {known.words}"
    if best is not None:
        yield from (f"  {name:<28} {value}" for name, value in best.params.items())
        yield from (f"  {name:<28} {value}" for name, value in best.metrics.items())


def _best(trial: TrialRecord | None) -> str:
    if trial is None:
        return "no feasible trial"
    return f"{number(trial.values[0], 4)} (trial {trial.number})"
