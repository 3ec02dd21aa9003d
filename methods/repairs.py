"""Slips that offices make and name: a wrong figure of which the right one can be read off. Pure functions of one cell or two.

Named repairs are tried before any other explanation of a broken edit, because a clerk recognises them at a glance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BONUS = {
    "digits_transposed": 6.0,
    "times_ten": 6.0,
    "divided_by_ten": 6.0,
    "sign": 6.0,
    "sexes_swapped": 4.0,
    "neighbouring_cell": 2.0,
    "last_month": 1.0,
}
"""Log odds that a figure which fits a named slip is that slip: how seldom such a fit happens by chance. Small counts swap and repeat
easily, so swaps and last month's figure weigh little; a fitting transposition of digits is hardly ever chance. Chosen, not trained."""


_MANY = 10


class Repair(NamedTuple):
    """A named repair: the figure that would stand there without the slip."""

    name: str
    value: float


def named_repairs(shown: float, *, is_whole: bool, is_signed: bool) -> Iterator[Repair]:
    """Figures of which `shown` is a slip, that the figure itself tells: transposed digits, a nought too many or too few, the sign."""
    for value in transposed(shown):
        yield Repair("digits_transposed", value)
    if abs(shown) >= _MANY and (not is_whole or shown % 10 == 0):
        yield Repair("times_ten", round(shown / 10, 2))
    if abs(shown) >= _MANY:  # 1 for 10 is no slip of the pen, it is any other figure
        yield Repair("divided_by_ten", round(shown * 10, 2))
    if shown < 0 or (shown and is_signed):
        yield Repair("sign", -shown)


def transposed(shown: float) -> Iterator[float]:
    """Every figure that becomes `shown` when two neighbouring digits of its whole part change places; none begins with 0."""
    whole, part = divmod(abs(shown), 1)
    digits = str(int(whole))
    for n in range(len(digits) - 1):
        if digits[n] != digits[n + 1] and (n > 0 or digits[1] != "0"):
            swapped = int(digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :])
            yield (swapped + round(part, 2)) * (-1 if shown < 0 else 1)
