"""Answers to findings: which ones say something, and which findings they settle.

Arithmetic that cannot be true is never settled by words.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.frames import ANSWER_KINDS

_EMPTY_REASONS = frozenset(("核实无误", "已核实", "无误", "属实", "情况属实", "数据无误", "ok", "okay", "checked", "none", "无"))
_SHORTEST_REASON = 6
_BLANK = -9.87654321e12
"""Stands for a missing figure when two answers are compared: NaN is not equal to itself."""
_KEYS = ["place_code", "rule_id", "observed", "expected"]


def is_specific(text: str) -> bool:
    """Whether an explanation says something: six characters at least, and no bare '核实无误'."""
    bare = text.strip().strip("。.!！").lower()
    return len(bare) >= _SHORTEST_REASON and bare not in _EMPTY_REASONS


def is_said(text: str) -> bool:
    """Whether a reason beside a figure says something, however short (外出, 拆迁): no bare '核实无误'."""
    bare = text.strip().strip("。.!！").lower()
    return bool(bare) and bare not in _EMPTY_REASONS


def kind_of_answer(severity: str) -> str:
    """What an answer to a finding of this severity is: 'explained', 'exempted', or '' where only a correction helps."""
    return ANSWER_KINDS.get(severity, "")


def is_answered(findings: pd.DataFrame, answers: pd.DataFrame) -> NDArray[np.bool_]:
    """Which findings an answer settles: the same place, rule and figures. Other figures since then are another question.

    Args:
        findings: Finding frame of the month.
        answers: rows of the store's `answer` of the month.

    Returns:
        One bool a finding.
    """
    known = set(answers[_KEYS].round(6).fillna(_BLANK).itertuples(index=False, name=None))
    keys = findings[_KEYS].round(6).fillna(_BLANK).itertuples(index=False, name=None)
    can_be = findings["severity"].isin(list(ANSWER_KINDS))
    return np.array([key in known for key in keys], dtype=bool) & can_be.to_numpy(dtype=bool)
