"""What the period of a return is called that ends with a month: 2024年一季度, 2024 Q1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.entries import Return

_NUMBERS = "一二三四"
_SDMX = {"quarter": "Q", "half_year": "S", "year": "A"}


def period_code(of: Return | None, month: str) -> str:
    """The period that ends with `month` as SDMX 2.1 writes it: 2024-03, 2024-Q1, 2024-S1, 2024-A1. `of` None: the month's return."""
    if of is None or of.period == "month" or len(month) != 7 or not of.is_due(month):
        return month
    return f"{month[:4]}-{_SDMX[of.period]}{of.ends.index(int(month[5:])) + 1}"


def period_label(of: Return, month: str) -> tuple[str, str]:
    """Chinese and English: 2024年一季度, 2024 Q1; a month that ends no period of the return, and what has no year, as it stands."""
    if len(month) != 7 or not of.is_due(month):
        return month, month
    year, at = month[:4], of.ends.index(int(month[5:]))
    match of.period:
        case "quarter":
            return f"{year}年{_NUMBERS[at]}季度", f"{year} Q{at + 1}"
        case "half_year":
            return f"{year}年{'上下'[at]}半年", f"{('first', 'second')[at]} half of {year}"
        case "year":
            return f"{year}年度", f"the year {year}"
    return month, month
