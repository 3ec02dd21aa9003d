"""The small plot of a pattern card: whatever is drawn lies within the picture."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from schemas.cards import Series
from schemas.entries import Text
from sinks.series_plot import series_plot

FIGURES = st.lists(st.tuples(st.none() | st.integers(0, 10**6), st.none() | st.floats(0, 10**6)), min_size=1, max_size=36)


@given(FIGURES)
@example([(1, 1.8), (1, 1.2)])
def test_marks_lines_and_words_lie_within_the_picture(pairs: list[tuple[int | None, float | None]]) -> None:
    months = tuple(f"{2021 + n // 12}-{n % 12 + 1:02d}" for n in range(len(pairs)))
    values, expected = (tuple(None if v is None else float(v) for v in column) for column in zip(*pairs, strict=True))
    drawn = series_plot(Series(("births",), Text(zh="出生", en="Births"), months, values, expected), months[:1])
    assert (drawn == "") == all(value is None for value in values)
    if drawn:
        height = int(re.findall(r'viewBox="0 0 \d+ (\d+)"', drawn)[0])
        text_tops = [float(y) - 10 for y in re.findall(r'<text[^>]* y="([-\d.]+)"', drawn)]
        marks, lines = re.findall(r'(?:cy|y1)="([-\d.]+)"', drawn), re.findall(r"[\d.]+,([-\d.]+)", drawn)
        assert min(text_tops) >= 0
        assert all(0 <= y <= height for y in map(float, [*marks, *lines]))
