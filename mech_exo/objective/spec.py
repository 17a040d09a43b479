"""The user's file, compiled from its bytes and checked."""

import ast
import contextlib
import difflib
import hashlib
import inspect
import linecache
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from mech_exo.construction.user_construct import Construct, stepwise
from mech_exo.errors import ExoError
from mech_exo.objective import trace
from mech_exo.objective.constraints import limits_of
from mech_exo.objective.factor import CustomFactor, collect
from mech_exo.objective.factor_names import check_own_names
from mech_exo.objective.imports import guarded_builtins, refuse_uncovered
from mech_exo.objective.trace import SpaceError, TrialFailure

SUGGEST = "suggest_factor_weights"
CONSTRUCT = "construct"
OBJECTIVE = "objective"
CONSTRAINTS = "constraints"
WINDOW = "window"  # end of the name of each window of data/lookbacks.py


@dataclass(frozen=True, eq=False)
class ObjectiveSpec:
    """What one objective file says.

    Attributes
    ----------
    label, source
        The file's name in messages, and its bytes.
    limits
        Built-in constraint -> its limit, of those that the file sets.
    factors
        The marked functions.
    own_constraints
        Whether the file defines `constraints`.
    construct
        Its function from scores to target weights; None: the rules of the settings.
    """

    label: str
    source: bytes
    limits: dict[str, float]
    factors: tuple[CustomFactor, ...]
    own_constraints: bool
    construct: Construct | None
    _suggest: Callable[[Any], Any]
    _objective: Callable[[Any], Any]
    _constraints: Callable[[Any], Any]

    @classmethod
    def compile(cls, source: bytes, path_label: str) -> "ObjectiveSpec":
        """Execute `source` in a module of its own and check what it defines.

        Nothing is read from disk and no compiled file is used: what runs is what was hashed.

        Raises
        ------
        ExoError
            For whatever keeps the file from running, with its line, and for a constant or
            function that is missing or of the wrong kind.
        """
        module = _execute(source, path_label)
        namespace = vars(module)
        try:
            factors = collect(namespace)
        except ExoError as error:
            raise ExoError(f"{path_label}: {error.message}", hint=error.hint) from error
        check_own_names(factors, path_label)
        return cls(
            label=path_label,
            source=source,
            limits=limits_of(namespace, path_label),
            factors=factors,
            own_constraints=CONSTRAINTS in namespace,
            construct=_own_construct(namespace, path_label, source),
            _suggest=_function(namespace, SUGGEST, "trial", path_label),
            _objective=_function(namespace, OBJECTIVE, "result", path_label)
            if OBJECTIVE in namespace
            else _sharpe,
            _constraints=_function(namespace, CONSTRAINTS, "result", path_label)
            if CONSTRAINTS in namespace
            else _none,
        )

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.source).hexdigest()

    @cached_property
    def windowed(self) -> bool:
        """Whether the file may suggest a window of a built-in factor (`momentum_window`).

        Told from its text, so that it holds for all trials: a text in its code ends in "window".
        """
        return any(text.endswith(WINDOW) for text in self.texts)

    @cached_property
    def texts(self) -> frozenset[str]:
        """The texts in its code: parameters are suggested and read by such names."""
        return frozenset(_texts(ast.parse(self.source)))

    @cached_property
    def read_by_construct(self) -> frozenset[str]:
        """Names that `construct` may read of its `params`; none without it.

        The texts in the code outside of `suggest_factor_weights`: a function that `construct`
        calls may read one too.
        """
        if self.construct is None:
            return frozenset()
        tree = ast.parse(self.source)
        tree.body = [node for node in tree.body if getattr(node, "name", None) != SUGGEST]
        return frozenset(text for text in _texts(tree) if text.isidentifier())

    @property
    def reads_market(self) -> bool:
        """Whether trials depend on more than the panel: on the market behind it."""
        return bool(self.factors) or self.windowed

    def suggest(self, trial: Any) -> Any:
        """Run the user's `suggest_factor_weights`; what it returns.

        Raises
        ------
        ExoError
            For a mistake in the user's function, with its line. What the tuner's trial raised
            itself passes as it is.
        """
        try:
            with _printing_apart():
                return self._suggest(trial)
        except TrialFailure as failure:
            raise failure.error from None
        except (Exception, SpaceError, SystemExit) as error:
            raise self.mistake(error) from error

    def objective(self, result: Any) -> Any:
        """Run the user's `objective`; what it returns and raises is for the caller to judge."""
        with _printing_apart():
            return self._objective(result)

    def constraints(self, result: Any) -> Any:
        """Run the user's `constraints`; what it returns and raises is for the caller to judge."""
        with _printing_apart():
            return self._constraints(result)

    def mistake(self, error: BaseException) -> ExoError:
        """`error`, raised by the user's code, as one for the user."""
        return trace.mistake(error, self.label, self.source)

    def reason(self, error: BaseException) -> str:
        """`error`, raised by the user's code, in one line for a trial's record."""
        return trace.reason(error, self.label)


