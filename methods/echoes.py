"""One slip, one question: a comparison with last month is not asked about when it only shows last month's own open question once more.

A1 of methods.md: residual(t) = −residual(t−1) and the first was asked about: the same slip. The figure that this month's is compared with
is itself in question, so that the rule's outcome is 'cannot tell', not 'fail'; it is never counted as a pass.
"""

from __future__ import annotations

import pandas as pd

from methods.confront import Confrontation
from methods.untold import compared_with_last_month, untold

REPEATS = "repeated_last_month"
_SLACK = 0.01


def without_echoes(found: Confrontation, report: pd.DataFrame, asked_before: pd.DataFrame) -> Confrontation:
    """The confrontation, with failures that repeat a question of the month before turned into 'cannot tell'.

    A failure is an echo when it compares with last month's figures and last month a finding on one of them had the opposite gap, or the
    whole of last month's report was asked about as a repetition of the month before it.

    Args:
        found: confrontation of `report`.
        report: VillageReport frame.
        asked_before: last month's Finding rows as they stand: village_code, indicators (comma-separated), gap.
    """
    villages = report["village_code"].to_numpy()
    gaps: dict[tuple[str, str], list[float]] = {}
    for village, codes, gap in zip(asked_before["village_code"], asked_before["indicators"], asked_before["gap"], strict=True):
        for code in codes.split(","):
            gaps.setdefault((village, code), []).append(gap)
    compared, gap_now = compared_with_last_month(found), found.gap.to_numpy()
    column = {i.id: n for n, i in enumerate(found.instances)}

    def is_echo(row: int, rule_id: str) -> bool:
        if rule_id not in compared:
            return False
        before = [g for code in compared[rule_id] for g in gaps.get((villages[row], code), [])]
        here = gap_now[row, column[rule_id]]
        return (villages[row], REPEATS) in gaps or any(abs(here + g) <= _SLACK + _SLACK * abs(here) for g in before)

    return untold(found, report, is_echo)
