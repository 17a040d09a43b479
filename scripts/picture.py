"""Writes docs/architecture.svg: which package imports which, read from the code.

python scripts/picture.py            writes the picture
python scripts/picture.py --check    exits 1 if the picture is not what the code says
"""

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mech_exo"
PICTURE = ROOT / "docs/architecture.svg"

CELL, LEFT, TOP, RIGHT = 24, 96, 96, 420  # pixels; RIGHT: for what a package is
STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.name { font-weight: 600 } .what { fill: #57606a } .count { font-size: 10px; text-anchor: middle }
.layer { fill: #f6f8fa } .own { fill: #d0d7de } .used { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .what { fill: #9198a1 }
  .layer { fill: #161b22 } .own { fill: #3d444d } .used { fill: #4493f8 }
}"""


def picture() -> str:
    """The whole picture: a row for each package, above all that it imports."""
    layers = _layers()
    names = [name for layer in layers for name in layer]
    width, height = LEFT + CELL * len(names) + RIGHT, TOP + CELL * len(names) + 12
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">'
    )
    title = "<title>Packages of mech_exo, and how many modules of each import another</title>"
    lines = [head, title, f"<style>{STYLE}</style>", *_bands(layers), *_labels(names)]
    return "\n".join([*lines, *_cells(names), "</svg>"]) + "\n"


def _layers() -> list[list[str]]:
    """The layers of the contract that CI holds, the highest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    return [[name.strip().removeprefix("mech_exo.") for name in row.split("|")] for row in layers]


def _bands(layers: list[list[str]]) -> Iterator[str]:
    """A band behind the rows of each layer."""
    row = 0
    width = LEFT + CELL * sum(map(len, layers)) + RIGHT
    for layer in layers:
        y, height = TOP + CELL * row + 1, CELL * len(layer) - 2
        yield f'<rect class="layer" x="0" y="{y}" width="{width}" height="{height}" rx="4"/>'
        row += len(layer)


def _labels(names: list[str]) -> Iterator[str]:
    """Names of rows and columns, and what each package is."""
    right = LEFT + CELL * len(names) + 12
    for i, name in enumerate(names):
        y, x = TOP + CELL * i + 16, LEFT + CELL * i + 16
        yield f'<text class="name" x="8" y="{y}">{name}</text>'
        yield f'<text class="what" x="{right}" y="{y}">{escape(_summary(name))}</text>'
        yield f'<text transform="translate({x} {TOP - 8}) rotate(-60)">{name}</text>'


def _cells(names: list[str]) -> Iterator[str]:
    """How many modules a package has, and how many of them import from another package."""
    sizes = Counter(map(_package, _modules()))
    imports = Counter(pair for path in _modules() for pair in _imports(path))
    for i, importing in enumerate(names):
        for j, imported in enumerate(names):
            count = sizes[importing] if i == j else imports[importing, imported]
            if not count:
                continue
            x, y = LEFT + CELL * j, TOP + CELL * i
            kind = "own" if i == j else "used"
            opacity = "" if i == j else f' fill-opacity="{min(0.15 + count / 50, 0.7):.2f}"'
            yield (
                f'<rect class="{kind}" x="{x + 2}" y="{y + 2}" width="{CELL - 4}" '
                f'height="{CELL - 4}" rx="3"{opacity}/>'
                f'<text class="count" x="{x + CELL // 2}" y="{y + 16}">{count}</text>'
            )


def _modules() -> list[Path]:
    """Modules of all packages; what the root exports is not the import of a package."""
    return [p for p in sorted(PACKAGE.rglob("*.py")) if p != PACKAGE / "__init__.py"]


def _package(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[tuple[str, str]]:
    """(own package, other package), once for each other package that a module imports."""
    own = _package(path)
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
    inner = (module.split(".") for module in modules if module.startswith("mech_exo."))
    return {(own, parts[1]) for parts in inner if parts[1] != own}


def _summary(name: str) -> str:
    """The first line of a package's docstring."""
    path = PACKAGE / name / "__init__.py"
    path = path if path.exists() else PACKAGE / f"{name}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0].replace("`", "")


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PICTURE.read_text("utf-8") == picture() else f"{PICTURE} is not up to date")
    PICTURE.write_text(picture(), "utf-8")
