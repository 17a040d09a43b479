"""The result of a run as one JSON object; undefined figures are null."""

from dataclasses import asdict
from typing import Any

from mech_exo.report.plain_json import json_line
from mech_exo.workflow.figures import ConstraintValue, Portfolio
from mech_exo.workflow.optimised import Optimised


def result_json(result: Optimised) -> str:
    """Everything that a script needs, on one line."""
    return json_line(_document(result))


def _document(result: Optimised) -> dict[str, Any]:
    session, study = result.session, result.outcome.study
    status = {0: "done", 3: "no feasible trial", 130: "interrupted"}
    return {
        "status": status.get(result.exit_code, "no verdict"),
        "exit_code": int(result.exit_code),
        "study": {
            "name": study.name,
            "file": result.study_file,
            "trials": len(study.trials),
            "current_trials": len(study.current),
            "feasible_trials": len(study.feasible_trials),
            "added_trials": result.outcome.added,
            "fingerprint": study.epoch.fingerprint if study.epoch else None,
            "elapsed_seconds": result.outcome.elapsed_seconds,
            **_early(result),
        },
        "settings_file": session.settings_file.path,
        "objective_file": session.objective.path,
        "data": _data(result),
        **_found(result),
        "best": _best(result),
        "universe": _portfolio(result.universe),
        "incumbent": _incumbent(result),
        "front": [{"number": t.number, "values": t.values} for t in result.front],
        "verdict": _verdict(result),
        "verdict_words": result.standing.words,
        "files": _files(result),
    }


def _early(result: Optimised) -> dict[str, str]:
    """`ended_early`, where patience or time ended the search before its number of trials."""
    ended = result.outcome.ended
    return {"ended_early": ended} if ended in ("patience", "timeout") else {}


def _data(result: Optimised) -> dict[str, Any]:
    session = result.session
    panel, split = session.panel, session.split
    return {
        "source": session.settings.data.source,
        "description": panel.source,
        "fingerprint": session.data_fingerprint,
        "start": str(panel.dates[0]),
        "end": str(panel.dates[-1]),
        "holdout_start": str(panel.dates[split]) if session.holdout is not None else None,
        "holdout_look": 0 if result.best is None else result.best.look,
        "holdout_looks": result.looks,
        "names": len(panel.symbols),
        "factors": panel.factor_names,
        "missing_factors": tuple(panel.missing_factors),
    }


def _found(result: Optimised) -> dict[str, Any]:
    """`data_findings`, where the data check found something."""
    found = result.session.checked.as_list()
    return {"data_findings": found} if found else {}


def _best(result: Optimised) -> dict[str, Any] | None:
    if result.trial is None or result.best is None:
        return None
    return {
        "number": result.trial.number,
        "chosen": result.chosen,
        "feasible": result.trial.feasible,
        "values": result.trial.values,
        "params": dict(result.trial.params),
        "constraints": {c.name: _constraint(c) for c in result.constraints},
        **(_portfolio(result.best) or {}),
    }


def _constraint(constraint: ConstraintValue) -> dict[str, Any]:
    return {
        "value": constraint.value,
        "limit": constraint.limit,
        "satisfied": constraint.satisfied,
    }


def _portfolio(portfolio: Portfolio | None) -> dict[str, Any] | None:
    if portfolio is None:
        return None
    return {
        "label": portfolio.label,
        "weights": dict(portfolio.weights),
        "hyperparameters": dict(portfolio.hyperparameters),
        "parameters": {name: dict(given) for name, given in portfolio.parameters.items()},
        **({"portfolio": dict(portfolio.rules)} if portfolio.rules else {}),
        "in_sample": dict(portfolio.in_sample),
        "out_of_sample": None if portfolio.out_of_sample is None else dict(portfolio.out_of_sample),
        "occupancy": None if portfolio.occupancy is None else asdict(portfolio.occupancy),
        **({} if portfolio.sides_apart is None else {"sides_apart": portfolio.sides_apart}),
        **({} if portfolio.capacity is None else {"capacity": asdict(portfolio.capacity)}),
    }


def _incumbent(result: Optimised) -> dict[str, Any] | None:
    """The incumbent's portfolio; `knows_holdout` is null where it does not say."""
    portfolio, fit = _portfolio(result.incumbent), result.incumbent_fit
    if portfolio is None or fit is None:
        return None
    return {**portfolio, "fitted_until": fit.until, "knows_holdout": fit.knows}


def _verdict(result: Optimised) -> dict[str, Any] | None:
    """This run's verdict, else the one that the study remembers."""
    if result.verdict is not None:
        return result.verdict.as_dict()
    present = result.standing.present
    return None if present is None else dict(present.block)


def _files(result: Optimised) -> dict[str, Any]:
    staged = result.files.staged
    return {
        "exported": result.files.exported,
        "staged": staged.dated if staged else None,
        "staged_latest": staged.latest if staged else None,
        "git_added": staged.added if staged else False,
    }
