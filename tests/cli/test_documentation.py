"""docs/guide.md names every command and every option."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mech_exo.cli.commands import COMMANDS, load
from mech_exo.cli.optuna_run import RunOptions
from tests.cli.conftest import REPOSITORY

GUIDE = (REPOSITORY / "docs/guide.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_page_says_of_a_command_what_the_command_says(name: str) -> None:
    command = load(name)
    assert (command.name, command.help) == (name, COMMANDS[name].summary)


def test_every_command_stands_in_the_table() -> None:
    commands = {name: list(getattr(load(name), "commands", ())) for name in COMMANDS}
    assert len(commands) >= 5
    rows = re.findall(r"^\| `exo ([\w-]+)[^|]*\|", GUIDE, re.MULTILINE)
    assert set(commands) == set(rows)
    lines = {name: re.findall(rf"^\| (`exo {name}\b[^|]*)\|", GUIDE, re.MULTILINE) for name in rows}
    for name, subcommands in commands.items():
        for subcommand in subcommands:
            assert re.search(rf"\b{subcommand}\b", lines[name][0]), f"{name} {subcommand}"


OPTIONS = [f for f in dataclasses.fields(RunOptions) if f.metadata["typer"] is not None]


@pytest.mark.parametrize("field", OPTIONS, ids=lambda f: f.name)
def test_every_option_of_optuna_run(field: "dataclasses.Field[object]") -> None:
    info = field.metadata["typer"]
    for name in "/".join([info.default, *(info.param_decls or ())]).split("/"):
        assert re.search(rf"^\| .*`{name}`", GUIDE, re.MULTILINE), name


PAGES = [
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *(REPOSITORY / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((REPOSITORY / "examples").rglob("*.md")),
    *sorted((REPOSITORY / "research").rglob("*.md")),
    REPOSITORY / "scripts/crontab.example",
]
END_OF_COMMAND = re.compile(r"\s(?:[|&;]+|[12]?>{1,2}|#)\s?|[|;)…]|$")


def pieces(page: Path) -> Iterator[str]:
    """What a page shows as code: lines of its blocks, and spans in its sentences."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    if page.suffix != ".md":
        yield from text.splitlines()
        return
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for block in blocks:
        yield from block.splitlines()
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", rest))


def called(piece: str) -> Iterator[list[str]]:
    """The words after `exo` of each call in a line or span."""
    for match in re.finditer(r'(?:(?<![\w./-])exo|"\$EXO"|mech_exo\.cli)\s+(?=[a-z-])', piece):
        rest = piece[match.end() :]
        end = END_OF_COMMAND.search(rest)
        yield rest[: end.start() if end else None].split()


OWN_OPTIONS = ("--help", "-h", "--version", "--install-completion", "--show-completion")


def options_of(command: Any) -> set[str]:
    names = {"--help", "-h"}
    return names.union(*([*p.opts, *p.secondary_opts] for p in command.params))


def fault(words: list[str]) -> str:
    """What of a call does not exist; "" if all does."""
    if words[0].startswith("-"):
        return "" if words[0] in OWN_OPTIONS else words[0]
    if words[0] not in COMMANDS:
        return words[0]
    command, rest = load(words[0]), words[1:]
    if hasattr(command, "commands") and rest and rest[0].islower():
        if rest[0] not in command.commands:
            return " ".join(words[:2])
        command, rest = command.commands[rest[0]], rest[1:]
    flags = {word.split("=")[0].strip("[]'\"") for word in rest if re.match(r"\[?--?[a-z]", word)}
    return ", ".join(sorted(flags - options_of(command)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_flag_that_is_named_exists(page: Path) -> None:
    calls = [(piece, words) for piece in pieces(page) for words in called(piece) if words]
    assert [(piece, fault(words)) for piece, words in calls if fault(words)] == []


def test_the_pages_name_many_commands() -> None:
    calls = [words for page in PAGES for piece in pieces(page) for words in called(piece) if words]
    assert len(calls) > 100
    assert {words[0] for words in calls} >= set(COMMANDS)


@pytest.mark.parametrize(
    "wrong",
    [
        "exo promote",
        "exo study shows NAME",
        "exo optuna-run --n-trails 5",
        "exo factors promote --why x",
        "TELEGRAM_DRY_RUN=true exo risk status --confg a.yml | head",
    ],
)
def test_a_command_that_does_not_exist_is_seen(wrong: str) -> None:
    (words,) = called(wrong)
    assert fault(words)


def test_flags_named_alone_are_of_some_command() -> None:
    known = {"--market-seed"}  # of research/
    for name in COMMANDS:
        command = load(name)
        for one in (command, *getattr(command, "commands", {}).values()):
            known |= options_of(one)
    wrong = [
        (page.name, piece)
        for page in PAGES
        if page.name != "docker.md" and page.suffix == ".md"
        for piece in pieces(page)
        for flag in re.findall(r"^(--[a-z][a-z-]+)", piece)
        if flag not in known
    ]
    assert wrong == []
