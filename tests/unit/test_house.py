"""The order of the house: no import circle, one name for one thing, nothing too large."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "mech_exo"
Function = ast.FunctionDef | ast.AsyncFunctionDef
MODULE_LINES, FUNCTION_LINES = 300, 40

LONG_FUNCTIONS = {
    "mech_exo.backtest.benchmark.gather_universe": "one pass over the universe's arrays",
}
"""Function -> why it is not split; a line that is not needed fails."""


@cache
def trees() -> Mapping[str, ast.Module]:
    """Module -> its syntax."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    """Modules of the package that a module imports: anywhere in it, for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, "relative imports are not used here"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in trees() else node.module


def functions(name: str, tree: ast.AST) -> Iterator[tuple[str, Function]]:
    """Qualified name and syntax of every function, those within classes and functions too."""
    for node in ast.iter_child_nodes(tree):
        inner = name
        if isinstance(node, ast.ClassDef | Function):
            inner = f"{name}.{node.name}"
        if isinstance(node, Function):
            yield inner, node
        yield from functions(inner, node)


def lines_of(function: Function) -> int:
    """Its lines from `def` to the last, less the docstring."""
    first, last = function.body[0], function.end_lineno
    assert last is not None
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return last - function.lineno + 1 - docstring


def twice(names: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """Names that stand in several modules."""
    where = defaultdict(list)
    for name, module in names:
        where[name].append(module)
    return {name: modules for name, modules in where.items() if len(modules) > 1}


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {name: {m for m in imported(tree) if m in trees()} for name, tree in trees().items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" → ".join(error.args[1])) from None


def test_no_file_name_stands_for_two_modules() -> None:
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]
    found = twice((path.name, str(path.relative_to(PACKAGE))) for path in paths)
    assert found == {}


def test_no_class_name_stands_for_two_classes() -> None:
    assert (
        twice(
            (node.name, name)
            for name, tree in trees().items()
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
        )
        == {}
    )


def test_modules_are_short() -> None:
    lengths = {name: tree.body[-1].end_lineno or 0 for name, tree in trees().items() if tree.body}
    assert {n for n, lines in lengths.items() if lines > MODULE_LINES} == set()


def test_functions_are_short() -> None:
    long = {
        name
        for module, tree in trees().items()
        for name, function in functions(module, tree)
        if lines_of(function) > FUNCTION_LINES
    }
    assert long == LONG_FUNCTIONS.keys()


def test_every_package_says_what_is_in_it() -> None:
    packages = [path.parent for path in PACKAGE.rglob("__init__.py")]
    names = [".".join(p.relative_to(PACKAGE.parent).parts) for p in packages]
    assert [name for name in names if not ast.get_docstring(trees()[name])] == []


def test_the_picture_is_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, PACKAGE.parent / "scripts/picture.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr} (python scripts/picture.py)"


PATH = re.compile(r"`([a-z_]+/[a-z_/]+\.(?:py|json))`")


def test_every_module_that_a_page_names_is_there() -> None:
    """The pages for developers name modules from the package's or the repository's folder."""
    root = PACKAGE.parent
    for page in ("ARCHITECTURE.md", "CONTRIBUTING.md"):
        named = PATH.findall((root / page).read_text("utf-8"))
        assert named
        gone = [n for n in named if not (PACKAGE / n).is_file() and not (root / n).is_file()]
        assert gone == [], page
