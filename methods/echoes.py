"""One slip, one question: a comparison with last month is not asked about when it only shows last month's own open question once more.

A1 of methods.md: residual(t) = −residual(t−1) and the first was asked about: the same slip. The figure that this month's is compared with
is itself in question, so that the rule's outcome is 'cannot tell', not 'fail'; it is never counted as a pass.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from methods.confront import CANNOT_TELL, Confrontation

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
    villages, towns = report["village_code"].to_numpy(), report["town_code"].to_numpy()
    gaps: dict[tuple[str, str], list[float]] = {}
    for village, codes, gap in zip(asked_before["village_code"], asked_before["indicators"], asked_before["gap"], strict=True):
        for code in codes.split(","):
            gaps.setdefault((village, code), []).append(gap)
    compared = {
        i.id: [n.code for n in (*i.observed.names, *i.expected.names) if n.namespace == "previous"] for i in found.instances if not i.parts
    }
    column = {i.id: n for n, i in enumerate(found.instances)}
    excess, outcomes = found.excess.to_numpy(copy=True), found.outcomes.copy()
    gap_now, results = found.gap.to_numpy(), found.results.copy(order="F")
    at = {key: n for n, key in enumerate(zip(outcomes["rule_id"], outcomes["town_code"], strict=True))}
    fails, unknown = outcomes["n_fail"].to_numpy(copy=True), outcomes["n_cannot_tell"].to_numpy(copy=True)
    keep = np.ones(len(found.failures), dtype=bool)
    for n, (row, rule_id) in enumerate(zip(found.failures["row"].tolist(), found.failures["rule_id"].tolist(), strict=True)):
        codes = compared.get(rule_id, [])
        if not codes:
            continue
        before = [g for code in codes for g in gaps.get((villages[row], code), [])]
        here = gap_now[row, column[rule_id]]
        is_echo = (villages[row], REPEATS) in gaps or any(abs(here + g) <= _SLACK + _SLACK * abs(here) for g in before)
        if is_echo:
            keep[n] = False
            excess[row, column[rule_id]] = np.nan
            results[row, column[rule_id]] = CANNOT_TELL
            fails[at[rule_id, towns[row]]] -= 1
            unknown[at[rule_id, towns[row]]] += 1
    return replace(
        found,
        excess=pd.DataFrame(excess, columns=found.excess.columns),
        results=results,
        failures=found.failures[keep].reset_index(drop=True),
        outcomes=outcomes.assign(n_fail=fails, n_cannot_tell=unknown),
    )
