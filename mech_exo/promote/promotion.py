"""Promoting a factor file: what it would change, what speaks against it, and doing it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.promote.changes import Changes, changes
from mech_exo.promote.contest import Contest, contest
from mech_exo.promote.history import HistoryEntry, VersionHistory, new_entry, read_text
from mech_exo.promote.objections import Objection, objections
from mech_exo.promote.switch import Switch, switch
from mech_exo.verdict.holdout import HoldoutLedger
from mech_exo.workflow.remembered_verdicts import standing_of_file, verdict_words

if TYPE_CHECKING:
    from mech_exo.portfolio.model import Model
    from mech_exo.workflow.session import Session


@dataclass(frozen=True)
class Proposal:
    """A factor file that may go into production.

    Attributes
    ----------
    label, text, file
        The challenger: name, bytes, content.
    same
        Whether it is in production already.
    changes, switch
        What it changes.
    contest
        Against the incumbent; None without one that can be compared.
    objections
        What speaks against it.
    verdict
        What is known of its skill, in a line.
    remark
        Why the incumbent cannot be compared; "" otherwise.
    cautions
        Where the settings say other rules of the portfolio than one of the two files.
    """

    label: str
    text: str
    file: FactorFile
    same: bool
    changes: Changes
    switch: Switch
    contest: Contest | None
    objections: tuple[Objection, ...]
    verdict: str
    remark: str = ""
    cautions: tuple[str, ...] = ()


def propose(
    session: "Session", root: Path, path: Path, now: datetime, study_file: Path
) -> Proposal:
    """Read the file at `path` and compare it with the incumbent below `root`.

    Parameters
    ----------
    study_file
        Where verdicts are remembered, and looks at the holdout counted.

    Raises
    ------
    ExoError
        If it is no factor file, or the data cannot serve it; if a symbolic link leads out of the
        project.
    """
    VersionHistory(root).check_place()
    text = read_text(path)
    return weigh(session, root, str(path), text, now, study_file)


def weigh(
    session: "Session", root: Path, label: str, text: str, now: datetime, study_file: Path
) -> Proposal:
    """As `propose`, of a text that `label` names."""
    from mech_exo.portfolio.model import model_of

    file = parse_factor_file(text, label)
    history = VersionHistory(root)
    present = history.present()
    challenger = model_of(session, file, label)
    incumbent, remark = _incumbent(session, history, present)
    switched = switch(incumbent, challenger)
    known = standing_of_file(file, study_file, session.settings.verdict)
    found = list(objections(file, label, session, now, known))
    compared = None
    if incumbent is not None:
        compared = contest(incumbent, challenger, switched.cost, session.settings.promote)
        _look(compared, (incumbent, challenger), study_file)
        if not compared.wins:
            found.append(Objection("contest", compared.reason))
    return Proposal(
        label=label,
        text=text,
        file=file,
        same=present == text,
        changes=changes(None if incumbent is None else incumbent.file, file),
        switch=switched,
        contest=compared,
        objections=tuple(found),
        verdict=verdict_words(file, known),
        remark=remark,
        cautions=tuple(
            f"{model.label} {model.otherwise}."
            for model in (incumbent, challenger)
            if model is not None and model.otherwise
        ),
    )


def _look(compared: Contest, models: "tuple[Model, Model]", study_file: Path) -> None:
    """Enter both in the ledger of looks, if figures of theirs will be shown."""
    if not compared.start:
        return
    panel = models[0].panel
    first = int(np.searchsorted(panel.dates, np.datetime64(compared.start)))
    ledger = HoldoutLedger(study_file, panel, first)
    for model in models:
        shown = ledger.shown(model.kernel, model.candidate, model.result)
        ledger.look(model.content, f"promote: {model.label}", shown)


def _incumbent(
    session: "Session", history: VersionHistory, present: str | None
) -> "tuple[Model | None, str]":
    """The model in production, or why there is none to compare with."""
    from mech_exo.portfolio.model import model_of

    if present is None:
        return None, f"there is no {history.production} yet"
    label = str(history.production)
    try:
        return model_of(session, parse_factor_file(present, label), label), ""
    except ExoError as error:
        return None, f"the incumbent cannot be run: {error.message}"


def check_reason(*, force: bool, reason: str) -> None:
    """Raise an ExoError for a force without a reason."""
    if force and not reason.strip():
        raise ExoError("--force needs a --reason, which the history keeps.")


def promote(proposal: Proposal, root: Path, *, force: bool, reason: str) -> HistoryEntry:
    """Put the proposed file into production.

    Raises
    ------
    ExoError
        Exit code 1 if something speaks against it and `force` is not given; code 2 for a force
        without a reason.
    """
    check_reason(force=force, reason=reason)
    against = tuple(objection.words for objection in proposal.objections)
    if against and not force:
        raise ExoError(
            f"{proposal.label} is not promoted: {'; '.join(against)}.",
            hint='To promote it all the same: --force --reason "WHY".',
            exit_code=ExitCode.REFUSED,
        )
    entry = new_entry("promote", reason, proposal.label, against)
    return VersionHistory(root).install(proposal.text, entry)


def rollback(root: Path, version: int | None, reason: str) -> HistoryEntry:
    """Put an earlier version back; None: the last one that differs from the file in production.

    Raises
    ------
    ExoError
        If there is no such version.
    """
    history = VersionHistory(root)
    if version is None:
        version = _before(history)
    text = history.text(version)
    parse_factor_file(text, str(history.path(version)))
    if text == history.present():
        raise ExoError(
            f"version {version} is in production already.", hint="exo factors history lists them."
        )
    return history.install(text, new_entry("rollback", reason, f"version {version}"))


def _before(history: VersionHistory) -> int:
    """The version that stood before the one in production."""
    entries, current = history.entries(), history.current()
    if current is not None:
        entries = tuple(e for e in entries if e.version < current.version)
        entries = tuple(e for e in entries if e.sha256 != current.sha256)
    whole = (e.version for e in reversed(entries) if _is_factor_file(history, e.version))
    version = next(whole, None)
    if version is None:
        raise ExoError(f"{history.folder} has no earlier version.", hint="exo factors history")
    return version


def _is_factor_file(history: VersionHistory, version: int) -> bool:
    """Whether a version is one: what somebody copied into production need not be."""
    text = history.text(version)
    try:
        parse_factor_file(text, "")
    except ExoError:
        return False
    return True
