"""Virtual environments that hold the wheel and nothing of this one."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, Run, environment

Version = tuple[int, int]


def _interpreters() -> Iterator[tuple[int, Path]]:
    """The minor version in the name, and the file, of each Python 3 on the PATH or of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [Path(part) for part in os.environ["PATH"].split(os.pathsep) if part]
    for folder in [*folders, *sorted(pyenv.glob("versions/3.*/bin"))]:
        for file in folder.glob("python3.*"):
            if match := re.fullmatch(r"python3\.(\d+)", file.name):
                yield int(match[1]), file


def pythons(at_least: Version = (3, 11)) -> dict[Version, Path]:
    """A Python of each version that is here and can make an environment."""
    found: dict[Version, Path] = {}
    for minor, file in _interpreters():
        if (3, minor) < at_least or (3, minor) in found:
            continue
        asked = [str(file), "-c", "import ensurepip, venv"]
        # pyenv's shims may fail, and so does a Python that cannot make an environment
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            found[3, minor] = file
    return found


def pins() -> str:
    """The versions of requirements.txt, as constraints: hashes would be asked of the wheel too."""
    locked = (REPOSITORY / "requirements.txt").read_text("utf-8")
    return "\n".join(re.findall(r"^[\w.-]+==[^\\\n]*", locked, re.MULTILINE)) + "\n"


@dataclass(frozen=True)
class CleanEnvironment:
    """A virtual environment with nothing in it."""

    folder: Path

    @classmethod
    def made(cls, python: Path, folder: Path) -> "CleanEnvironment":
        """Made by `python` in a folder that is not there."""
        subprocess.run([python, "-m", "venv", folder], check=True, capture_output=True)
        (folder / "pins.txt").write_text(pins())
        return cls(folder)

    def run(self, *command: str | Path, cwd: Path) -> Run:
        """One of its programs; every warning is an error."""
        variables = environment(
            {
                "PATH": os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]]),
                "PYTHONPATH": "",
                # sockets of a process that ends are no fault
                "PYTHONWARNINGS": "error,ignore::ResourceWarning",
            }
        )
        return subprocess.run(
            [self.folder / "bin" / command[0], *command[1:]],
            cwd=cwd,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def pip(self, *arguments: str | Path) -> str:
        """Install as a user would, of the pinned versions; what pip prints."""
        quiet = ["--quiet", "--disable-pip-version-check", "--constraint", "pins.txt"]
        command = [self.folder / "bin/python", "-m", "pip", "install", *quiet, *arguments]
        run = subprocess.run(
            command,
            cwd=self.folder,
            env=environment({"PYTHONPATH": ""}),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode and "CI" not in os.environ and "onnection" in run.stderr:
            pytest.skip(f"needs the package index: {run.stderr.strip().splitlines()[-1]}")
        assert run.returncode == 0, run.stderr
        return run.stdout

    def would_install(self, *arguments: str) -> dict[str, str]:
        """Name -> version of what `pip install` would install; nothing is."""
        report = json.loads(self.pip("--dry-run", "--report", "-", *arguments))
        found = [one["metadata"] for one in report["install"]]
        return {one["name"].lower(): one["version"] for one in found}
