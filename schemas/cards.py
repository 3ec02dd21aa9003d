"""A card: what a reviewer sees of a village whose figures have an unusual pattern. Plain data, in both languages, figures filled in.

A card asks a question. It holds no probability, no cause, no person and no comparison by rank.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.entries import Text


@dataclass(frozen=True)
class Series:
    """One figure of a village over all months, for a small plot.

    values, expected: T numbers, None where unknown. expected: what the county's rate of the month, the village's population and its own
    other months give; for a part, its whole × the village's usual share.
    """

    codes: tuple[str, ...]
    label: Text
    months: tuple[str, ...]
    values: tuple[float | None, ...]
    expected: tuple[float | None, ...]


@dataclass(frozen=True)
class Line:
    """One family of tests: its strongest test in words. observed and expected are in the units of the wording; NaN where it has none."""

    family: str
    family_label: Text
    detector: str
    label: Text
    say: Text
    innocent: tuple[Text, ...]
    settle: Text
    window_months: int
    observed: float
    expected: float
    months: tuple[str, ...]
    codes: tuple[str, ...]
    partner_code: str
    also: tuple[Text, ...]


@dataclass(frozen=True)
class Card:
    """A village on the list. is_strong: on the strong list. lines: strongest family first. series: the figures that the lines are about."""

    village_code: str
    village: str
    town_code: str
    is_strong: bool
    lines: tuple[Line, ...]
    series: tuple[Series, ...]
