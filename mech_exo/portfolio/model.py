"""A factor file applied to all data: candidate, scores, backtest."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT, FactorFile
from mech_exo.factor_file.read import read_factor_file

if TYPE_CHECKING:
    from mech_exo.backtest.candidate import Candidate
    from mech_exo.backtest.kernel import Kernel
    from mech_exo.backtest.result import BacktestResult
    from mech_exo.data.panel import Panel
    from mech_exo.factor_file.document import Parameter
    from mech_exo.objective.space import Space
    from mech_exo.workflow.session import Session


@dataclass(frozen=True, eq=False)
class Model:
    """One factor file under a session's rules, on all of its data.

    Production looks at every date: the holdout has done its work when a file is promoted.

    Attributes
    ----------
    label
        The file, as messages name it.
    panel
        With the scores of the objective file's own factors, and of built-in ones whose windows
        the file states, under its parameters.
    content
        `verdict.holdout.portfolio_hash` of what it holds.
    """

    session: "Session"
    label: str
    file: FactorFile
    candidate: "Candidate"
    panel: "Panel"
    content: str

    @cached_property
    def doubt(self) -> str:
        """Why nothing tells that the data are those of the file, in words; "" if something does."""
        from mech_exo.workflow.continuation import doubt

        return doubt(self.session, self.file)

    @cached_property
    def otherwise(self) -> str:
        """Rules of the portfolio of which the settings say other than the file, in words; or ""."""
        from mech_exo.workflow.stated_mandate import said_otherwise

        return said_otherwise(self.file, self.label, self.session.settings)

    @cached_property
    def kernel(self) -> "Kernel":
        """The backtest of `panel`."""
        return self.kernel_on(self.panel)

    def kernel_on(self, panel: "Panel") -> "Kernel":
        """The backtest of the file on a panel."""
        from mech_exo.backtest.kernel import Kernel

        rules = self.session.settings.backtest
        needed = not self.candidate.mandate.plain or bool(rules.impact)
        return Kernel(panel, rules, decisions=needed)

    @cached_property
    def result(self) -> "BacktestResult":
        """The whole path, with its positions."""
        return self.kernel.run(self.candidate, keep_holdings=True)


def open_model(session: "Session", path: Path) -> Model:
    """Read a factor file and apply it.

    Raises
    ------
    ExoError
        For a file that is none, that weighs a factor without data here, or has a parameter that
        means nothing under the session's objective file; with exit code 4 for one that was made on
        another market, and for one whose portfolio another `construct` would make than its own.
    """
    return model_of(session, read_factor_file(path), str(path))


def model_of(session: "Session", file: FactorFile, label: str) -> Model:
    """As `open_model`, of a file that has been read; `label` names it in messages.

    The rules of the portfolio are those that the file was made under, whatever the settings say.
    """
    from mech_exo.objective.exposures import extend_panel, known, with_arguments
    from mech_exo.objective.space import Space
    from mech_exo.verdict.holdout import portfolio_hash
    from mech_exo.workflow.continuation import check_continuation
    from mech_exo.workflow.factor_list import panel_of
    from mech_exo.workflow.stated_mandate import check_construct, under_own_rules

    check_continuation(session, file, label)
    spec, market = session.spec, session.market
    check_construct(file, label, spec)
    settings = under_own_rules(file, label, session.settings)
    panel = panel_of(file, session.panel, market, settings)
    if spec.factors:
        panel = extend_panel(panel, market, spec, settings)
    space = Space.of(spec, panel, settings)
    params = _params(file, space)
    try:
        candidate = space.candidate(params)
    except ExoError as error:
        raise ExoError(f"{label}: {error.message}", hint=error.hint) from error
    idle = space.without_data(params)
    if idle:
        raise ExoError(
            f"{label}: weighs {', '.join(idle)}, for which the data ({panel.source}) has nothing.",
            hint="Add the data, choose other settings, or set the weight to 0.",
        )
    try:
        panel = with_arguments(
            panel, space.to_compute(params), known(market, panel), spec, settings
        )
    except ExoError as error:
        raise ExoError(f"{label}: {error.message}", hint=error.hint) from error
    return Model(session, label, file, candidate, panel, portfolio_hash(space, params))


def _params(file: FactorFile, space: "Space") -> "Mapping[str, Parameter]":
    """The file as parameters; a weight of 0 says nothing about a factor that is not here."""
    names = {WEIGHT + name for name in (*space.factor_names, *space.missing)}
    return {
        name: value
        for name, value in file.params.items()
        if value != 0 or name in names or not name.startswith(WEIGHT)
    }
