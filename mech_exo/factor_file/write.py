"""Writing a factor file in the guide's layout, with every float exact."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import (
    HYPERPARAMETERS,
    METADATA_FIELDS,
    FactorFile,
    document_hash,
)
from mech_exo.factor_file.read import parse_factor_file, read_factor_file
from mech_exo.system.whole_files import write_atomically, write_to_free_name

_COMMENTS = {
    "cash_pct": "Cash allocation percentage",
    "stop_loss_pct": "Stop loss threshold",
    "position_size_pct": "Maximum position size",
}
# 0E0 would be read as a number, and a stock called TRUE as a truth
_BARE = re.compile(r"(?!(?:null|true|false)\Z)[^\W\d][\w.-]*", re.IGNORECASE)
_CATEGORIES = ("fundamental", "technical", "sentiment")


def write_factor_file(path: Path, file: FactorFile, *, overwrite: bool = False) -> Path:
    """Write `file` to `path`, whole or not at all, and return `path`.

    `provenance.content_hash` and `document_hash` are set to the hashes of what is written, if
    there is a provenance.

    Raises
    ------
    ExoError
        If `path` exists and `overwrite` is False, or it cannot be written.
    ValueError
        If `file` is not valid by the schema: a mistake of the caller, not of the user.
    """
    if overwrite:
        check_replaceable(path)
    return write_atomically(path, factor_file_text(file), overwrite=overwrite)


def check_replaceable(path: Path) -> None:
    """Raise an ExoError if something else than a factor file lies at `path`: it is not replaced."""
    try:
        if not path.is_file() or not path.stat().st_size:
            return
    except OSError:
        return  # whoever writes there is told
    try:
        read_factor_file(path)
    except ExoError as error:
        raise ExoError(
            f"{path}: is there, and is no factor file; it is not replaced.",
            hint="Name another file, or remove this one first.",
        ) from error


def write_to_free_path(path: Path, file: FactorFile) -> Path:
    """As `factor_file.atomic.write_to_free_name`."""
    return write_to_free_name(path, factor_file_text(file))


def factor_file_text(file: FactorFile) -> str:
    """The YAML of `file`, checked by reading it back.

    Floats are written by `repr` (as `1.0e-05`, which YAML 1.1 reads as a number too), so that
    the file's numbers are the trial's own.
    """
    file = _sealed(file)
    blocks = [
        _dump({"metadata": _ordered(file.metadata, METADATA_FIELDS)}),
        _dump({"factors": _ordered(file.factors, _CATEGORIES)}),
        _hyperparameters(_ordered(file.hyperparameters, HYPERPARAMETERS)),
    ]
    for name in ("portfolio", "provenance", "out_of_sample", "verdict"):
        block = getattr(file, name)
        if block is not None:
            blocks.append(_dump({name: block}))
    text = "\n".join(blocks)
    try:
        back = parse_factor_file(text, "the factor file")
    except ExoError as error:
        raise ValueError(f"not a valid factor file: {error}") from error
    if (back.content_hash, back.document_hash) != (file.content_hash, file.document_hash):
        raise ValueError("the factor file does not read back as it was")
    return text


def _sealed(file: FactorFile) -> FactorFile:
    """The file in plain values; its provenance with the hashes of its content and of the whole."""
    plain = {name: _plain(block) for name, block in file.as_dict().items()}
    if file.provenance is not None:
        plain["provenance"] |= {"content_hash": file.content_hash}
        plain["provenance"] |= {"document_hash": document_hash(plain)}
    return FactorFile(**plain)


def _ordered(values: Mapping[str, Any], first: tuple[str, ...]) -> dict[str, Any]:
    known = {name: values[name] for name in first if name in values}
    return known | {name: value for name, value in values.items() if name not in known}


def _hyperparameters(values: Mapping[str, float]) -> str:
    header, *lines = _dump({"hyperparameters": dict(values)}).splitlines()
    width = max([31, *map(len, lines)]) + 1
    commented = [f"{line:<{width}}# {_COMMENTS[line.split(':')[0].strip()]}" for line in lines]
    return "\n".join([header, *commented]) + "\n"


class _Dumper(yaml.SafeDumper):
    """Block style, lists of numbers in a line, words bare as keys, text in quotes, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True

    def represent_mapping(
        self, tag: str, mapping: Any, flow_style: bool | None = None
    ) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        for key, _ in node.value:
            if _BARE.fullmatch(key.value):
                key.style = None
        return node


def _list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.SequenceNode:
    numbers = bool(data) and all(value is None or isinstance(value, float) for value in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=numbers or None)


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style='"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def _dump(values: Mapping[str, Any]) -> str:
    dumped = yaml.dump(
        _plain(values),
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=1 << 30,
    )
    assert isinstance(dumped, str)
    return dumped


def _plain(value: Any) -> Any:
    """`value` in YAML's own types; NumPy scalars become Python's."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return float(value) + 0.0  # never −0.0
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):
        return _plain(value.item())
    raise TypeError(f"{value!r} ({type(value).__name__}) has no place in a factor file")
