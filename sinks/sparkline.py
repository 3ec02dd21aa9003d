"""A small picture of one figure over the months: inline SVG, without colour alone telling anything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

_WIDTH, _HEIGHT, _TOP, _BOTTOM, _RIGHT = 168, 46, 7, 17, 10


def sparkline(history: Sequence[tuple[str, float]], low: float, high: float) -> str:
    """SVG of the figures, the last one as a ringed dot, what is usual as a band; '' with fewer than two known months.

    Args:
        history: (month 'YYYY-MM', figure or NaN), oldest first.
        low, high: what is usual in the last month; NaN where unknown.
    """
    known = [value for _, value in history if value == value]
    if len(known) < 2:
        return ""
    has_band = low == low and high == high
    bottom, top = min([*known, *([low] if has_band else [])]), max([*known, *([high] if has_band else [])])
    if top == bottom:
        bottom, top = bottom - 1, top + 1
    span = top - bottom

    def x(n: int) -> float:
        return round(4 + n * (_WIDTH - 4 - _RIGHT) / (len(history) - 1), 1)

    def y(value: float) -> float:
        return round(_TOP + (top - value) / span * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = []
    if has_band:
        height = max(y(low) - y(high), 2.0)
        parts.append(f'<rect x="0" y="{y(high)}" width="{_WIDTH}" height="{height}" fill="#dcebd5"/>')
    places = [(n, value) for n, (_, value) in enumerate(history)]
    for is_known, run in groupby(places, key=lambda p: p[1] == p[1]):
        points = [f"{x(n)},{y(value)}" for n, value in run] if is_known else []
        if len(points) > 1:
            parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="#555" stroke-width="1.4"/>')
        elif points:
            parts.append(f'<circle cx="{points[0].split(",")[0]}" cy="{points[0].split(",")[1]}" r="1.5" fill="#555"/>')
    last = len(history) - 1
    if history[last][1] == history[last][1]:
        at = f'cx="{x(last)}" cy="{y(history[last][1])}"'
        parts.append(f'<circle {at} r="5" fill="none" stroke="#b2182b" stroke-width="1.6"/><circle {at} r="2" fill="#b2182b"/>')
    words = 'font-size="9" fill="#666"'
    parts.append(f'<text x="2" y="{_HEIGHT - 1}" {words}>{history[0][0]}</text>')
    parts.append(f'<text x="{_WIDTH - 2}" y="{_HEIGHT - 1}" text-anchor="end" {words}>{history[last][0]}</text>')
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return f'<svg {size} role="img" aria-label="{history[0][0]}–{history[last][0]}">{"".join(parts)}</svg>'
