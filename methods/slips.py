"""Slips of unit and decimal point: factors by which a figure out of line would be in line again.

A factor is named only where the figure so mended lies in the 95 % interval of what is usual; of several the smallest.
"""

from __future__ import annotations

from typing import NamedTuple

FACTORS = {
    "times_ten": 0.1,
    "divided_by_ten": 10.0,
    "times_hundred": 0.01,
    "divided_by_hundred": 100.0,
    "times_ten_thousand": 1e-4,
    "in_ten_thousands": 1e4,
}
"""Name of the slip → what the figure shown is to be multiplied with."""

_SMALLEST = 10.0
"""1 for 10 is no slip of the pen, it is any other figure: the larger of the two has two digits at least."""


class Slip(NamedTuple):
    """A slip by its name, and the figure without it."""

    name: str
    value: float


def scale_slip(shown: float, low: float, high: float, *, decimals: int) -> Slip | None:
    """The factor that brings a figure into what is usual, or None. Factors of 100 and more are named only where ten would not do.

    Args:
        shown: the figure.
        low, high: what is usual, both inclusive.
        decimals: how many the figure may have.
    """
    if shown <= 0 or low <= shown <= high:
        return None
    for name, factor in FACTORS.items():
        value = round(shown * factor, 6)
        if low <= value <= high and value > 0 and max(value, shown) >= _SMALLEST and abs(round(value, decimals) - value) < 1e-9:
            return Slip(name, round(value, decimals))
    return None
