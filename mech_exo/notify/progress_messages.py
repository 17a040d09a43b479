"""Progress messages of a run."""

from typing import Protocol

from mech_exo.notify.moments import Moment
from mech_exo.tuning.events import Event, Interrupted, StudyOpened, TrialFinished
from mech_exo.workflow.optimised import Optimised

SHOWN = 3  # weights in the digest
QUARTERS = 4  # of the trials of a run


class Sends(Protocol):
    """What takes messages: a channel, or a log."""

    def send(self, text: str, moment: Moment = Moment.PROGRESS) -> None:
        """Pass a message on."""


class ProgressMessages:
    """A listener of a run's events that sends a message every `interval` trials.

    Not after the last one: the digest of the run follows at once, and would wait for it. The first
    message after each quarter of the trials is a milestone; where their number is open, the first
    after each doubling.
    """

    def __init__(self, channel: Sends, interval: int) -> None:
        self._channel = channel
        self._interval = interval
        self._name = ""
        self._first = 0
        self._passed = 0  # quarters, or doublings

    def __call__(self, event: Event) -> None:
        """Send a message if one is due."""
        if isinstance(event, StudyOpened):
            self._name, self._first = event.study_name, event.finished
            more = "" if event.goal is None else f", {event.goal - event.finished} trials to run"
            self._channel.send(f"{self._name}: started{more}", Moment.MILESTONE)
        elif isinstance(event, TrialFinished):
            due = (event.finished - self._first) % self._interval == 0
            if due and event.finished != event.goal:
                self._channel.send(f"{self._name}: {summary(event)}", self._moment(event))
        elif isinstance(event, Interrupted):
            text = f"{self._name}: interrupted ({event.signal})"
            self._channel.send(text, Moment.MILESTONE)

    def _moment(self, event: TrialFinished) -> Moment:
        done = event.finished - self._first
        if event.goal is None:
            passed = (done // self._interval).bit_length() - 1
        else:
            passed = QUARTERS * done // max(event.goal - self._first, 1)
        moment = Moment.MILESTONE if passed > self._passed else Moment.PROGRESS
        self._passed = max(passed, self._passed)
        return moment


def final_message(result: Optimised) -> str:
    """How a run ended: the digest that its message is left with."""
    study = result.outcome.study
    words = "interrupted" if result.outcome.interrupted else "done"
    head = f"{study.name}: {words}, {len(study.current)} trials"
    if result.pareto and result.front:
        return f"{head}, {len(result.front)} on the Pareto front"
    if result.trial is None or not result.feasible:
        return f"{head}; {result.without_feasible()}"
    lines = [f"{head}, best {result.trial.values[0]:z.4f} (trial {result.trial.number})"]
    if result.verdict is not None:
        lines.append(f"verdict: {result.verdict.overall}. {result.verdict.decision.reason}")
    elif result.verdict_failure is not None:
        lines.append(f"no verdict: {result.verdict_failure.message}")
    else:
        lines.append(f"verdict: {result.standing.words}")
    return "\n".join([*lines, *_against_incumbent(result)])


def failure_message(name: str, error: BaseException) -> str:
    """How a run failed."""
    if isinstance(error, KeyboardInterrupt):
        return f"{name}: interrupted"
    return f"{name}: failed. {str(error) or type(error).__name__}"


def _against_incumbent(result: Optimised) -> list[str]:
    best, incumbent = result.best, result.incumbent
    if best is None or incumbent is None:
        return []
    lines = []
    for words, new, old in (
        ("in sample", best.in_sample, incumbent.in_sample),
        ("out of sample", best.out_of_sample, incumbent.out_of_sample),
    ):
        if new is not None and old is not None:
            fit = result.incumbent_fit if new is best.out_of_sample else None
            seen = f" ({fit.words})" if fit is not None and fit.words else ""
            lines.append(
                f"Sharpe {words}: {new['sharpe']:z.2f}, incumbent {old['sharpe']:z.2f}{seen}"
            )
    change = {n: abs(w - incumbent.weights.get(n, 0.0)) for n, w in best.weights.items()}
    moved = sorted((n for n in change if change[n] > 0.0), key=lambda n: -change[n])
    if not moved:
        return [*lines, "weights unchanged"]
    changes = (
        f"{n} {incumbent.weights.get(n, 0.0):+z.2f} → {best.weights[n]:+z.2f}"
        for n in moved[:SHOWN]
    )
    return [*lines, f"largest changes: {', '.join(changes)}"]


def summary(event: TrialFinished) -> str:
    """Trials done and the best feasible one, or the size of the front, so far."""
    of = "" if event.goal is None else f"/{event.goal}"
    done = f"{event.finished}{of} trials"
    if event.front:
        return f"{done}, {event.front} on the Pareto front"
    if event.best is None:
        return f"{done}, no feasible trial yet"
    return f"{done}, best {event.best.values[0]:z.4f} (trial {event.best.number})"
