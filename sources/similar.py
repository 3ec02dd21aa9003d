"""How alike a heading of an unknown form is to what the dictionary calls things. For drafting layouts, never for reading them.

Scores: 1 the same words; 0.86 the same but for words that do not distinguish (期末, 总, 人数); below, by edit distance. Traditional
characters are simplified, age ranges are compared as ranges: 15–64 is not 15–59, however alike the texts are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sources.text import fold

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

HIGH, MEDIUM = 0.9, 0.7
_SAME_CORE, _FUZZY = 0.86, 0.75
_LEAST_RATIO = 75.0
_NEUTRAL = re.compile("期末|月末|本月|本期|总数|总|人数|人口数|人口|户籍|人次|数$|^number of|^total ")
_AGES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[int, int]]], ...] = (
    (re.compile(r"(?:未满|不满|<)(\d{1,3})岁?"), lambda a: (0, int(a[1]) - 1)),
    (re.compile(r"(?:超过|大于|>)(\d{1,3})岁?"), lambda a: (int(a[1]) + 1, 999)),
    (re.compile(r"(\d{1,3})(?:周岁|岁)?(?:及以上|以上|\+|plus|yearsandover)"), lambda a: (int(a[1]), 999)),
    (re.compile(r"(\d{1,3})(?:岁)?[-至~](\d{1,3})(?:周岁|岁|years)?"), lambda a: (int(a[1]), int(a[2]))),
)
_WORD = re.compile(r"[a-z]+|\d+")
_LATIN = re.compile(r"[a-z]")


class Candidate(NamedTuple):
    """What a heading may mean. `target`: an indicator, `total:<concept>`, a concept, or `head:<field>`."""

    target: str
    score: float


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A heading folded and in simplified characters."""
    return fold(_simplifier().convert(text))


@lru_cache(maxsize=4096)
def core(text: str) -> str:
    """A plain heading without words that do not distinguish it; the heading itself where nothing else is left."""
    bare = _NEUTRAL.sub("", text).strip("-_/ ")
    return bare or ("人口" if "人口" in text else text)


def age_range(text: str) -> tuple[int, int] | None:
    """The ages that a heading names, inclusive; 999 where it is open."""
    squeezed = plain(text).replace("—", "-").replace("–", "-")
    for pattern, ages in _AGES:
        if (found := pattern.search(squeezed)) is not None:
            return ages(found)
    return None


def likeness(heading: str, label: str) -> float:
    """How alike two plain texts are, 0 to 1."""
    if heading == label:
        return 1.0
    if not heading or not label:
        return 0.0
    if core(heading) == core(label):
        return _SAME_CORE
    if _LATIN.search(heading) and _LATIN.search(label):
        return _words_alike(heading, label)
    from rapidfuzz.fuzz import ratio

    alike = ratio(core(heading), core(label))
    return _FUZZY * alike / 100 if alike >= _LEAST_RATIO else 0.0


def _words_alike(heading: str, label: str) -> float:
    """Share of English words that two labels have in common (births and birth are one)."""
    one, two = ({w.rstrip("s") for w in _WORD.findall(text)} for text in (heading, label))
    return _FUZZY * len(one & two) / len(one | two) if one and two else 0.0


