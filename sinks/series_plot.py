"""One figure over the months beside what was expected of it: inline SVG that can be told without colour."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from itertools import groupby
from math import ceil

from schemas.cards import Series

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 620, 130, 34, 8, 8, 20


def series_plot(series: Series, months_named: Sequence[str]) -> str:
    """SVG: reported figures as a line with dots, expected ones as a dashed line, the months named shaded. '' where nothing was reported."""
    known = [v for v in (*series.values, *series.expected) if v is not None]
    if not any(v is not None for v in series.values):
        return ""
    highest = max(ceil(max(known)), 1)  # the mark at the upper end: a rounded one could lie outside
    top = highest * 1.05
    count = len(series.months)
    step = (_WIDTH - _LEFT - _RIGHT) / max(count, 1)

    def x(n: int) -> float:
        return round(_LEFT + (n + 0.5) * step, 1)

    def y(value: float) -> float:
        return round(_TOP + (1 - value / top) * (_HEIGHT - _TOP - _BOTTOM), 1)

    shaded = set(months_named)
    parts = [
        f'<rect x="{_LEFT + n * step:.1f}" y="{_TOP}" width="{step:.1f}" height="{_HEIGHT - _TOP - _BOTTOM}" fill="#fff0b8"/>'
        for n, month in enumerate(series.months)
        if month in shaded
    ]
    for value in (0, highest):
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value)}" y2="{y(value)}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y(value) + 3.5}" text-anchor="end" font-size="10" fill="#666">{value}</text>')
    parts += _line(series.expected, x, y, 'stroke="#777" stroke-width="1.3" stroke-dasharray="5 3"')
    parts += _line(series.values, x, y, 'stroke="#1f4e73" stroke-width="1.6"')
    parts += [f'<circle cx="{x(n)}" cy="{y(v)}" r="2.4" fill="#1f4e73"/>' for n, v in enumerate(series.values) if v is not None]
    parts += [
        f'<text x="{x(n)}" y="{_HEIGHT - 5}" text-anchor="middle" font-size="10" fill="#666">{html.escape(month)}</text>'
        for n, month in enumerate(series.months)
        if n % max(1, count // 6) == 0
    ]
    name = html.escape(f"{series.label.zh} {series.label.en}")
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}">{"".join(parts)}</svg>'


def _line(values: Sequence[float | None], x: Callable[[int], float], y: Callable[[float], float], style: str) -> list[str]:
    """A line for every run of known values."""
    runs = [list(run) for is_known, run in groupby(enumerate(values), key=lambda pair: pair[1] is not None) if is_known]
    points = [" ".join(f"{x(n)},{y(v)}" for n, v in run if v is not None) for run in runs if len(run) > 1]
    return [f'<polyline points="{line}" fill="none" {style}/>' for line in points]
