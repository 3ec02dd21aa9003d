"""What a heading can mean: folded text → concept, member, total, indicator, head field, column not collected, unit, value.

Built once from the dictionary in the main process, then sent to the reading workers: plain tuples only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sources.periods import PeriodReader, period_reader
from sources.text import Unit, fold, is_unit_alone

if TYPE_CHECKING:  # workers unpickle the book and must not import pydantic for it
    from schemas.dictionary import Dictionary

_VALUE_HEADINGS = ("本月数", "本月", "数量", "数值", "本期", "本期数", "数据", "人数", "合计数", "This month", "Value")
_ORDINARY_HEADINGS = (
    "序号",
    "指标",
    "指标名称",
    "项目",
    "计量单位",
    "单位",
    "编号",
    "其中",
    "代号",
    "栏次",
    "行次",
    "No.",
    "Indicator",
    "Unit",
)
_MULTIPLES = ("", "百", "千", "万", "十万", "百万", "千万", "亿")
_LATIN = re.compile(r"[a-z]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SHARE_END = re.compile(r"(?<![0-9.])[%‰]$")
_LONGEST = 80
THIS_MONTH, OTHER_MONTH, MONTH = "{month}", "{other month}", "month"
"""Headings that stand for the month read and for another, in layouts with columns by month (`sources.monthcolumns`)."""
REASON = "reason"
"""The kind of a heading under which the respondent's reasons stand."""
_MOST_KEPT = 20_000


class Meaning(NamedTuple):
    """`kind`: concept, member, total, indicator, head, not_collected, value, heading, share, comparison.

    `of`: a member's or total's breakdown. A share (占比%) or comparison (上年同期, 累计) is no figure of the month.
    """

    kind: str
    code: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the dictionary's labels mean; one for all layouts that use them. `members`: concept → {member or '': indicator}.

    `units`: indicator → what its unit is called; `foreign`: what other kinds of units are called; `whole`: indicators that are
    counts; `most`: indicator → so much of it no village has; `shares`: words with which headings of columns end that are no counts;
    `periods`: tells columns of another period or kind than the month's.
    """

    meanings: Mapping[str, tuple[Meaning, ...]]
    breakdown: Mapping[str, str]
    members: Mapping[str, Mapping[str, str]]
    additive: frozenset[str]
    labels: Mapping[str, str]
    reasons: Mapping[str, tuple[str, str]]
    silent: frozenset[str]
    units: Mapping[str, tuple[str, ...]]
    foreign: Mapping[str, frozenset[str]]
    whole: frozenset[str]
    most: Mapping[str, float]
    shares: tuple[str, ...]
    periods: PeriodReader


@dataclass(frozen=True, slots=True)
class LabelBook:
    """A layout's own headings (`own`, folded) before the vocabulary that it shares with other layouts."""

    own: Mapping[str, Meaning]
    vocabulary: Vocabulary
    _guessed: dict[str, tuple[Meaning, ...]] = field(default_factory=dict, compare=False, repr=False)

    def find(self, folded: str) -> tuple[Meaning, ...]:
        """Everything that a folded label or heading path can mean."""
        return self._known(folded) or self._composed(folded)

    def _known(self, folded: str) -> tuple[Meaning, ...]:
        meaning = self.own.get(folded)
        return (meaning,) if meaning is not None else self.vocabulary.meanings.get(folded, ())

    def _composed(self, folded: str) -> tuple[Meaning, ...]:
        """A label made of known ones: in two languages (出生 Births), 'of which' (其中：男), a share, a comparison."""
        found = self._guessed.get(folded)
        if found is None:
            found = self._compose(folded) if len(folded) <= _LONGEST else ()
            if len(self._guessed) >= _MOST_KEPT:
                self._guessed.clear()
            self._guessed[folded] = found
        return found

    def _compose(self, folded: str) -> tuple[Meaning, ...]:
        if _HAN.search(folded) and _LATIN.search(folded):
            for at in range(1, len(folded)):
                second = self._known(folded[at:].lstrip("/"))
                if second and (both := tuple(m for m in self._known(folded[:at].rstrip("/")) if m in second)):
                    return both
        if _SHARE_END.search(folded) or folded.endswith(self.vocabulary.shares):
            return (Meaning("share", ""),)
        periods = self.vocabulary.periods
        if periods.other_within(folded):
            return (Meaning("comparison", ""),)
        if (said := periods.whole(folded)).kinds and not said.month:
            return (Meaning("value" if said.kinds <= periods.read else "comparison", ""),)
        if folded.startswith("-") and len(folded) > 1:
            return self.find(folded.lstrip("-"))
        if folded.startswith("其中"):
            return tuple(m for m in self.find(folded[2:]) if m.kind in ("member", "indicator", "concept", "not_collected"))
        return ()

    def look_up(self, cell: object) -> tuple[Meaning, ...]:
        """Everything that the text of a cell can mean; nothing for what is no text."""
        return self.find(fold(cell)) if type(cell) is str and cell else ()

    def indicator(self, concept: str, member: str = "") -> str | None:
        """The indicator of a concept and member, if there is one."""
        return self.vocabulary.members.get(concept, {}).get(member)

    def unit_of(self, code: str, stated: Iterable[Unit]) -> Unit | None:
        """The first of the stated units in which the indicator can be counted: (power of ten, noun)."""
        names = self.vocabulary.units.get(code, ())
        return next((unit for unit in stated if unit[1] in names), None)


