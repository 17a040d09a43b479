"""Writes the pages of docs/ that are made from the code: metrics.md, commands.md, json.md.

python scripts/reference.py            writes the pages
python scripts/reference.py --check    exits 1 if one is not what the code says
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

MADE = "This page is made from the code by `python scripts/reference.py`; a test compares them."


def metrics_page() -> str:
    """docs/metrics.md."""
    return "\n".join([*_metrics(), "", *_constraints()]) + "\n"


def commands_page() -> str:
    """docs/commands.md."""
    return "\n".join([*_commands(), *_exit_codes()]) + "\n"


def json_page() -> str:
    """docs/json.md."""
    return "\n".join(_json()) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/metrics.md": metrics_page,
    "docs/commands.md": commands_page,
    "docs/json.md": json_page,
}

METRICS_HEAD = f"""\
# Metrics and constraints

{MADE}

## Metrics

Each is an attribute of the `result` that your `objective` scores (`result.sharpe`) and a name for
`--objectives`, and it stands under its name in JSON, tables of trials and factor files. With r the
returns, one a session, b those of the equal-weighted universe, P the number of sessions a year (252
of a daily market, 52 of a weekly one, 12 of a monthly one:
[data.md](data.md#how-often-there-are-prices)), ρ the risk-free rate of a session, T the number of
sessions and std the sample standard deviation ([conventions.md](conventions.md)):

| name | in tables | better | of the universe too | formula | as in |
|---|---|---|---|---|---|"""
CONSTRAINTS_HEAD = """\
## Constraints

A constant in the objective file sets a limit; without the constant there is no such constraint.
`constraints(result)` in the same file adds your own ([objective.md](objective.md)).

| constant | name in studies and files | keeps | a usual limit | of what |
|---|---|---|---|---|"""


def _metrics() -> Iterator[str]:
    from mech_exo.backtest.metrics import METRICS

    yield METRICS_HEAD
    for m in METRICS.values():
        universe = "yes" if m.of_benchmark else "no"
        yield f"| `{m.name}` | {m.label} | {m.better} | {universe} | {m.formula} | {m.source} |"


def _constraints() -> Iterator[str]:
    from mech_exo.objective.constraints import CONSTRAINTS

    yield CONSTRAINTS_HEAD
    for c in CONSTRAINTS.values():
        yield f"| `{c.constant}` | `{c.name}` | {c.keeps} | {c.example:g} | {c.meaning} |"


COMMANDS_HEAD = f"""\
# Commands, flags and exit codes

{MADE}

For what they do together read [guide.md](guide.md); `exo COMMAND --help` says the same as this
page. Settings have a page of their own ([settings.md](settings.md)), and so has what `--json`
prints ([json.md](json.md)).
"""


def _commands() -> Iterator[str]:
    from mech_exo.cli.commands import COMMANDS, load

    yield COMMANDS_HEAD
    for name in COMMANDS:
        command = load(name)
        parts = getattr(command, "commands", None)
        named = {f"{name} {k}": c for k, c in parts.items()} if parts else {name: command}
        for words, one in named.items():
            yield from _command(words, one)


def _command(words: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([f"exo {words}", *(_argument(p) for p in arguments)])
    yield f"## exo {words}"
    yield f"\n{command.help}\n\n```\n{usage}{' [OPTIONS]' if options else ''}\n```\n"
    if options:
        yield "| flag | meaning | default |\n|---|---|---|"
    for option in options:
        flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
        meaning, default = _meaning(option)
        yield f"| {flags} | {meaning} | {default} |"
    yield ""


def _argument(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _meaning(option: Any) -> tuple[str, str]:
    """The help text, and the default that it states or that the option has."""
    text = " ".join((option.help or "").split()).replace("|", "\\|")
    stated = re.search(r" \\\\?\[default: (.*)\]$", text)
    if stated:
        return text[: stated.start()], stated[1]
    default = getattr(option.default, "value", option.default)
    if default is None or default is False:
        return text, "no" if default is False else ""
    return text, "yes" if default is True else f"`{default}`"


def _exit_codes() -> Iterator[str]:
    from mech_exo.errors import MEANINGS

    yield "## Exit codes\n\n| code | meaning |\n|---|---|"
    for code, meaning in MEANINGS.items():
        yield f"| {int(code)} | {meaning} |"


JSON_HEAD = f"""\
# JSON

{MADE}

`--json` prints one object on stdout and nothing else there; notes go to stderr. Numbers are exact:
they read back to the same bits. What is undefined, or not finite, is null. Paths and times are
text, times in ISO 8601.

Every object begins with `json_version`, which is JSON_VERSION. It is raised when a field goes or
means something else. Fields may be added at any time. `exo study trials --format json` prints a
list of trials without a version; its columns are those of CSV.

```bash
exo study show --json | python -c 'import json, sys; print(json.load(sys.stdin)["feasible"])'
```
"""


def _json() -> Iterator[str]:
    from mech_exo.report.json_outputs import JSON_OUTPUTS
    from mech_exo.report.plain_json import JSON_VERSION

    yield JSON_HEAD.replace("JSON_VERSION", str(JSON_VERSION))
    for command, fields in JSON_OUTPUTS.items():
        yield f"## exo {command}{'' if '--' in command else ' --json'}\n"
        if not fields:
            yield "One object; [guide.md](guide.md) describes the command.\n"
            continue
        yield "| field | what it is |\n|---|---|"
        yield from (f"| `{name}` | {meaning} |" for name, meaning in fields.items())
        yield ""


if __name__ == "__main__":
    check = "--check" in sys.argv[1:]
    for name, page in PAGES.items():
        path = ROOT / name
        if not check:
            path.write_text(page(), "utf-8")
        elif not path.exists() or path.read_text("utf-8") != page():
            sys.exit(f"{path} is not up to date: python scripts/reference.py")
