"""docs/yaml-schema.md, the schema and the code name the same fields."""

import re
from pathlib import Path
from typing import Any

import pytest

from mech_exo.factor_file.document import HYPERPARAMETERS, METADATA_FIELDS
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.factor_file.schema import schema
from mech_exo.factor_file.write import factor_file_text

PAGE = (Path(__file__).parents[3] / "docs" / "yaml-schema.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def fields_of(section: str) -> set[str]:
    """Fields in the first column of a section's table."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def properties(section: str) -> dict[str, Any]:
    where = schema()["$defs"]["factor"] if section == "factors" else schema()["properties"][section]
    found = where["properties"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("section", list(schema()["properties"]))
def test_every_field_is_documented(section: str) -> None:
    assert fields_of(section) == set(properties(section))


def test_code_and_schema_agree() -> None:
    assert tuple(properties("metadata")) == METADATA_FIELDS
    assert tuple(properties("hyperparameters")) == HYPERPARAMETERS


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_is_a_factor_file(text: str) -> None:
    assert parse_factor_file(text, "docs/yaml-schema.md").weights


def test_the_whole_example_names_every_field_and_is_laid_out_as_written() -> None:
    file = parse_factor_file(EXAMPLES[0], "docs/yaml-schema.md")
    assert tuple(file.metadata) == METADATA_FIELDS
    assert set(file.provenance or {}) == set(properties("provenance"))
    assert set(file.out_of_sample or {}) == set(properties("out_of_sample"))
    assert factor_file_text(file) == EXAMPLES[0]
    assert file.hash_matches is True