def _texts(tree: ast.Module) -> set[str]:
    """The texts in a file's code, those of f-strings included, docstrings not."""
    expressions = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in expressions
    }


def _printing_apart() -> contextlib.AbstractContextManager[Any]:
    """What the user's file prints goes to stderr: stdout holds the result and nothing else."""
    return contextlib.redirect_stdout(sys.stderr)


def _none(result: Any) -> Any:
    del result
    return {}


def _sharpe(result: Any) -> Any:
    return result.sharpe


def _own_construct(namespace: Mapping[str, Any], label: str, source: bytes) -> Construct | None:
    """The file's `construct`, if it has one.

    Raises
    ------
    ExoError
        For one that is no function of three or four arguments, and for a function nearly named so.
    """
    function = namespace.get(CONSTRUCT)
    if function is None:
        own = [n for n, v in namespace.items() if inspect.isfunction(v) and n != CONSTRAINTS]
        near = difflib.get_close_matches(CONSTRUCT, own, n=1, cutoff=0.85)
        if near and namespace[near[0]].__code__.co_filename == label:
            raise ExoError(
                f"{label}:{namespace[near[0]].__code__.co_firstlineno}: {near[0]} is not called by "
                "exo.",
                hint=f"Is {CONSTRUCT} meant? If not, give it a name less like it.",
            )
        return None
    if not inspect.isfunction(function):
        raise ExoError(f"{label}: {CONSTRUCT} is {function!r}, expected a function.")
    where = f"{label}:{function.__code__.co_firstlineno}"
    return Construct(
        function,
        where,
        stepwise(function, where),
        lambda error: trace.mistake(error, label, source),
    )


def _execute(source: bytes, label: str) -> ModuleType:
    # dataclasses and inspect look a class's module up by its name.
    name = f"_exo_objective_{hashlib.sha256(source).hexdigest()[:16]}"
    module = ModuleType(name)
    module.__file__, module.__package__ = label, ""
    module.__dict__["__builtins__"] = guarded_builtins()
    lines = source.decode("utf-8", errors="replace").splitlines(keepends=True)
    linecache.cache[label] = (len(source), None, lines, label)
    before = set(sys.modules)
    sys.modules[name] = module
    try:
        with _printing_apart():
            exec(compile(source, label, "exec", dont_inherit=True), vars(module))  # noqa: S102
        refuse_uncovered(set(sys.modules) - before - {name})
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise trace.mistake(error, label, source) from error
    return module


def _function(
    namespace: dict[str, Any], name: str, argument: str, label: str
) -> Callable[[Any], Any]:
    function = namespace.get(name)
    if function is None:
        callables = [n for n, v in namespace.items() if inspect.isfunction(v)]
        near = difflib.get_close_matches(name, callables, n=1)
        hint = f"Is {near[0]} meant?" if near else f"Add `def {name}({argument}):`."
        raise ExoError(f"{label}: {name} is not defined.", hint=hint)
    if not callable(function):
        raise ExoError(f"{label}: {name} is {function!r}, expected a function.")
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
        where = f"{label}:{line}" if line else label
        raise ExoError(
            f"{where}: {name} must take one argument.", hint=f"Write `def {name}({argument}):`."
        ) from None
    checked: Callable[[Any], Any] = function
    return checked
