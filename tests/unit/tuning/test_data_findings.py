"""What the data check found stands with the study, by epoch."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mech_exo.errors import ExoError
from mech_exo.tuning.data_findings import DATA_FINDINGS, findings_of, with_findings
from mech_exo.tuning.study_record import Epoch, StudyRecord

BLOCK = {"rules": 1, "found": [{"name": "survivors", "severity": "warning", "accepted": False}]}


def study(attributes: dict[str, Any], epoch: int = 0) -> StudyRecord:
    made = tuple(Epoch(k, "f", {}, 0, datetime(2025, 6, 9, tzinfo=UTC)) for k in range(epoch + 1))
    return StudyRecord("s", ("maximize",), epochs=made, attributes=attributes)


def test_findings_are_kept_for_each_epoch_and_once() -> None:
    kept = with_findings(study({}), BLOCK)
    assert findings_of(study(kept)) == BLOCK["found"]
    assert with_findings(study(kept), BLOCK) == {}
    assert findings_of(study(kept, epoch=1)) == []
    later = with_findings(study(kept, epoch=1), {**BLOCK, "rules": 2})
    assert set(later[DATA_FINDINGS]) == {"0", "1"}


def test_data_without_findings_leave_no_trace_unless_there_were_some() -> None:
    assert with_findings(study({}), {}) == {}
    kept = with_findings(study({}), BLOCK)
    assert findings_of(study(with_findings(study(kept), {}))) == []


@pytest.mark.parametrize(
    "edited", [3, "text", {"0": 5}, {"0": {"found": 1}}, {"0": {"found": [1]}}]
)
def test_an_edited_note_is_said(edited: Any) -> None:
    damaged = replace(study({}), attributes={DATA_FINDINGS: edited})
    with pytest.raises(ExoError, match="damaged or edited"):
        findings_of(damaged)
