"""The user's own `construct`: scores in, target weights out, checked."""

import contextlib
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.places import in_cache
from mech_exo.construction.room import Room
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError

NUMBERS = "fiu"  # kinds of NumPy's types: no complex ones, no text, no truth values
ROUNDING = 1e-9  # by which Σ|w| may be above max_gross


@dataclass(frozen=True, eq=False)
class Construct:
    """The function, and how to speak of it.

    Attributes
    ----------
    function
        `construct(scores, ctx, params)`, or with a fourth argument `previous`.
    where
        File and line, for messages.
    stepwise
        Whether it is called decision by decision, with the weights of the decision before.
    mistake
        Makes what it raised an error for the user, with its line.
    """

    function: Callable[..., Any]
    where: str
    stepwise: bool
    mistake: Callable[[BaseException], ExoError]

    def __call__(self, *arguments: Any) -> FloatArray:
        """What the function returns, as numbers."""
        try:
            with _quietly():
                returned = self.function(*arguments)
        except MemoryError:  # the machine's failure, not the candidate's
            raise
        except (Exception, SystemExit) as error:
            raise self.mistake(error) from error
        try:
            found = np.array(returned)  # a copy: theirs may be used again
        except (TypeError, ValueError):  # rows of different lengths
            found = np.array(None)
        if found.dtype.kind not in NUMBERS or isinstance(returned, np.ma.MaskedArray):
            of = f" of {found.dtype}" if isinstance(returned, np.ndarray) else ""
            raise ExoError(
                f"{self.where}: construct returned {type(returned).__name__}{of}, expected an "
                "array of real numbers.",
                hint="Return one weight for each decision and name, in the shape of scores.",
            )
        return found.astype(np.float64, copy=False)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without NumPy's warnings (a date on which nobody is ranked has no mean), and with what is
    printed on stderr: stdout holds the result of a command and nothing else.
    """
    with (
        np.errstate(all="ignore"),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(sys.stderr),
    ):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def stepwise(function: Callable[..., Any], where: str) -> bool:
    """Whether a `construct` takes the weights of the decision before.

    Raises
    ------
    ExoError
        If it takes other than three or four arguments.
    """
    signature = inspect.signature(function)
    for count in (3, 4):
        try:
            signature.bind(*range(count))
        except TypeError:
            continue
        return count == 4
    raise ExoError(
        f"{where}: construct must take three arguments, or four.",
        hint="Write `def construct(scores, ctx, params):`, with `previous` at the end to be given "
        "the weights of the decision before.",
    )


def constructed(scores: FloatArray, data: DecisionData, room: Room, mandate: Mandate) -> FloatArray:
    """The user's weights [G, N], checked.

    Raises
    ------
    ExoError
        For a function that fails; for weights of another shape, that are not finite, that add up
        to more than `max_gross`, or stand on a name that cannot be bought then.
    """
    construct = mandate.construct
    assert isinstance(construct, Construct)
    params = MappingProxyType({**_of_room(room), **mandate.params})
    read = scores.view()
    read.flags.writeable = False
    if not construct.stepwise:
        weights = _shaped(construct(read, data, params), read.shape, construct)
        return _checked(weights, data, mandate, construct)
    weights = np.zeros(scores.shape)
    previous = np.zeros(scores.shape[1])
    for g in range(len(scores)):
        previous.flags.writeable = False
        found = construct(read[g], data.at(g), params, previous)
        weights[g] = _shaped(found, read[g].shape, construct)
        previous = weights[g].copy()
    return _checked(weights, data, mandate, construct)


def _of_room(room: Room) -> Mapping[str, float]:
    return {"cash_pct": 1.0 - room.invested, "position_size_pct": room.largest}


def _shaped(weights: FloatArray, shape: tuple[int, ...], construct: Construct) -> FloatArray:
    if weights.shape != shape:
        raise ExoError(
            f"{construct.where}: construct returned the shape {weights.shape}, expected {shape}.",
            hint="Return one weight for each decision and name, in the shape of scores.",
        )
    return weights


def _checked(
    weights: FloatArray,
    data: DecisionData,
    mandate: Mandate,
    construct: Construct,
) -> FloatArray:
    problem = hint = ""
    gross = np.empty(len(weights))
    with np.errstate(over="ignore"):  # infinite is too much
        for rows in in_cache(weights.shape):
            gross[rows] = np.abs(weights[rows]).sum(axis=1)
    if not np.isfinite(gross).all() and (bad := ~np.isfinite(weights)).any():
        g, n = np.argwhere(bad)[0]
        problem = f"gives {data.symbols[n]} the weight {weights[g, n]}"
        hint = "NaN in scores is a name that is not ranked: give it 0 (np.nan_to_num)."
    elif (bad := (weights != 0.0) > data.tradable).any():
        g, n = np.argwhere(bad)[0]
        problem = f"gives {data.symbols[n]}, which cannot be bought then, a weight"
        hint = "Use ctx.tradable: where it is False the weight must be 0."
    elif (bad := gross > mandate.max_gross + ROUNDING).any():
        g = int(np.flatnonzero(bad)[0])
        problem = f"gives weights of {gross[g]:.6g} in all (the sum of their sizes)"
        hint = f"portfolio.max_gross allows {mandate.max_gross:g}: scale them down, or raise it."
    if problem:
        raise ExoError(f"{construct.where}: construct {problem} on {data.dates[g]}.", hint=hint)
    return weights
