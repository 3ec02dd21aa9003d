"""What period and kind the figures of a row, a column, a sheet or a title are of: this month's, the year's to date, last year's, a plan …

One reader for all of them; its words are entries of the dictionary (`period_kinds`). Where a table says it: `sources.periodrows` (rows of a
list), `sources.periodsheets` (titles and names of sheets), `sources.labels` (headings).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sources.months import stated_month
from sources.text import fold

if TYPE_CHECKING:  # workers unpickle the reader and must not import pydantic for it
    from schemas.dictionary import Dictionary

_NUMBER = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_SPAN = re.compile(rf"(?:\d{{4}}年?)?{_NUMBER}月?份?[-至到]{_NUMBER}月份?")
_MONTH = re.compile(rf"(?:(?:\d{{4}}年|本年|今年)?{_NUMBER}月份?|(?:19|20)\d\d-?(?:1[0-2]|0[1-9]))(?!\d)")
_FILLER = re.compile(r"合计|数字|数据|数值|人数|人次|情况|[数值栏行表份的为是\-/_+=]")
_LONGEST, _MOST_KEPT = 40, 20_000
_SPANNED = "cumulative"
"""The kind of a span of months (1—3月)."""


class Said(NamedTuple):
    """What a text says of the period: codes of kinds, and the one month that it names ('2024-02', '-02'), or ''."""

    kinds: frozenset[str] = frozenset()
    month: str = ""

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.kinds or self.month)


NOTHING = Said()


@dataclass(frozen=True, slots=True)
class PeriodReader:
    """Reads periods. `words`: folded word → kind; `read`: kinds whose figures are the month's; `labels`: kind → Chinese, English."""

    words: Mapping[str, str]
    read: frozenset[str]
    inside: tuple[tuple[str, re.Pattern[str]], ...]
    labels: Mapping[str, tuple[str, str]]
    longest: int
    _any_inside: re.Pattern[str] = field(init=False, compare=False, repr=False)
    _known: dict[str, Said] = field(default_factory=dict, compare=False, repr=False)
    _others: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """One pattern for all kinds, since most texts name none."""
        every = "|".join(f"(?:{pattern.pattern})" for _, pattern in self.inside)
        object.__setattr__(self, "_any_inside", re.compile(every or r"(?!)"))

    def with_own(self, kind: str) -> PeriodReader:
        """The reader for a return of another period than the month, whose own figures are to be read."""
        return PeriodReader(self.words, self.read | {kind}, tuple(p for p in self.inside if p[0] != kind), self.labels, self.longest)

    def whole(self, text: str) -> Said:
        """What a text says that speaks of the period and of nothing else (本月实际, 1—3月累计, 2月); nothing for any other text."""
        found = self._known.get(text)
        if found is None:
            found = self._read(fold(text)) if len(text) <= _LONGEST else NOTHING
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[text] = found
        return found

    def other_within(self, folded: str) -> str:
        """The first kind of figures, other than the month's, that is named anywhere in a text, or ''."""
        if self._any_inside.search(folded) is None:
            return ""
        return next((code for code, pattern in self.inside if pattern.search(folded)), "")

    def is_other(self, text: str) -> bool:
        """Whether a text that comes again and again (a report month) names another kind of figures than the month's."""
        found = self._others.get(text)
        if found is None:
            if len(self._others) >= _MOST_KEPT:
                self._others.clear()
            found = self._others[text] = self.other_within(fold(text)) != ""
        return found

    def is_read(self, said: Said, month: str) -> bool:
        """Whether such figures are those of `month` ('2024-03', '-03', or '' where it is not known: then of whatever month they name)."""
        return said.kinds <= self.read and (not said.month or not month or is_same_month(said.month, month))

    def label_of(self, said: Said) -> tuple[str, str]:
        """What the kind of figures that are not the month's is called, Chinese and English."""
        code = next((code for code in self.labels if code in said.kinds and code not in self.read), "")
        return self.labels.get(code, ("其他月份", "another month"))

    def _read(self, folded: str) -> Said:
        at, kinds, month = 0, set(), ""
        while at < len(folded):
            word = next((n for n in range(min(self.longest, len(folded) - at), 0, -1) if folded[at : at + n] in self.words), 0)
            span, alone = _SPAN.match(folded, at), _MONTH.match(folded, at)
            if span is not None and len(span[0]) >= word:
                kinds.add(_SPANNED)
                at = span.end()
            elif alone is not None and len(alone[0]) >= word:
                month = stated_month(alone[0])
                at = alone.end()
            elif word:
                kinds.add(self.words[folded[at : at + word]])
                at += word
            elif (filler := _FILLER.match(folded, at)) is not None:
                at = filler.end()
            else:
                return NOTHING
        return Said(frozenset(kinds), month)


def is_same_month(one: str, other: str) -> bool:
    """Whether two months agree, of which either may leave out the year."""
    return one == other if len(one) == len(other) else one[-3:] == other[-3:]


def period_reader(dictionary: Dictionary) -> PeriodReader:
    """The reader of the dictionary's kinds."""
    kinds = dictionary.period_kinds.values()
    words = {fold(word): kind.code for kind in kinds for word in kind.words}
    return PeriodReader(
        words=words,
        read=frozenset(kind.code for kind in kinds if kind.is_read),
        inside=tuple((k.code, re.compile("|".join(f"(?:{p})" for p in k.inside))) for k in kinds if k.inside and not k.is_read),
        labels={kind.code: (kind.label.zh, kind.label.en) for kind in kinds},
        longest=max(map(len, words), default=0),
    )
