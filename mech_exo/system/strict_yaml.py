"""YAML as people mean it: the scalars of YAML 1.2, no key twice, every value with its line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mech_exo.errors import ExoError
from mech_exo.system.user_file import read_bytes

MOST_VALUES = 100_000  # of a file that repeats some by aliases
_WORD = 2**63  # NumPy, SQLite and JSON's readers hold no larger whole number
_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("null", "bool", "int", "float", "str", "seq", "map", "merge")
}


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
        For a file that cannot be read, is larger than 5 MB, is not UTF-8 or not YAML, or has a
        key twice, a key that is not text, a whole number beyond 64 bits, a value within itself;
        with the line.
    """
    content = read_bytes(path, hint=hint)
    try:
        text = content.decode("utf-8-sig")
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
        _SingleKeys(origin).whole(root)
        return Document(loader.construct_document(root), root)
    except yaml.YAMLError as error:
        raise ExoError(f"{origin}: is not valid YAML: {one_line(error)}") from error
    except (ValueError, LookupError) as error:  # PyYAML's constructors, for a tag forced on a value
        raise ExoError(f"{origin}: is not valid YAML: {error}") from error
    except RecursionError as error:
        raise ExoError(f"{origin}: is nested too deeply.") from error


def one_line(error: yaml.YAMLError) -> str:
    """What a YAML error says, and at which line, on one line."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})" if mark else str(problem)


class _SingleKeys:
    """What YAML allows and no file of ours may have."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._sizes: dict[int, int] = {}  # values below a node, 0 while it is being looked at

    def whole(self, root: yaml.Node) -> None:
        """Raise an ExoError for the first thing that is wrong."""
        if self._size(root) > max(MOST_VALUES, len(self._sizes)):
            raise ExoError(f"{self._origin}: its aliases make more than {MOST_VALUES:,} values.")

    def _size(self, node: yaml.Node) -> int:
        known = self._sizes.get(id(node))
        if known == 0:
            raise self._error(node, "the value contains itself")
        if known is not None:  # an alias of what was checked before
            return known
        self._sizes[id(node)] = 0
        if node.tag not in _TAGS:
            raise self._error(node, f"the tag {node.tag!r} has no meaning here")
        size = 1
        if isinstance(node, yaml.SequenceNode):
            size += sum(self._size(item) for item in node.value)
        elif isinstance(node, yaml.MappingNode):
            self._keys(node)
            size += sum(self._size(value) for _, value in node.value)
        elif node.tag.endswith(":int") and not self._fits(node.value):
            raise self._error(node, f"the whole number {node.value[:20]}… is too large")
        self._sizes[id(node)] = size
        return size

    @staticmethod
    def _fits(text: str) -> bool:
        return len(text) <= 20 and (not text.lstrip("+-").isdigit() or abs(int(text)) < _WORD)

    def _keys(self, node: yaml.MappingNode) -> None:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
                scalar = isinstance(key, yaml.ScalarNode)
                shown = repr(str(key.value)) if scalar else "a collection"
                raise self._error(key, f"the key {shown} is not text; quote it")
            if key.value in lines:
                raise ExoError(
                    f"{self._origin}: line {line}: {key.value!r} stands here a second time "
                    f"(first on line {lines[key.value]}).",
                    hint="Keep one of the two.",
                )
            lines[key.value] = line

    def _error(self, node: yaml.Node, what: str) -> ExoError:
        return ExoError(f"{self._origin}: line {node.start_mark.line + 1}: {what}.")
