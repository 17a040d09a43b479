"""YAML as people mean it: the scalars of YAML 1.2, no key twice, every value with its line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mech_exo.errors import ExoError


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's core scalars: 1e-05 is a number, a date stays text."""


# A class of its own must not share the resolvers of its parent.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


class Document:
    """A parsed YAML file whose values know their lines."""

    def __init__(self, value: Any, root: yaml.Node | None) -> None:
        self.value = value
        self._root = root

    def line(self, path: Sequence[str | int]) -> int | None:
        """Line (from 1) of the value at `path`, or of its nearest parent in the file."""
        node = self._root
        line = None
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node, line = child, child.start_mark.line + 1
        return line


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    return None


def read_yaml(path: Path, *, hint: str = "") -> Document:
    """Parse one file; `hint` is what to do about one that cannot be read.

    Raises
    ------
    ExoError
        For a file that cannot be read, is not UTF-8 or not YAML, or has a key twice or a key
        that is not text; with the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ExoError(f"{path}: cannot be read ({error.strerror}).", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ExoError(f"{path}: is not UTF-8 text (byte {error.start}).") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, origin: str) -> Document:
    """Parse `text`; `origin` names it in messages."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return Document(None, None)
        _check_keys(root, origin, set())
        return Document(loader.construct_document(root), root)
    except yaml.YAMLError as error:
        raise ExoError(f"{origin}: is not valid YAML: {one_line(error)}") from error
    except ValueError as error:  # PyYAML's own constructors, for a tag forced on a value
        raise ExoError(f"{origin}: is not valid YAML: {error}") from error
    except RecursionError as error:
        raise ExoError(f"{origin}: is nested too deeply.") from error


def one_line(error: yaml.YAMLError) -> str:
    """What a YAML error says, and at which line, on one line."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})" if mark else str(problem)


def _check_keys(node: yaml.Node, origin: str, seen_nodes: set[int]) -> None:
    if id(node) in seen_nodes:  # an alias of what was checked before
        return
    seen_nodes.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item, origin, seen_nodes)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            shown = repr(str(key.value)) if isinstance(key, yaml.ScalarNode) else "a collection"
            raise ExoError(f"{origin}: line {line}: the key {shown} is not text; quote it.")
        if key.value in lines:
            raise ExoError(
                f"{origin}: line {line}: {key.value!r} stands here a second time "
                f"(first on line {lines[key.value]}).",
                hint="Keep one of the two.",
            )
        lines[key.value] = line
        _check_keys(value, origin, seen_nodes)