def _foreign(dictionary: Dictionary) -> dict[str, frozenset[str]]:
    """Indicator → nouns and signs behind or before a number that say it counts something else."""
    nouns = {unit.code: {unit.label.zh, *unit.suffixes} for unit in dictionary.units.values()}
    for unit in dictionary.units.values():
        if unit.kind == "money":
            nouns[unit.code] |= set(dictionary.value_words.prefixes)
    of_kind: dict[str, set[str]] = {}
    for unit in dictionary.units.values():
        of_kind.setdefault(unit.kind, set()).update(nouns[unit.code])
    every = set[str]().union(*(said for kind, said in of_kind.items() if kind))
    foreign = {kind: frozenset(every - said) for kind, said in of_kind.items() if kind}
    return {i.code: foreign[i.unit.kind] for i in dictionary.indicators.values() if i.unit.kind}


def vocabulary(dictionary: Dictionary, *, with_figures: bool = True) -> Vocabulary:
    """The dictionary's labels and aliases; `with_figures=False` leaves out those of concepts (layouts that name every column)."""
    found: dict[str, dict[Meaning, None]] = {}

    def add(texts: Iterable[str], meaning: Meaning) -> None:
        for text in texts:
            found.setdefault(fold(text), {})[meaning] = None

    add(_VALUE_HEADINGS, Meaning("value", ""))
    add(_ORDINARY_HEADINGS, Meaning("heading", ""))
    counted = {i.unit.code for i in dictionary.indicators.values()}
    for unit in dictionary.units.values():  # what no indicator is counted in (%, ‰) is the unit of a rate
        meaning = Meaning("heading" if unit.code in counted else "share", "")
        add((f"{m}{unit.label.zh}" for m in _MULTIPLES) if unit.code in counted else (unit.label.zh,), meaning)
    for entry in dictionary.head.values():
        add((entry.label.zh, entry.label.en, *entry.aliases), Meaning("head", entry.code))
    for old in dictionary.not_collected.values():
        add((old.label.zh, old.label.en, *old.aliases), Meaning("not_collected", old.code))
    _add_breakdowns(dictionary, add)
    if with_figures:
        _add_figures(dictionary, add)
    return Vocabulary(
        meanings={text: tuple(group) for text, group in found.items()},
        breakdown={c.code: c.breakdown or "" for c in dictionary.concepts.values()},
        members=_members(dictionary),
        additive=frozenset(b.code for b in dictionary.breakdowns.values() if b.additive),
        labels={i.code: i.label.zh for i in dictionary.indicators.values()}
        | {n.code: n.label.zh for n in dictionary.not_collected.values()}
        | {c.code: c.label.zh for c in dictionary.concepts.values()},
        reasons={n.code: (n.reason.zh, n.reason.en) for n in dictionary.not_collected.values()},
        silent=frozenset(n.code for n in dictionary.not_collected.values() if n.silent),
        units={i.code: (i.unit.label.zh, *i.unit.suffixes) for i in dictionary.indicators.values()},
        foreign=_foreign(dictionary),
        whole=frozenset(i.code for i in dictionary.indicators.values() if not i.unit.decimals),
        most={i.code: i.unit.most for i in dictionary.indicators.values() if i.unit.most is not None},
        shares=tuple(map(fold, dictionary.value_words.shares)),
        periods=period_reader(dictionary),
    )


def label_book(
    dictionary: Dictionary,
    columns: Mapping[str, str],
    ignore: Iterable[str],
    words: Vocabulary,
    reasons: Iterable[str] = (),
    *,
    by_month: bool = False,
) -> LabelBook:
    """The book of one layout: its own heading paths (`columns`: path → target; `ignore`, `reasons`: paths) and the shared vocabulary.

    `by_month`: columns may be headed by months.
    """
    own = {fold_path(path): _target(dictionary, target) for path, target in columns.items()}
    own |= {fold_path(path): Meaning("not_collected", f"ignore:{path}") for path in ignore}
    own |= {fold_path(path): Meaning(REASON, path) for path in reasons}
    if by_month:
        own[fold(OTHER_MONTH)] = Meaning("comparison", MONTH)
    return LabelBook(own, words)


