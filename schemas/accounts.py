"""What became of a rule at a village: five outcomes, each a letter in a village's packed account and a word for its readers."""

from __future__ import annotations

from schemas.entries import Text

LETTERS = {"P": "pass", "F": "fail", "U": "cannot_tell", "N": "not_asked", "X": "broken"}
"""In the order of `schemas.frames.OUTCOME_COUNTS` and of `methods.confront`'s outcomes."""

OUTCOME_WORDS = {
    "pass": Text(zh="通过", en="passed"),
    "fail": Text(zh="不通过", en="not passed"),
    "cannot_tell": Text(zh="无法判断（缺数）", en="cannot tell (a figure is missing)"),
    "not_asked": Text(zh="未问（不适用）", en="not asked (does not apply)"),
    "broken": Text(zh="检查本身出错", en="the check itself broke"),
}

LEVELS = range(6)


def level_column(level: int, outcome: str) -> str:
    """The column with the number of rules of a level that had this outcome: (1, 'pass') → 'level_1_pass'."""
    return f"level_{level}_{outcome}"


LEVEL_COLUMNS = tuple(level_column(level, outcome) for level in LEVELS for outcome in LETTERS.values())
