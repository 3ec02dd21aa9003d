"""Recognises person-level rows, which this system must not hold. It says that they are there and where, and quotes nothing of them.

On the ordinary path each text is looked up among those that were judged before, and only a new one is judged; only where numbers,
headings or names are suspicious is every cell looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sources.faults import FileFault
from sources.identity import is_identity_number, numbers_in
from sources.margins import decoded, seen_in_margins
from sources.namedtexts import is_old_day, judged_sentences, judged_texts
from sources.personwords import PersonWords, heading, shipped_words
from sources.rosters import is_about_one, persons_in, persons_in_texts
from sources.scattered import is_rounded_text, masked_numbers, mobile_in, scattered_in
from sources.textdocuments import judged_lines
from sources.workbook import Sheet

SHEET_NAMES, FILE_NAME = "工作表名称 sheet names", "文件名 file name"
UNUSED = "没有单元格使用的文字或注音 texts that no cell uses, or phonetic text"
_MOST_HARMLESS, _LONGEST_HARMLESS = 50_000, 400
_DIGITS = re.compile(r"\d")
_CODE = re.compile(r"(?<!\d)\d{12}(?!\d)")
"""A village's code, as files of forms are called: no number of a person, and most files of an inbox have it."""
_MASKS = re.compile(r"[*＊●•○◯×xXｘＸ#＃■□_]{3}")
_MARKS = re.compile(r"[、，,；;:：（(\s]|岁|歲|生")
_FEW_NAMES, _FEW_PHONES = 2, 3
_SIGNERS = 4
_MOST_TEXT = 1 << 20
_MOST_NAMES = 8
NONE, NAME, HEAD, PERSON_HEAD, PHONE, NUMBER, PIECE, OLD_DAY = range(8)


class PersonsSeen(NamedTuple):
    """Rows about persons, or what may be such rows. `where`: a sheet's position (from 1), or what else of the file holds them.

    `is_certain`: valid numbers of persons, or several rows of names with numbers: the file is set aside as the county has set. Otherwise
    it is sealed until a person in charge has decided. `why`: an entry of `suspicions` in the dictionary.
    """

    where: str
    is_certain: bool
    why: str


def where_persons_are(kind: str, data: bytes, sheets: Sequence[Sheet], words: PersonWords | None = None) -> PersonsSeen | None:
    """The first rows about persons, or None; what is certain before what is not. A sheet may be named after somebody: it is not named.

    Args:
        kind: the file's kind, as `sources.workbook.read_sheets` gives it.
        data: the file's bytes.
        sheets: its sheets, hidden ones too.
        words: a dictionary's words about persons (in the reading kit).
    """
    words = words or shipped_words()
    suspected: PersonsSeen | None = None
    said: set[str] = set()
    for number, sheet in enumerate(sheets, start=1):
        texts = set(sheet.said)
        said |= texts
        if _is_suspicious(sheet, texts, words) and (found := persons_in(sheet.rows, words)) is not None:
            seen = PersonsSeen(str(number), found[1], found[0])
            if seen.is_certain:
                return seen
            suspected = suspected or seen
    if suspected is None and kind == "text" and (found := _in_lines(data, words)) is not None:
        suspected = PersonsSeen("1", found[1], found[0])
    if suspected is None and (of_one := _named_sheets(sheets, words)) is not None:
        suspected = of_one
    if any(len(sheet.name) >= 11 for sheet in sheets) and (found := persons_in_texts([sheet.name for sheet in sheets], words)) is not None:
        return PersonsSeen(SHEET_NAMES, found[1], found[0])
    unused = {text for sheet in sheets[:1] for text in set(sheet.shared) - said if text.strip()}
    if unused and (found := persons_in_texts(sorted(unused), words)) is not None and (found[1] or suspected is None):
        return PersonsSeen(UNUSED, found[1], found[0])
    outside = seen_in_margins(kind, data, words, said, [sheet.frame for sheet in sheets])
    if outside is not None and (outside[1][1] or suspected is None):
        where, (why, is_certain) = outside
        return PersonsSeen(where, is_certain, why)
    return suspected


def _in_lines(data: bytes, words: PersonWords) -> tuple[str, bool] | None:
    """What the lines of a text say that are sentences: their commas part no fields."""
    lines = [line for line in decoded(data[:_MOST_TEXT]).splitlines() if "，" in line]
    return judged_sentences(lines, words) if lines else None


def _named_sheets(sheets: Sequence[Sheet], words: PersonWords) -> PersonsSeen | None:
    """Sheets that are named after the one person that each is about."""
    named = [(number, sheet) for number, sheet in enumerate(sheets, start=1) if words.strength(sheet.name) == 2 and sheet.said]
    if not named or any(f"{sheet.name.strip()}{end}" in text for _, sheet in named for text in sheet.said for end in "村镇乡社"):
        return None
    why = "names_alone" if len(named) >= _FEW_PHONES and all(len(sheet.name.strip()) >= 3 for _, sheet in named) else "person_card"
    for number, sheet in named:
        if why == "names_alone" or is_about_one(sheet.rows, words):
            return PersonsSeen(str(number), False, why)
    return None


