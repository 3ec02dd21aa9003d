"""What the wording of an entry may ask for in braces."""

from __future__ import annotations

from collections.abc import Collection
from string import Formatter

QUOTED = ("written", "sources", "months", "suggestion", "other_village", "versions", "filled_from", "period", "unfilled")
"""What files say of themselves (`methods.quotes`), for the wording of rules of level 0."""

PAST_MONTHS = {"last_month": 1, "month_last_year": 12}
"""Words for the months that a rule compares with, and how many months before they were."""

WORDING = (
    *("observed", "expected", "gap", "village", "village_code", "place", "month", "cells", "which", "indicator", "return_period"),
    *PAST_MONTHS,
    *QUOTED,
)
"""What a rule's wording may ask for in braces. cells: addresses alone; which: each figure by its label, value and cell.
return_period: what the period is called of the return that the rule is about (2024年一季度)."""

SAME_UNIT = "same"
"""The unit of a tolerance that is counted in whatever its figure is counted in."""
TRACK_B_WORDING = (
    "indicator",
    "observed",
    "expected",
    "low",
    "high",
    "exposure",
    "of",
    "village",
    "slip",
    "mended",
    "last",
    "when",
    "together",
)
"""What the wording of a question about a single figure may ask for in braces. last: the latest figure known before; when: its month;
together: a word where it is the sum of villages that were merged since."""

REPAIR_WORDING = ("shown", "fits", "indicator", "other")
"""What the wording of a hint may ask for in braces: the figure shown and the one that fits, its indicator, the other one of a swap."""


def asked_for(*wordings: str) -> frozenset[str]:
    """Names in braces in any of the wordings; ValueError where the braces of one do not close."""
    return frozenset(name for wording in wordings for _, name, _, _ in Formatter().parse(wording) if name is not None)


def wrong_braces(wording: str, known: Collection[str]) -> list[tuple[str, str]]:
    """What is wrong with the braces of a wording, English and Chinese: they do not close, ask for what there is not, or for a format."""
    try:
        parts = [part for part in Formatter().parse(wording) if part[1] is not None]
    except ValueError as error:
        en, zh = f"wording “{wording}”: {error}. Write {{{{ for a brace.", f"文字“{wording}”的花括号不成对。要写花括号本身请写 {{{{。"
        return [(en, zh)]
    found = []
    unknown = sorted({str(name) for _, name, _, _ in parts} - set(known))
    if unknown:
        named, may = ", ".join(unknown), ", ".join(f"{{{name}}}" for name in known) or "—"
        found.append((f"wording “{wording}” asks for {named}. Use only: {may}.", f"文字“{wording}”要填 {named}，没有这一项。可用：{may}。"))
    if any(format_ or conversion for _, _, format_, conversion in parts):
        found.append((f"wording “{wording}”: write only names in braces, no format.", f"文字“{wording}”：花括号里只写名称，不写格式。"))
    return found
