"""Earlier months as sources of rules: `lag(x, 5)` and windows look at frames named 'lag_5', `previous(x)` at 'previous'."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from methods.panel import Panel
from schemas.dictionary import Dictionary
from schemas.expressions import ago, months_ago


def months_read(dictionary: Dictionary, month: str, level: str = "village") -> dict[str, str]:
    """The earlier months that rules for places of `level` look at in `month`: namespace → 'YYYY-MM'."""
    spaces = {
        name.namespace
        for i in dictionary.instances_in_force(month, level)
        for name in (*i.names, *(name for _, figure in i.figures for name in figure.names))
    }
    back = sorted(n for n in (ago(space) for space in spaces) if n)
    return {months_ago(n): month_before(month, n) for n in back}


def history_months(dictionary: Dictionary, month: str) -> int:
    """How many months, this one included, rules over villages look at."""
    back = [ago(space) or 0 for space in months_read(dictionary, month)]
    return 1 + max(back, default=0)


def month_before(month: str, months: int) -> str:
    """The month so many before: ('2024-01', 2) → '2023-11'."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 - months, 12)
    return f"{year}-{number + 1:02d}"


def months_between(earlier: str, later: str) -> int:
    """How many months lie from one to the other: ('2023-11', '2024-01') → 2."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])


def past_of_panel(panel: Panel, dictionary: Dictionary, month: str) -> dict[str, pd.DataFrame]:
    """The months that rules over villages look at, out of a panel; months that it does not have are left out."""
    position = {m: n for n, m in enumerate(panel.months)}
    villages = pd.Index(panel.villages)
    return {
        space: pd.DataFrame(panel.values[position[earlier]], index=villages, columns=list(panel.codes), copy=False)
        for space, earlier in months_read(dictionary, month).items()
        if earlier in position
    }


def past_of_places(figures: Mapping[str, pd.DataFrame], dictionary: Dictionary, month: str) -> dict[str, pd.DataFrame]:
    """The months that rules over towns and counties look at.

    Args:
        figures: month → its PlaceFigure frame of towns and counties.
        dictionary: the rule book.
        month: 'YYYY-MM'.
    """
    wanted = months_read(dictionary, month, "town") | months_read(dictionary, month, "county")
    return {space: figures[earlier] for space, earlier in wanted.items() if earlier in figures and len(figures[earlier])}
