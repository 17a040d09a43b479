"""Commands on a study as they are typed, with the options that it was made with.

Commands that read the study take its settings of search and portfolio from it; one that searches
must be told them.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mech_exo.config.settings import Settings
from mech_exo.config.settings_file import from_project, project_root
from mech_exo.tuning.request import DEFAULT_STUDY, STUDY_FILE
from mech_exo.tuning.study_record import Epoch, StudyRecord
from mech_exo.workflow.study_settings import own_settings

WITHOUT_FLAG = ("tuning.population",)
"""Settings of search and portfolio that only a settings file can give."""

Inputs = tuple[tuple[str, str], ...]
"""Options that say where settings, objective file and data are: flag and value."""


@dataclass(frozen=True)
class StudyCommands:
    """Commands on one study, to be run in the project's folder.

    Attributes
    ----------
    inputs
        Options of inputs that were typed; the data source is the study's where none was.
    """

    study: StudyRecord
    study_file: Path
    inputs: Inputs = ()

    def search(self) -> str:
        """Makes the same trials, in a study file that does not have them."""
        trials = len(self.study.current)
        return self._run("--target-trials", trials)

    def judge(self) -> str:
        """Asks for the verdict on the best trial."""
        name = self.study.name
        named = () if name == DEFAULT_STUDY else ("--study-name", name)
        return command_line("validate", *named, *self._where())

    def judge_trial(self, trial: int) -> str:
        """Writes a trial that is not the best as a factor file, and asks for the verdict on it."""
        file = f"trial_{trial}.yml"
        asking = command_line("validate", "--factors", file, *self._where())
        return f"{self.export(file, trial)} && {asking}"

    def export(self, file: str, trial: int | None = None) -> str:
        """Writes the best trial, or the one that is named, as a factor file."""
        which = () if trial is None else ("--trial", trial)
        return self._run("--n-trials", 0, *which, "--export-yaml", file)

    def report(self, trial: int | None = None) -> str:
        """Makes the page of the best trial, or of the one that is named."""
        which = () if trial is None else ("--trial", trial)
        return command_line("report", self.study.name, *which, *self._where())

    def _run(self, *words: object) -> str:
        """A run of the study: how many trials, and what else is asked for."""
        named = ("--study-name", self.study.name)
        count, others = words[:2], words[2:]
        flags = search_flags(self.study)
        return command_line("optuna-run", *count, *named, *self._where(), *flags, *others)

    def _where(self) -> tuple[object, ...]:
        given = dict(self.inputs)
        epoch = self.study.epoch
        source = None if epoch is None else epoch.components.get("data.source")
        if source not in (None, Settings().data.source):
            given.setdefault("--data", str(source))
        return (
            *study_file_flag(self.study_file),
            *(word for pair in given.items() for word in pair),
        )


def command_line(*words: object) -> str:
    """Words as a shell takes them."""
    return shlex.join(["exo", *map(str, words)])


def study_file_flag(path: Path) -> tuple[object, ...]:
    """The option that names the study file, where it is not the usual one."""
    usual = (project_root() / STUDY_FILE).resolve()
    return () if path.resolve() == usual else ("--study-file", from_project(path))


def search_flags(study: StudyRecord) -> tuple[str, ...]:
    """The options of `exo optuna-run` that the study was made with, where they are no default."""
    return () if study.epoch is None else tuple(_flags(study, study.epoch))


def _flags(study: StudyRecord, epoch: Epoch) -> Iterator[str]:
    defaults = Settings()
    for dotted, value in own_settings(epoch).items():
        section, _, name = dotted.partition(".")
        usual = getattr(getattr(defaults, section), name)
        if dotted not in WITHOUT_FLAG and value is not None and _plain(value) != _plain(usual):
            yield from (f"--{name.replace('_', '-')}", _text(value))
    started = study.attributes.get("warm_start")
    if isinstance(started, dict) and started.get(str(epoch.number)) == []:
        yield "--no-warm-start"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
