"""The project: everything that can be asked of settings, objective and data."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.library.arguments import PathLike, check_search, session_of
from mech_exo.library.backtests import Backtest, Day, Portfolio
from mech_exo.library.calibrations import Calibration
from mech_exo.library.checks import Check
from mech_exo.library.project_inputs import ProjectInputs
from mech_exo.library.studies import Study
from mech_exo.library.verdicts import Verdict
from mech_exo.system.blas_threads import caller_threads_kept
from mech_exo.system.typed_fields import as_path, check_is
from mech_exo.tuning.events import Listener, ignore
from mech_exo.tuning.request import DEFAULT_STUDY, STUDY_FILE, Duration, SearchRequest
from mech_exo.workflow.log import PythonLog
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.workforce import Workforce

if TYPE_CHECKING:
    from mech_exo.verification.comparisons import Verification
    from mech_exo.workflow.backtest_dates import Part

Progress = Callable[[str, int, int], None]


class Project(ProjectInputs):
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

    def tune(
        self,
        trials: int | None = None,
        *,
        target: int | None = None,
        name: str = DEFAULT_STUDY,
        timeout: Duration | None = None,
        patience: int | None = None,
        jobs: int | None = None,
        cluster: Cluster | None = None,
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
        cluster
            Whose workers evaluate instead: `Cluster("tcp://host:8786")`.
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
            cluster=cluster,
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
        part: "Part | None" = None,
        start: Day = None,
        end: Day = None,
        capital: float | None = None,
        cost_bps: float | None = None,
        what_if: str | Sequence[str] = (),
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
            look at it; "all", which is a look too. None: in sample, unless `start` or `end` lies in
            the holdout.
        start, end
            First and last day (a date, or YYYY-MM-DD); None: those of the part. The path begins
            with cash at the first decision of these dates.
        capital
            Money at the first trade, on which impact and `max_adv_share` depend.
        cost_bps
            Commission and slippage together; None: as set.
        what_if
            Assumptions, as `exo backtest --what-if` has them: "cost=2x,lag=+1", "default", or
            several of them.
        cash_pct, stop_loss_pct, position_size_pct
            None: what the trial or the file says, and for weights what the settings say.
        """
        from mech_exo.library.backtests import request_of, run_backtest

        given = {
            "cash_pct": cash_pct,
            "stop_loss_pct": stop_loss_pct,
            "position_size_pct": position_size_pct,
        }
        money = {"capital": capital, "cost_bps": cost_bps}
        with caller_threads_kept():
            session = self.session
            request = request_of(session, portfolio, part, (start, end), given, what_if, money)
            return run_backtest(session, self._study_file(None), request)

    def validate(
        self,
        study: Study,
        *,
        jobs: int | None = None,
        cluster: Cluster | None = None,
        on_progress: Progress | None = None,
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
            workforce = Workforce(jobs, cluster)
            verdict = judge_study(session, study.record, study.file, workforce, on_progress)
        study.verdict = verdict
        return verdict

    def calibrate(
        self,
        study: Study | None = None,
        *,
        studies: int | None = None,
        ratios: Sequence[float] = (0.5, 1.0, 1.5, 2.0),
        factor: str | None = None,
        trials: int | None = None,
        placebos: int | None = None,
        jobs: int | None = None,
        cluster: Cluster | None = None,
        on_progress: Progress | None = None,
        study_file: PathLike | None = None,
    ) -> Calibration:
        """How often luck passes on these data, and the smallest skill that they can show.

        The result is kept in the study file; a verdict under the same conditions says it.

        Parameters
        ----------
        study
            Whose search is repeated: its number of trials, its rule of stopping. None: what the
            settings say.
        studies
            On noise (100); a quarter of them with each true ratio.
        ratios
            True annual information ratios.
        factor
            Where the premium is; None: the one with a score of most names.
        trials, placebos
            Of each study; None: those of `study` or the settings, and 19.
        """
        from mech_exo.library.calibrations import calibrated, request_of

        name, path = None, self._study_file(study_file)
        if study is not None:
            check_is("study", study, Study)
            name, path = study.name, study.file if study_file is None else path
        given = {"studies": studies, "factor": factor, "trials": trials, "placebos": placebos}
        request = request_of(path, name, ratios, n_jobs=jobs, cluster=cluster, **given)
        with caller_threads_kept():
            session = session_of(self.session, name or "", path)
            session.try_apart()
            return calibrated(session, request, on_progress)

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
