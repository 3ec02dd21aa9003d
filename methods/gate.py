"""The gate before a release: what must be settled, and what may pass with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

_EMPTY_REASONS = frozenset(("核实无误", "已核实", "无误", "属实", "ok", "okay", "checked", "none", "无"))
_SHORTEST_REASON = 6


@dataclass(frozen=True)
class Gate:
    """Counts of open findings by what they ask for, and whether the month may be released.

    mandatory: must be corrected by the village. near_mandatory: must be corrected, or exempted with a reason.
    """

    mandatory: int
    near_mandatory: int
    verify: int
    is_reason_given: bool

    @property
    def is_open(self) -> bool:
        """No mandatory finding, and a reason where a near-mandatory one is left."""
        return self.mandatory == 0 and (self.near_mandatory == 0 or self.is_reason_given)


def gate(findings: pd.DataFrame, reason: str) -> Gate:
    """Whether a month with these findings may be released.

    Args:
        findings: Finding frame of the month.
        reason: why near-mandatory findings may stand; an empty one or a bare '核实无误' is none.
    """
    counts = findings["severity"].value_counts()
    bare = reason.strip().strip("。.!！").lower()
    is_given = len(bare) >= _SHORTEST_REASON and bare not in _EMPTY_REASONS
    return Gate(int(counts.get("mandatory", 0)), int(counts.get("near_mandatory", 0)), int(counts.get("verify", 0)), is_given)