class LabelIndex:
    """The dictionary's names of things, plain: concepts, members, totals, head fields, single indicators."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self.concepts = {c.code: _plain_set(c.label.zh, c.label.en, c.code, *c.aliases) for c in dictionary.concepts.values()}
        self.members = {
            (b.code, m.code): _plain_set(m.label.zh, m.label.en, m.code, *m.aliases)
            for b in dictionary.breakdowns.values()
            for m in b.members
        }
        self.totals = {
            b.code: _plain_set(b.total.label.zh, b.total.label.en, "计", "total", *b.total.aliases)
            if b.total
            else frozenset({"计", "total"})
            for b in dictionary.breakdowns.values()
        }
        self.heads = {f.code: _plain_set(f.label.zh, f.label.en, *f.aliases) for f in dictionary.head.values()}
        self.indicators = {i.code: _plain_set(i.label.zh, i.label.en, i.code) for i in dictionary.indicators.values() if not i.is_total}
        self.ages = {code: ages for code, i in dictionary.indicators.items() if (ages := _ages_of(i.label.zh)) is not None}

    def candidates(self, path: list[str]) -> list[Candidate]:
        """What a heading path (top to bottom) may mean, best first; each target once."""
        best: dict[str, float] = {}
        for target, score in self._all(path):
            if score > best.get(target, 0.0):
                best[target] = score
        return sorted((Candidate(t, round(s, 3)) for t, s in best.items() if s > 0), key=lambda c: (-c.score, c.target))

    def _all(self, path: list[str]) -> Iterator[tuple[str, float]]:
        ages = next((found for part in reversed(path) if (found := age_range(part)) is not None), None)
        if ages is not None:  # a range is that range or nothing
            yield from ((code, 0.95) for code, own in self.ages.items() if own == ages and "women" not in code)
            return
        parts = [plain(part) for part in path if part]
        wholes = {*parts, "".join(parts), "".join(reversed(parts))}
        for whole in wholes:
            for code, labels in self.indicators.items():
                yield code, _best(whole, labels)
            for code, labels in self.heads.items():
                yield f"head:{code}", _best(whole, labels)
            yield from self._split(whole)
        for upper in parts:
            for lower in parts:
                if lower != upper:
                    yield from self._member_of(upper, lower)

    def _split(self, text: str) -> Iterator[tuple[str, float]]:
        """出生数-男, 男性人口, birth_total_m: a concept and a member in one text; a concept alone means its total."""
        for concept, labels in self.concepts.items():
            breakdown = self._dictionary.concepts[concept].breakdown
            alone = _best(text, labels)
            if breakdown is None:
                yield concept, alone
                continue
            if alone:
                yield concept, alone * 0.999
                if self._dictionary.breakdowns[breakdown].additive:
                    yield f"total:{concept}", alone
            for (of, member), names in self.members.items():
                if of != breakdown or (code := self._code(concept, member)) is None:
                    continue
                for name in names:
                    for rest in _without(text, name):
                        yield code, _best(rest, labels)
            for name in self.totals[breakdown]:
                for rest in _without(text, name):
                    yield f"total:{concept}", _best(rest, labels)

    def _member_of(self, upper: str, lower: str) -> Iterator[tuple[str, float]]:
        for concept, labels in self.concepts.items():
            breakdown = self._dictionary.concepts[concept].breakdown
            if breakdown is None or not (of_concept := _best(upper, labels)):
                continue
            for (of, member), names in self.members.items():
                if of == breakdown and lower in names and (code := self._code(concept, member)) is not None:
                    yield code, of_concept
            if lower in self.totals[breakdown] and self._dictionary.breakdowns[breakdown].additive:
                yield f"total:{concept}", of_concept

    def _code(self, concept: str, member: str) -> str | None:
        code = f"{concept}_{member}"
        return code if code in self._dictionary.indicators else None


def _plain_set(*texts: str) -> frozenset[str]:
    return frozenset(plain(text) for text in texts if text)


def _best(text: str, labels: frozenset[str]) -> float:
    return max((likeness(text, label) for label in labels), default=0.0)


def _without(text: str, name: str) -> Iterator[str]:
    """The text without a member's name at its beginning or end, if something is left."""
    if len(name) < len(text):
        if text.endswith(name) and (len(name) > 1 or not name.isascii() or text[-2] in "_-"):
            yield text[: -len(name)].strip("-_/")
        if text.startswith(name) and not name.isascii():
            yield text[len(name) :].strip("-_/")


def _ages_of(label: str) -> tuple[int, int] | None:
    return age_range(label)
