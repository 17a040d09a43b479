"""What an objective file may import: installed packages, not files beside it.

A study's fingerprint holds the bytes of one file. Code in a second file would change the study
without changing its fingerprint, so importing such a file is an error.
"""

import builtins
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")})


def guarded_builtins() -> dict[str, Any]:
    """The builtins with an `import` that refuses modules which no fingerprint covers."""

    def guarded(
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the names of __import__
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        module = builtins.__import__(name, globals, locals, fromlist or (), level)
        parts = name.split(".")
        touched = {".".join(parts[: i + 1]) for i in range(len(parts))}
        refuse_uncovered(touched | {f"{name}.{child}" for child in fromlist or ()})
        return module

    return vars(builtins) | {"__import__": guarded}


def refuse_uncovered(names: Iterable[str]) -> None:
    """Raise an ImportError for the first loaded module of `names` that is not installed."""
    for name in sorted(names):
        module = sys.modules.get(name)
        if isinstance(module, ModuleType) and not covered(name, module):
            raise ImportError(
                f"{name} ({_place(module)}) is a file of yours that the study's fingerprint does "
                "not cover: put its code into this file, or install it as a package (not editable)"
            )


def covered(name: str, module: ModuleType) -> bool:
    """Whether the module is part of Python, of exo, or of an installed package."""
    if name.split(".")[0] == "mech_exo":
        return True
    paths = _paths(module)
    if not paths:  # frozen, or made in memory by one that has a file
        return True
    return all(_installed(path) for path in paths)


def _installed(path: Path) -> bool:
    return bool(_INSTALLED & set(path.parts)) or any(path.is_relative_to(s) for s in _STANDARD)


def _paths(module: ModuleType) -> list[Path]:
    file = getattr(module, "__file__", None)
    if file:
        return [Path(file).resolve()]
    return [Path(folder).resolve() for folder in getattr(module, "__path__", [])]


def _place(module: ModuleType) -> str:
    return ", ".join(map(str, _paths(module)))
