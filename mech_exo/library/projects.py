"""The project: settings, objective and data, and everything that can be asked of them."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExoError
from mech_exo.library.arguments import Arguments, PathLike, check_mapping, check_search, session_of
from mech_exo.library.backtests import Backtest, Part, Portfolio
from mech_exo.library.checks import Check
from mech_exo.library.functions import Definitions
from mech_exo.library.studies import Study
from mech_exo.library.verdicts import Verdict
from mech_exo.system.blas_threads import caller_threads_kept
from mech_exo.system.typed_fields import as_path, check_is
from mech_exo.tuning.events import Listener, ignore
from mech_exo.tuning.request import DEFAULT_STUDY, STUDY_FILE, Duration, SearchRequest
from mech_exo.workflow.log import PythonLog

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.config.settings import Settings
    from mech_exo.verification.comparisons import Verification
    from mech_exo.workflow.session import Session

Progress = Callable[[str, int, int], None]


class Project:
    """Settings, an objective and data, opened once.

    Two projects in one process share nothing. Methods may be called from any thread; in the main
    thread Ctrl-C ends a search in order, and what was finished is kept.

    Parameters
    ----------
    prices
        Closes adjusted for dividends and splits: a row for each date and a column for each symbol,
        or long with the columns date, symbol and close.
    factors
        Name -> DataFrame. Wide: known at the close of each date. Long: columns symbol,
        available_date, period_end (if there is one) and the values; a value counts from its
        available_date on.
    universe
        Who can be chosen when: `membership` (columns symbol, from, to), `sectors`, `volume`,
        `traded_value`, `market_cap` -> DataFrame, in the form of the file that the setting
        `data.membership`, … would name.
    settings
        As in a settings file: `{"tuning": {"seed": 7}, "holdout": {"fraction": 0.25}}`.
    objective
        An objective file, or a mapping of names to functions and thresholds
        (`{"suggest_factor_weights": f, "objective": g, "MAX_DRAWDOWN_THRESHOLD": 0.2}`); None:
        the nearest research/obj_utils.py upward from `folder`, or the one that comes with exo.
    folder
        Where studies/ and factors/ lie.

    Raises
    ------
    ExoError
        For data, settings or an objective with a mistake; the message says where. Errors of the
        data check (docs/data.md) are logged and stand in `check`; what computes raises them.
    """

    def __init__(
        self,
        prices: "pd.DataFrame",
        factors: "Mapping[str, pd.DataFrame] | None" = None,
        *,
        universe: "Mapping[str, pd.DataFrame] | None" = None,
        settings: Mapping[str, Any] | None = None,
        objective: PathLike | Definitions | None = None,
        folder: PathLike = ".",
    ) -> None:
        for name, given in (("factors", factors), ("universe", universe), ("settings", settings)):
            check_mapping(name, given)
        self.folder = Path(folder).resolve()
        frames = (prices, dict(factors or {}))
        self._arguments = Arguments(
            self.folder, dict(settings or {}), objective, frames=frames, universe=universe
        )
        _ = self.session

    @classmethod
    def open(
        cls,
        folder: PathLike = ".",
        *,
        config: PathLike | None = None,
        settings: Mapping[str, Any] | None = None,
        objective: PathLike | Definitions | None = None,
    ) -> "Project":
        """A project folder, as the command line sees it from there.

        Parameters
        ----------
        config
            Settings file; None: EXO_CONFIG, or the nearest config/settings.yml upward, or the one
            that comes with exo.
        settings
            Overrides, as in `Project`.
        """
        check_mapping("settings", settings)
        project = cls.__new__(cls)
        project.folder = Path(folder).resolve()
        if not project.folder.is_dir():
            raise ExoError(f"{folder}: is not a folder.", hint="exo init makes a project folder.")
        named = None if config is None else Path(config)
        project._arguments = Arguments(project.folder, dict(settings or {}), objective, named)
        _ = project.session
        return project

    @cached_property
    def session(self) -> "Session":
        """The resolved inputs that the engine works on; not part of the stable interface."""
        return self._arguments.session()

    @property
    def settings(self) -> "Settings":
        """The resolved settings."""
        return self.session.settings

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Factors that have data, the objective file's own included."""
        return self.session.factor_names

    @property
    def dates(self) -> "pd.DatetimeIndex":
        """Sessions of the data."""
        import pandas as pd

        return pd.DatetimeIndex(self.session.panel.dates, name="date")

    def __repr__(self) -> str:
        return f"Project({self.session.panel.source}; {len(self.factor_names)} factors)"

    def tune(
        self,
        trials: int | None = None,
        *,
        target: int | None = None,
        name: str = DEFAULT_STUDY,
        timeout: Duration | None = None,
        patience: int | None = None,
        jobs: int | None = None,
        on_event: Listener = ignore,
        accept_changes: bool = False,
        wait: bool = False,
        study_file: PathLike | None = None,
    ) -> Study:
        """Search, or go on with the search of a study that is there.

        Parameters
        ----------
        trials, target
            Trials to add (50), or the number that the study shall hold in the end. Neither, but a
            timeout or a patience: as many as these allow.
        timeout
            Time for the search: "30m", seconds, or a timedelta; None: no limit.
        patience
            Trials without a better feasible one that end it; None: `tuning.patience` of the
            settings.
        jobs
            Worker processes; None: one for each core. The result does not depend on it.
        on_event
            Told of every finished trial and whatever else happens (`mech_exo.TrialFinished`, …).
        accept_changes
            Go on with a study although data, objective or settings have changed.
        wait
            Wait for another run of the same study to end.
        study_file
            None: studies/factor_opt.db of the project's folder.

        Returns
        -------
        Study
            Also after Ctrl-C: `study.interrupted` says so, and the same call goes on.
        """
        from mech_exo.library.studies import tuned_study
        from mech_exo.system.processes import cores

        check_search(name, on_event, trials, target, jobs, patience)
        request = SearchRequest(
            study_name=name,
            study_file=self._study_file(study_file),
            n_jobs=jobs or cores(),
            n_trials=trials,
            target_trials=target,
            accept_changes=accept_changes,
            timeout=timeout,
            wait=wait,
        )
        with caller_threads_kept():
            session = session_of(self.session, name, request.study_file)
            return tuned_study(session, request, patience, on_event)

    def study(self, name: str = DEFAULT_STUDY, *, study_file: PathLike | None = None) -> Study:
        """A study that is there."""
        from mech_exo.tuning.records import read_study

        path = self._study_file(study_file)
        return Study(read_study(path, name), path)

    def backtest(
        self,
        portfolio: Portfolio,
        *,
        part: Part = "in_sample",
        cash_pct: float | None = None,
        stop_loss_pct: float | None = None,
        position_size_pct: float | None = None,
    ) -> Backtest:
        """The path of a portfolio on this project's data, by its rules.

        Parameters
        ----------
        portfolio
            Factor -> weight; a trial; or the path of a factor file.
        part
            "in_sample"; "holdout", whose path begins there with cash, and which is entered as a
            look at it; "all", which is a look too.
        cash_pct, stop_loss_pct, position_size_pct
            None: what the trial or the file says, and for weights what the settings say.
        """
        from mech_exo.library.backtests import params_of, run_backtest

        label, params = params_of(portfolio, self.session)
        given = {
            "cash_pct": cash_pct,
            "stop_loss_pct": stop_loss_pct,
            "position_size_pct": position_size_pct,
        }
        params |= {name: value for name, value in given.items() if value is not None}
        with caller_threads_kept():
            return run_backtest(self.session, self._study_file(None), label, params, part)

    def validate(
        self, study: Study, *, jobs: int | None = None, on_progress: Progress | None = None
    ) -> Verdict:
        """Skill or luck: the verdict on a study's best trial.

        Parameters
        ----------
        on_progress
            Told of every finished replicate: part, how many are done, of how many.
        """
        from mech_exo.library.verdicts import judge_study

        check_is("study", study, Study)

        with caller_threads_kept():
            session = session_of(self.session, study.name, study.file)
            session.try_apart()
            verdict = judge_study(session, study.record, study.file, jobs, on_progress)
        study.verdict = verdict
        return verdict

    def export(self, study: Study, path: PathLike, *, trial: int | None = None) -> Path:
        """Write the factor file of a study's best trial, or of trial number `trial`.

        The same study gives the same bytes, whenever it is exported. A file that is there is
        replaced.

        Raises
        ------
        ExoError
            If the study has no feasible trial, or is of other data, settings or code.
        """
        from mech_exo.library.exports import write_best

        check_is("study", study, Study)
        path = as_path("path", path)

        with caller_threads_kept():
            return write_best(session_of(self.session, study.name, study.file), study, path, trial)

    def verify(self, path: PathLike) -> "Verification":
        """Compute the figures of an exported factor file again."""
        from mech_exo.library.exports import verify_here

        path = as_path("path", path)

        with caller_threads_kept():
            request, study_file = self._arguments.request(), self._study_file(None)
            return verify_here(self.session, request, path, PythonLog(), study_file)

    def check(self) -> Check:
        """What the data hold and lack, and what in them is probably not meant."""
        from mech_exo.library.checks import check_session

        return check_session(self.session)

    def _study_file(self, given: PathLike | None) -> Path:
        return self.folder / STUDY_FILE if given is None else Path(given)