def fold_path(path: str) -> str:
    """A heading path 'upper/lower' folded part by part."""
    return "/".join(fold(part) for part in path.split("/"))


def path_parts(path: Sequence[str]) -> list[str]:
    """The lines of a heading that tell it from others: without blank ones, units alone, and the same text again below itself."""
    parts = [part for part in path if part and not is_unit_alone(part)]
    return [part for n, part in enumerate(parts) if n == 0 or fold(part) != fold(parts[n - 1])]


def resolve(book: LabelBook, path: Sequence[str]) -> Meaning | None:
    """What a column headed by `path` (top to bottom) holds: an indicator, a concept, its total, a head field, … or None."""
    folded = [fold(part) for part in path_parts(path)]
    for start in range(len(folded)):
        whole = book.find("/".join(folded[start:]))
        if whole and any(m.kind in ("share", "comparison") for part in folded[:start] for m in book.find(part)):
            break  # 出生 below 上月
        if whole and (whole[0].kind in ("indicator", "head", "not_collected", REASON) or (whole[0].kind == "total" and whole[0].code)):
            return whole[0]
    meanings = [book.find(part) for part in folded]
    if (other := next((m for group in meanings for m in group if m.kind in ("share", "comparison")), None)) is not None:
        return other
    at = next((n for n in range(len(meanings) - 1, -1, -1) if any(m.kind == "concept" for m in meanings[n])), None)
    if at is None:
        at = next((n for n in range(len(meanings) - 1, -1, -1) if any(m.kind in _WHOLE for m in meanings[n])), None)
        if at is None or not _is_understood(meanings[at + 1 :]):
            return None
        return next(m for m in meanings[at] if m.kind in _WHOLE)
    if folded[at] not in book.own and not _is_understood(meanings[at + 1 :]):
        return None  # 出生 / 城镇 is not 出生
    concept = next(m for m in meanings[at] if m.kind == "concept")
    breakdown = book.vocabulary.breakdown.get(concept.code, "")
    for group in reversed(meanings):
        for meaning in group:
            if meaning.kind == "member" and meaning.of == breakdown:
                code = book.indicator(concept.code, meaning.code)
                return Meaning("indicator", code) if code else None
            if meaning.kind == "total" and meaning.of == breakdown:
                return Meaning("total", concept.code, breakdown)
    if breakdown == "":
        code = book.indicator(concept.code)
        return Meaning("indicator", code) if code else None
    return concept


_WHOLE = ("indicator", "head", "not_collected")


def _is_understood(groups: Sequence[tuple[Meaning, ...]]) -> bool:
    return all(groups)


def _add_breakdowns(dictionary: Dictionary, put: Callable[[Iterable[str], Meaning], None]) -> None:
    for breakdown in dictionary.breakdowns.values():
        for member in breakdown.members:
            put((member.label.zh, member.label.en, *member.aliases), Meaning("member", member.code, breakdown.code))
        if breakdown.total is not None:
            put((breakdown.total.label.zh, breakdown.total.label.en, *breakdown.total.aliases), Meaning("total", "", breakdown.code))


def _add_figures(dictionary: Dictionary, put: Callable[[Iterable[str], Meaning], None]) -> None:
    own = {c.code for c in dictionary.concepts.values() if c.return_ is not None}  # only the layouts of its return have its headings
    for concept in [c for c in dictionary.concepts.values() if c.code not in own]:
        names = (concept.label.zh, concept.label.en, *concept.aliases)
        put(names, Meaning("concept", concept.code))
    for indicator in dictionary.indicators.values():
        if indicator.is_total or indicator.concept.code in own:
            continue  # in other layouts a written total is compared, never read
        put((indicator.label.zh, indicator.label.en, indicator.code), Meaning("indicator", indicator.code))
        if indicator.member is None:
            continue
        parts = (indicator.member.label.zh, *indicator.member.aliases)
        whole = (indicator.concept.label.zh, *indicator.concept.aliases)
        put((f"{a}{b}" for c in whole for m in parts for a, b in ((c, m), (m, c), (c, f"-{m}"))), Meaning("indicator", indicator.code))


def _target(dictionary: Dictionary, target: str) -> Meaning:
    if target in dictionary.indicators:
        return Meaning("indicator", target)
    if target in dictionary.head:
        return Meaning("head", target)
    if target in dictionary.concepts:
        return Meaning("concept", target)
    if target.startswith("total:"):
        concept = target.removeprefix("total:")
        return Meaning("total", concept, dictionary.concepts[concept].breakdown or "")
    return Meaning("heading", "")


def _members(dictionary: Dictionary) -> dict[str, dict[str, str]]:
    members: dict[str, dict[str, str]] = {}
    for indicator in [i for i in dictionary.indicators.values() if not i.is_total]:
        members.setdefault(indicator.concept.code, {})[indicator.member.code if indicator.member else ""] = indicator.code
    return members
