"""One slip, one question: a comparison with last month is not asked about when it only shows last month's own open question once more.

A1 of methods.md: residual(t) = −residual(t−1) and the first was asked about: the same slip. What is compared is the slip, not the gap: the
figure by which last month's figure would have to be wrong for the question then, and for the gap now. Both must speak of the same figure
in its own unit (a count of cells is no person), and be the same rule, or then an identity that the figure enters (closing = opening + …).
The figure that this month's is compared with is itself in question, so that the rule's outcome is 'cannot tell', not 'fail'; it is never
counted as a pass.
"""

from __future__ import annotations

import pandas as pd

from methods.confront import Confrontation
from methods.untold import compared_with_last_month, untold
from schemas.dictionary import RuleInstance

REPEATS = "repeated_last_month"
_SLACK = 0.01
_Weights = dict[str, float]


def without_echoes(found: Confrontation, report: pd.DataFrame, asked_before: pd.DataFrame) -> Confrontation:
    """The confrontation, with failures that repeat a question of the month before turned into 'cannot tell'.

    A failure is an echo when one slip in one figure of last month explains its whole gap and the whole gap of a question asked then, or
    the whole of last month's report was asked about as a repetition of the month before it.

    Args:
        found: confrontation of `report`.
        report: VillageReport frame.
        asked_before: last month's Finding rows as they stand: village_code, rule_id, indicators (comma-separated), gap.
    """
    villages, instances = report["village_code"].to_numpy(), {i.id: i for i in found.instances}
    slips: dict[tuple[str, str], list[tuple[RuleInstance, float]]] = {}
    copies = set()
    columns = ("village_code", "rule_id", "indicators", "gap")
    for village, rule_id, codes, gap in zip(*(asked_before[c] for c in columns), strict=True):
        if REPEATS in codes.split(","):
            copies.add(village)
        if rule_id in instances:
            for code, slip in _slips(instances[rule_id], "", gap).items():
                slips.setdefault((village, code), []).append((instances[rule_id], slip))
    compared, gap_now = compared_with_last_month(found), found.gap.to_numpy()
    column = {i.id: n for n, i in enumerate(found.instances)}

    def is_echo(row: int, rule_id: str) -> bool:
        if rule_id not in compared:
            return False
        now = _slips(instances[rule_id], "previous", float(gap_now[row, column[rule_id]]))
        return villages[row] in copies or any(
            abs(slip - before) <= _SLACK and (asked.id == rule_id or _is_identity(asked))
            for code, slip in now.items()
            for asked, before in slips.get((villages[row], code), ())
        )

    return untold(found, report, is_echo)


def _slips(instance: RuleInstance, namespace: str, gap: float) -> _Weights:
    """Figure → how much too large it would be if it alone made the gap; figures of this month ('') or of last month ('previous').

    Nothing where the gap is no sum of figures: a count of cells, a share, the greatest of several.
    """
    observed, expected = instance.observed.linear(), instance.expected.linear()
    if instance.parts or instance.rule.relation == "whole" or observed is None or expected is None:
        return {}
    weights = observed.plus(expected, -1.0).coefficients
    return {name.code: gap / weight for name, weight in weights.items() if name.namespace == namespace and weight}


def _is_identity(instance: RuleInstance) -> bool:
    """Whether the rule allows no difference at all: then its gap is the slip."""
    rule = instance.rule
    return rule.relation == "eq" and not (rule.tolerance or rule.tolerance_share or instance.allow) and rule.severity != "verify"
