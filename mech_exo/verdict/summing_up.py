"""From what the parts found to what decides."""

import math

from mech_exo.verdict.decision import Parts, promise_kept
from mech_exo.verdict.evidence import Evidence, SkillTest, skill_test, years_of


def parts_of(
    in_sample: float, walked: SkillTest, held: tuple[SkillTest, float] | None, outside: Evidence
) -> Parts:
    """What decides.

    Parameters
    ----------
    in_sample
        p-value of the placebo search, or of what stands in for it.
    walked
        Test of the joined walk-forward.
    held
        Test of the holdout, and its p-value corrected for the looks; None without a holdout.
    outside
        All that lies out of sample, joined.
    """
    test, promise, corrected = skill_test(outside), None, None
    if held is not None:
        alone, corrected = held
        promise = promise_kept((walked.p_plain, walked.blocks), (alone.p_plain, alone.blocks))
    return Parts(
        placebo=None if math.isnan(in_sample) else in_sample,
        walk_forward=walked.p,
        holdout=corrected,
        active_mean=test.active.mean,
        ratio=test.skill.ratio,
        years=years_of(outside),
        promise=promise,
    )
