"""What is installed here: whether another machine's results would be this one's."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mech_exo.version import __version__

PACKAGES = ("numpy", "pandas", "scipy", "optuna", "cmaes", "sqlalchemy")


def package_versions() -> dict[str, str]:
    """Versions of what computes: exo, Python and the numerical packages that are installed."""
    found = {"mech-exo": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def code_hash() -> str:
    """SHA-256 of the program's own modules: two checkouts of one version need not be the same."""
    package = Path(__file__).parents[1]
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        found.update(path.relative_to(package).as_posix().encode() + b"\0")
        found.update(path.read_bytes() + b"\0")
    return found.hexdigest()
