"""From a factor file or a trial to what is backtested: its session and its parameters."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.objective.space import Space
from mech_exo.workflow.log import Log
from mech_exo.workflow.reopen import known_to, reopen
from mech_exo.workflow.session import InputRequest, Session, open_session
from mech_exo.workflow.study_settings import as_searched

if TYPE_CHECKING:
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import FactorFile, Parameter
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord

BEST = "best"


class NamedPortfolio(NamedTuple):
    """A portfolio, and the inputs under which it is run.

    Attributes
    ----------
    origin
        What it is, for the ledger of looks.
    """

    session: Session
    label: str
    params: "Mapping[str, Parameter]"
    origin: str


def names_trial(text: str) -> bool:
    """Whether FILE|TRIAL names a trial: a number or `best`; a file of that name is `./best`."""
    return text == BEST or (text.isascii() and text.isdigit())


def portfolio_of_file(
    path: Path, request: InputRequest, log: Log, until: date | None = None
) -> NamedPortfolio:
    """The portfolio of a factor file, under the settings that it states.

    One that states none, as one written by hand, is run under those at hand.

    Parameters
    ----------
    until
        A day that is asked for. If it is later than the file's last date, the session has the later
        dates that the data have by now; no trial saw them, so they are of the holdout.

    Raises
    ------
    ExoError
        Exit code 4 if data or objective file are not the file's.
    """
    file = read_factor_file(path)
    if file.hash_matches is False:
        log.warn(f"{path}: weights, hyperparameters or rules have been edited since the export.")
    session = _session_of(path, file, request, log, until)
    space = Space.of(session.spec, session.panel, session.settings)
    return NamedPortfolio(session, str(path), space.with_data(file.params), f"backtest: {path}")


def _session_of(
    path: Path, file: "FactorFile", request: InputRequest, log: Log, until: date | None
) -> Session:
    from mech_exo.workflow.stated_mandate import check_construct

    if file.stated_settings is None:
        log.warn(f"{path} states no settings: those at hand are used.")
        session = open_session(request, log)
        check_construct(file, str(path), session.spec)
        return session
    _check_own_rules(path, request)
    end = (file.provenance or {}).get("data_end")
    later = until is not None and end is not None and str(until) > str(end)
    session = reopen(str(path), file, request, log, until_its_end=not later)
    known = _known(path, file, session)
    _say_kernel(path, file, log)
    return _with_later_dates(session, known, log) if later else session


def _with_later_dates(session: Session, known: "Panel", log: Log) -> Session:
    """The session, whose in-sample part ends where it did when the file was made.

    Parameters
    ----------
    known
        Up to the file's last date.
    """
    dates, end = session.panel.dates, len(known.dates)
    if end == len(dates):
        return session
    first = known.split(session.settings.holdout.fraction)  # `end` without a holdout
    log.note(f"dates      up to {dates[-1]}; the file's own end on {known.dates[-1]}")
    log.note(f"holdout    from {dates[first]}, as the file has it")
    return replace(session, holdout_from=dates[first])


def _known(path: Path, file: "FactorFile", session: Session) -> "Panel":
    """The panel up to the file's last date; refuses data and an objective file of another."""
    from mech_exo.verification.reproduction import other_inputs

    market, panel = session.market, session.panel
    end = (file.provenance or {}).get("data_end")
    if end is not None and str(panel.dates[-1]) > str(end):
        market, panel = known_to(file, market, session.settings)
    why = other_inputs(file, session.objective, market, panel)
    if why:
        raise ExoError(
            f"{path}: {'; '.join(why)}.",
            hint="Name data and objective file with --config and --objective; `exo verify` shows "
            "what differs.",
            exit_code=ExitCode.NOT_THE_FILES,
        )
    return panel


def _check_own_rules(path: Path, request: InputRequest) -> None:
    """Refuse rules of the portfolio on the command line: a file states its own."""
    given = [name for name in request.overrides if name.startswith("portfolio.")]
    if given:
        flag = "--" + given[0].removeprefix("portfolio.").replace("_", "-")
        raise ExoError(
            f"{flag}: {path} keeps to the rules that it was made under.",
            hint=f"Leave {flag} out; it is for a trial of a study that was made with it.",
        )


def _say_kernel(path: Path, file: "FactorFile", log: Log) -> None:
    from mech_exo.backtest.kernel_version import KERNEL_VERSION

    made = (file.provenance or {}).get("kernel_version")
    if made not in (None, KERNEL_VERSION):
        log.warn(
            f"{path} was made under kernel {made} of the backtest, this is {KERNEL_VERSION}: its "
            "figures may differ from those that it states."
        )


def portfolio_of_trial(
    which: str, study_file: Path, name: str, request: InputRequest, log: Log
) -> NamedPortfolio:
    """The portfolio of a study's trial.

    Parameters
    ----------
    which
        A number, or `best`: what the study would export.

    Raises
    ------
    ExoError
        For a trial that is not there, has failed, or was made under another fingerprint; exit code
        3 for the best trial of a study that has none.
    """
    from mech_exo.tuning.records import read_study
    from mech_exo.verdict.subject import study_subject
    from mech_exo.workflow.factor_list import factors_of_study
    from mech_exo.workflow.verdict_run import plateau_trial

    study = read_study(study_file, name)
    trial = _best(study) if which == BEST else _numbered(study, int(which))
    request = as_searched(request, study_file, name, log)
    session = open_session(request, log, factors_of_study(study_file, name))
    inputs = session.settings, session.objective, session.panel, session.market
    study_subject(*inputs, study, trial)  # that it is the study of these inputs
    label = f"trial {trial.number}"
    if which == BEST and session.settings.verdict.choose == "plateau":
        trial, label = plateau_trial(session, study), "plateau"
        session.appraiser.let_go()
    return NamedPortfolio(session, label, trial.params, f"backtest: {label} of study {name}")


def _best(study: "StudyRecord") -> "TrialRecord":
    found = study.best()
    if found is not None:
        return found
    if len(study.directions) > 1:
        front = ", ".join(str(trial.number) for trial in study.front()[:10])
        raise ExoError(
            f"study {study.name!r} has several objectives and no single best trial.",
            hint=f"Name one by its number; on its front are {front}." if front else "",
            exit_code=ExitCode.BAD_INPUT if front else ExitCode.NO_FEASIBLE_TRIAL,
        )
    raise ExoError(
        f"study {study.name!r}: {study.without_feasible()}.",
        hint=f"Name a trial by its number: `exo study trials {study.name}` lists them.",
        exit_code=ExitCode.NO_FEASIBLE_TRIAL,
    )


def _numbered(study: "StudyRecord", number: int) -> "TrialRecord":
    trial = next((t for t in study.trials if t.number == number), None)
    lists = f"`exo study trials {study.name}` lists them."
    if trial is None:
        count = len(study.trials)
        raise ExoError(
            f"study {study.name!r} has no trial {number}: it has {count}, numbered from 0.",
            hint=lists,
        )
    if trial not in study.current:
        raise ExoError(
            f"trial {number} of study {study.name!r} was made under an earlier fingerprint "
            "(other data, settings or code) than the study has now.",
            hint="Name a trial of the current epoch, or a factor file that was exported then.",
        )
    if trial.state == "FAIL":
        raise ExoError(
            f"trial {number} of study {study.name!r} failed: {trial.reason or 'no reason stored'}.",
            hint=f"Name another; {lists}",
        )
    if not trial.finished:
        raise ExoError(f"trial {number} of study {study.name!r} is not finished.", hint=lists)
    return trial