def persons_in_plain_text(data: bytes, words: PersonWords) -> PersonsSeen | None:
    """The same of a text that is no table: names one below the other, a letter, also one that a word processor wrote."""
    if data.startswith((b"PK", b"\xd0\xcf")):
        try:
            seen = seen_in_margins("", data, words)
        except FileFault:  # a damaged workbook is no letter
            return None
        return PersonsSeen("1", seen[1][1], seen[1][0]) if seen is not None else None
    if not data or (b"\0" in data[:_MOST_TEXT] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        return None
    found = judged_lines([line for line in decoded(data[:_MOST_TEXT]).splitlines() if line.strip()], words)
    return PersonsSeen("1", found[1], found[0]) if found is not None else None


def is_named_after_person(path: str, words: PersonWords | None = None) -> str | None:
    """`FILE_NAME` when the name of a file, or of a folder on the way to it, holds an identity number, else None."""
    if len(_DIGITS.findall(path)) < 11:
        return None
    parts = path.replace("\\", "/").split("/")
    names = [part for part in (*parts[:-1], parts[-1].rpartition(".")[0] or parts[-1]) if _may_hold_number(part)]
    found = persons_in_texts(names, words) if names else None
    return FILE_NAME if found is not None and found[1] else None


def _may_hold_number(name: str) -> bool:
    """Whether there are digits enough for a person's number beside a village's code, or the code is half of one (12 + 6 digits)."""
    return len(_DIGITS.findall(_CODE.sub("", name))) >= 11 or is_identity_number("".join(_DIGITS.findall(name)))


def _is_suspicious(sheet: Sheet, texts: set[str], words: PersonWords) -> bool:
    """Whether the sheet needs a closer look: a number that may be a person's, a heading of a list, names that sign nothing."""
    sorts: dict[int, list[str]] = {}
    for text in texts - words.harmless:
        sort = _sort_of(text, words)
        if sort in (HEAD, NUMBER):
            return True
        if sort == NONE and len(words.harmless) < _MOST_HARMLESS and len(text) <= _LONGEST_HARMLESS:
            words.harmless.add(text)
        sorts.setdefault(sort, []).append(text)
    phones, pieces = len(sorts.get(PHONE, ())), len(sorts.get(PIECE, ()))
    if phones >= _FEW_PHONES or pieces >= _FEW_PHONES:
        return True
    names = _unsigned(sorts[NAME], sheet.said, words) if NAME in sorts else 0
    if names >= _FEW_NAMES or (names and (phones or PERSON_HEAD in sorts or OLD_DAY in sorts)):
        return True
    return any(number >= 1e14 or 13e9 <= number < 20e9 or 8613e9 <= number < 8620e9 for number in sheet.long_numbers())


def _unsigned(names: Sequence[str], said: Sequence[str], words: PersonWords) -> int:
    """How many names stand behind no word for who signs, nor behind a name that does."""
    if len(names) > _MOST_NAMES:
        return len(names)
    signers = 0
    for at in sorted(said.index(name) for name in names):
        first = at
        while first and at - first < _SIGNERS and said[first - 1] in names:
            first -= 1
        asked = 0  # 填表人 | 审核人 in a row, and their names below: as many sign as are asked
        while asked < _SIGNERS and first > asked and words.asks_official(said[first - asked - 1]):
            asked += 1
        signers += at - first < asked
    return len(names) - signers


def _sort_of(text: str, words: PersonWords) -> int:
    """What of persons a text may be; remembered."""
    sort = words.sorts.get(text)
    if sort is None:
        sort = _judge(text, words)
        if len(words.sorts) < _MOST_HARMLESS:
            words.sorts[text] = sort
    return sort


def _judge(text: str, words: PersonWords) -> int:
    sort = _number_sort(text)
    if sort == PHONE and not text.isascii() and judged_sentences([text], words) is not None:
        return NUMBER
    if sort != NONE:
        return sort
    if len(text) >= 6 and _MARKS.search(text) is not None and judged_texts([text], words) is not None:
        return NUMBER
    if len(text) >= 6 and judged_sentences([text], words) is not None:
        return NUMBER
    folded = heading(text)
    if folded:
        if words.strength(text) and not words.heads_names(folded) and not words.heads_persons(folded):
            return NAME
        if words.heads_names(folded) or (words.identities.search(folded) and not words.officials.search(folded)):
            return HEAD
        if words.heads_persons(folded) or folded in words.relations or words.roster_titles.search(folded):
            return PERSON_HEAD
    if is_old_day(text):
        return OLD_DAY
    if len(text) == 8 and text.isdecimal() and "1900" < text[:4] < "2050":
        return PIECE
    return NONE


def _number_sort(text: str) -> int:
    """Whether a text has the digits of a telephone or of a document; a 12-digit place code has not, nor have dates."""
    digits = len(_DIGITS.findall(text))
    if digits >= 4 and _MASKS.search(text) is not None and masked_numbers(text):
        return NUMBER
    if digits < 7:
        return NUMBER if digits >= 5 and is_rounded_text(text) else NONE
    if any(len(number) >= 15 for number in numbers_in(text)) or (digits >= 17 and scattered_in(text)):
        return NUMBER
    return PHONE if digits >= 10 and digits != 12 and mobile_in(text) is not None else NONE
