"""Words and names: what a heading says about persons, and whether a text is a person's name. From the dictionary's `person_words`.

A Chinese name is told by its surname and by what no given name ends with, so that villages (高桥, 杨家湾), indicators (孕产妇数) and words
that begin like a surname (方法, 安全) are none. A strong name (2) counts by itself; a weak one (1: a surname that is a word, Latin letters)
where headings or other names stand beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from sources.text import fold

_HAN = "[\u3400-\u9fff]"
_HAN_CHAR = re.compile(_HAN)
_HAN_NAME = re.compile(f"{_HAN}{{2,5}}")
_DOTTED = re.compile(f"{_HAN}{{1,8}}(?:[·•・．‧∙]{_HAN}{{1,8}}){{1,3}}")
_LATIN = re.compile(r"[A-Z][A-Za-z'’-]+,?(?: (?:[A-Z][A-Za-z'’-]*\.?|van|von|de|bin|al|el|da|di)){1,4}")
_OTHER = re.compile("[가-힣]{2,4}|[Ѐ-ӿ]{2,}(?: [Ѐ-ӿ.]+){1,3}|[\u0600-\u06ff]{2,}(?: [\u0600-\u06ff]{2,}){1,3}")
_HIDDEN_NAME = re.compile(f"{_HAN}{{1,2}}[某*＊●○〇×xX]{{1,2}}{_HAN}?|{_HAN}[*＊●○×]{_HAN}")
_AROUND = re.compile(
    r"^(?:\d{1,3}\s*[.、．)）:：]\s*)?(.+?)\s*(?:[（(\[【][^）)\]】]{1,10}[）)\]】])?\s*(?:[,，:：;；、。\s]?\s*[\d*-]{7,20}[Xx]?)?\s*[,，:：;；、。]?$"
)
_LOOSE = re.compile(f"{_HAN}{{2,6}}|{_DOTTED.pattern}|{_LATIN.pattern}|{_OTHER.pattern}")
_NO_LOOSE = re.compile(
    "计$|計$|^[总其本上]|[村镇鎮乡鄉县縣市区區省里组組]$|社区|街道|居委|单位|日期|姓名|备注|性别|人数|户数|无$|名称|以[上下]|[数數率额額]$"
)
_WITHIN = f"({_DOTTED.pattern}|{_HAN}{{2,5}})"
_FOLDED_LINE = re.compile(r"\s*\n?\s+\|")
"""Where YAML has joined two lines of a long pattern: the blank is none of it."""
_MOST_KNOWN, _LONGEST_HEADING = 50_000, 24


class PersonWords:
    """The compiled words; remembers what it judged, in this process only."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self.entries = dict(entries)
        self.surnames = frozenset(self.entries["surnames"])
        self.weak = frozenset(self.entries["weak_surnames"])
        self.doubles = frozenset(self.entries["double_surnames"])
        self.not_at_end = frozenset(self.entries["not_at_end"])
        self.not_within = frozenset(self.entries["not_within"])
        self.no_names = frozenset(self.entries["no_names"].split())
        self.relations = frozenset(self.entries["relations"].split())
        self.sexes = frozenset(self.entries["sexes"])
        self.placeholders = frozenset(self.entries["placeholders"].split())
        self._pieces = re.compile("(?:" + "|".join(sorted(set(self.entries["name_pieces"].split()), key=len, reverse=True)) + "){2,4}")
        self._asks: dict[str, bool] = {}
        self._strengths: dict[str, int] = {}
        self.harmless: set[str] = set()
        self.sorts: dict[str, int] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return PersonWords, (self.entries,)  # what was judged stays in its process

    def _pattern(self, name: str) -> re.Pattern[str]:
        return re.compile(_FOLDED_LINE.sub("|", self.entries[name]), re.IGNORECASE)

    @cached_property
    def officials(self) -> re.Pattern[str]:
        """Who signs, or is asked for an office."""
        return self._pattern("officials")

    @cached_property
    def identities(self) -> re.Pattern[str]:
        """Headings of numbers of documents."""
        return self._pattern("identities")

    @cached_property
    def codes(self) -> re.Pattern[str]:
        """Headings of codes of other things."""
        return self._pattern("codes")

    @cached_property
    def births(self) -> re.Pattern[str]:
        """Headings of dates of birth."""
        return self._pattern("births")

    @cached_property
    def phones(self) -> re.Pattern[str]:
        """Headings of telephone numbers."""
        return self._pattern("phones")

    @cached_property
    def banks(self) -> re.Pattern[str]:
        """Words beside cards of banks."""
        return self._pattern("banks")

    @cached_property
    def amounts(self) -> re.Pattern[str]:
        """Headings of amounts of money."""
        return self._pattern("amounts")

    @cached_property
    def about(self) -> re.Pattern[str]:
        """Headings of what a list says about persons."""
        return self._pattern("about")

    @cached_property
    def places(self) -> re.Pattern[str]:
        """Headings of places and offices."""
        return self._pattern("places")

    @cached_property
    def things(self) -> re.Pattern[str]:
        """Headings of things, brands, streets, institutions: what stands below may be called like a person and is none."""
        return self._pattern("things")

    @cached_property
    def thing_titles(self) -> re.Pattern[str]:
        """Titles of lists of such."""
        return self._pattern("thing_titles")

    @cached_property
    def roster_of_persons(self) -> re.Pattern[str]:
        """Words in a title by which a list is one of persons after all."""
        return self._pattern("roster_of_persons")

    @cached_property
    def positions(self) -> re.Pattern[str]:
        """What officials are."""
        return self._pattern("positions")

    @cached_property
    def staff_titles(self) -> re.Pattern[str]:
        """Titles of lists of an office's own people."""
        return self._pattern("staff_titles")

    @cached_property
    def roster_titles(self) -> re.Pattern[str]:
        """Titles of lists of persons."""
        return self._pattern("roster_titles")

    @cached_property
    def address(self) -> re.Pattern[str]:
        """Where somebody lives."""
        return self._pattern("address")

    @cached_property
    def members(self) -> re.Pattern[str]:
        """Positions of those who belong to a team and hold no office."""
        return self._pattern("members")

    @cached_property
    def figures(self) -> re.Pattern[str]:
        """Headings of figures, meters and devices."""
        return self._pattern("figures")

    @cached_property
    def fields(self) -> re.Pattern[str]:
        """Headings of names of fields in a data dictionary."""
        return self._pattern("fields")

    @cached_property
    def field_types(self) -> re.Pattern[str]:
        """Headings of types and lengths of fields."""
        return self._pattern("field_types")

    @cached_property
    def examples(self) -> re.Pattern[str]:
        """What a row of an example begins with."""
        return self._pattern("examples")

    @cached_property
    def events(self) -> re.Pattern[str]:
        """What happens to persons."""
        return self._pattern("events")

    @cached_property
    def done(self) -> re.Pattern[str]:
        """What is told of somebody behind the name."""
        return self._pattern("done")

    @cached_property
    def told(self) -> re.Pattern[str]:
        """What is told of one's family in a chat."""
        return self._pattern("told")

    @cached_property
    def ills(self) -> re.Pattern[str]:
        """What nobody is to know of somebody."""
        return self._pattern("ills")

    @cached_property
    def homes(self) -> re.Pattern[str]:
        """Where somebody lives, in running text."""
        return self._pattern("homes")

    @cached_property
    def cards(self) -> re.Pattern[str]:
        """Numbers of cards and documents, in running text."""
        return self._pattern("cards")

    @cached_property
    def inquiries(self) -> re.Pattern[str]:
        """Words beside whoever may be asked."""
        return self._pattern("inquiries")

    @cached_property
    def named_in_text(self) -> re.Pattern[str]:
        """A place in running text where somebody's name may begin: at a mark, or behind a word for a person. The name is group 1."""
        before = self._pattern("before_names").pattern
        return re.compile(rf"(?:^|{before}|[，。；、：:,;（(\s“\"\d])(?={_WITHIN})")

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return self._pattern("names")

    @cached_property
    def _persons(self) -> re.Pattern[str]:
        return self._pattern("persons")

    @cached_property
    def _no_latin(self) -> re.Pattern[str]:
        return self._pattern("no_latin_names")

    def heads_names(self, folded: str) -> bool:
        """Whether whatever stands below this heading is a person's name."""
        return 0 < len(folded) <= 16 and self._names.search(folded) is not None and self.officials.search(folded) is None

    def heads_persons(self, folded: str) -> bool:
        """Whether persons may stand below this heading; as well it may head counts."""
        return 0 < len(folded) <= 12 and self._persons.search(folded) is not None and self.officials.search(folded) is None

    def asks_official(self, text: str) -> bool:
        """Whether a text asks for whoever signs, or holds an office; remembered, as forms ask the same."""
        asks = self._asks.get(text)
        if asks is None:
            asks = self.strength(text) < 2 and self.officials.search(heading(text) or text) is not None
            if len(self._asks) < _MOST_KNOWN:
                self._asks[text] = asks
        return asks

    def strength(self, text: str) -> int:
        """2: a person's name; 1: perhaps; 0: none."""
        if len(text) > 40:
            return 0
        found = self._strengths.get(text)
        if found is None:
            found = self._strength(text)
            if len(self._strengths) < _MOST_KNOWN:
                self._strengths[text] = found
        return found

    def _strength(self, text: str) -> int:
        inside = _AROUND.match(text.strip())
        bare = inside[1] if inside is not None else ""
        compact = bare.replace(" ", "").replace("\u3000", "").replace("\xa0", "")
        if self._pieces.fullmatch(compact):
            return 2
        if _HAN_NAME.fullmatch(compact):
            return self._of_chinese(compact)
        if _DOTTED.fullmatch(compact):
            return 2
        if _HIDDEN_NAME.fullmatch(compact) and (compact[0] in self.surnames or compact[:2] in self.doubles):
            return 2
        if _LATIN.fullmatch(bare) and self._no_latin.search(bare) is None:
            return 1
        return int(_OTHER.fullmatch(bare) is not None)

    def _of_chinese(self, name: str) -> int:
        if name[:2] in self.no_names or name in self.no_names or name[-1] in self.not_at_end or name in self.relations:
            return 0
        if name[:2] in self.doubles and len(name) >= 3:
            return 2 if self.not_within.isdisjoint(name[2:]) else 1
        if name[0] not in self.surnames:
            return 0
        if len(name) == 5:
            return 0
        if len(name) == 4:  # a married woman's: 陳林美玉
            return int(name[1] in self.surnames and self.not_within.isdisjoint(name[2:]))
        unlikely = not self.not_within.isdisjoint(name[1:])
        if name[0] in self.weak:
            return 0 if unlikely else 1
        return 1 if unlikely else 2

    def name_in_text(self, run: str, following: str) -> str:
        """The name with which a run of characters in a sentence begins, '' when with none. `following`: what stands behind the run."""
        if _DOTTED.fullmatch(run):
            return run
        for n in range(min(len(run), 4), 1, -1):
            strength, rest = self.strength(run[:n]), run[n : n + 1] or following[:1]
            is_end = not rest or _HAN_CHAR.match(rest) is None
            if (strength == 2 and (is_end or rest in self.entries["after_names"])) or (strength == 1 and n == 3 and is_end):
                return run[:n]
        return ""

    def may_be_name(self, value: Any) -> bool:
        """Whether a text below a heading of names is one, whatever its surname."""
        if type(value) is not str or len(value) > 40:
            return False
        bare = value.strip()
        compact = bare.replace(" ", "").replace("\u3000", "")
        if len(compact) < 2 or _NO_LOOSE.search(compact):
            return False
        return self.strength(bare) > 0 or (any(_LOOSE.fullmatch(form) for form in (bare, compact)) and self._no_latin.search(bare) is None)


def heading(value: Any) -> str:
    """The folded text of a cell that may be a heading, else ''."""
    return fold(value) if type(value) is str and 0 < len(value) <= _LONGEST_HEADING else ""


def person_words(entries: Mapping[str, Any]) -> PersonWords:
    """The words of a dictionary, ready for use."""
    return PersonWords(entries)


@cache
def shipped_words() -> PersonWords:
    """The words that come with the program, for callers without a county's dictionary."""
    from schemas.dictionary import load_dictionary

    return person_words(load_dictionary([]).person_words.model_dump())
