"""Running text about persons: a name with a date of birth, with sex and age, with an address; several names in a row.

A remark that names one person and no more is nobody's list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sources.personwords import PersonWords

_WORD = re.compile(r"[\u3400-\u9fff·•]{2,9}|[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+){1,3}")
_BORN = re.compile(
    r"(?:出生|生于|生於|生日|born|DOB|d\.o\.b)[^，。;；\n]{0,6}?(?:19|20)\d\d|(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?\s*(?:出生|生(?![育产孩产效]))"
    r"|(?:19|20)\d\d\s*年(?:\s*\d{1,2}\s*月)?\s*(?:出生|生(?![育产孩产效]))",
    re.IGNORECASE,
)
_FULL_DATE = re.compile(r"(?<!\d)(?:19\d\d|20[01]\d)\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}")
_OLD_DATE = re.compile(r"(?:19\d\d|200[0-5])\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?$")
_SEX_OR_AGE = re.compile(r"[，,、（(\s](?:男|女)(?=[，,、）)。；;\s\d]|$)|(?<!\d)\d{1,3}\s*(?:周?岁|周?歲)")
_BEFORE_TRAIT = re.compile(r"([\u3400-\u9fff]{2,7})\s*[（(，,、]\s*(?:[男女](?=[，,、）)。；;\s])|(?:19|20)\d\d\s*年\s*\d{1,2}\s*月)")
"""村民张三（男，…, 我村张三（1962年…: whoever stands before a sex or a date, behind words of the sentence."""
_BOUND = "，,、；;。:： \n\t（("
_SPLIT = re.compile(r"[、，,；;\s/|]+")
_INLINE = re.compile(r"(?:姓\s*名|氏\s*名|户\s*主|戶\s*長)\s*[:：]\s*\S")
_MAY_TELL = re.compile(r"\d{7}|\d[-*＊. ]\d{4}|[住址生岁死病逝亡婚孕卡号残瘤癌刑毒添嫁迁胎孩怀]|外出|\d[组社栋]")
_CLAUSE = re.compile(r"[。；;!！?？\n]")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|1[3-9]\d[*＊xX]{4}\d{4}|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
_DAY = re.compile(r"\d{1,2}\s*[月./-]\s*\d{1,2}")
_BETWEEN = re.compile(
    r"^(?:[（(][^）)]{1,10}[）)])?(?:[、与和][\u3400-\u9fff]{2,4}?)?(?:之[子女妻夫孙]|一?家|两?户|一?户|老人|同志|夫妇|夫妻|两口子|的(?:妻子|丈夫|女儿|儿子|媳妇|儿媳|母亲|父亲|[二三]胎|[二三]孩|孩子))?"
    r"(?:[于於在]|因[^，。；]{1,6})?(?:(?:19|20)\d\d年)?(?:\d{1,2}\s*[月./-]\s*\d{1,2}\s*[日号]?)?(?:[于於在]|因[^，。；]{0,4}|已|又|再)?"
)
"""What may stand between a name and what is told: 家, 之女, （女）, 老人, a day, 因病."""
_BRACKET = re.compile(r"[（(]([^）)]{1,10})[）)]")
_DAY_OR_AGE = re.compile(rf"{_DAY.pattern}|\d\s*(?:周?岁|周?歲)")
_COUNTED = re.compile(r"\d+\s*[人名例个](?:[:：]|[为是系])\s*$")
_SAID_OF = re.compile(r"[为是系叫：:（(]\s*$")
_MOST = 3000
_SHORT, _LONGEST_NAME = 6, 4
_NEAR = 40
_BESIDE, _WHOLE = 14, 3
_MANY = 4


def judged_texts(texts: Sequence[str], words: PersonWords) -> tuple[str, bool] | None:
    """What texts of several words say about persons, and whether it is certain; None: nothing."""
    born: set[str] = set()
    aged: set[str] = set()
    for text in texts:
        if len(text) < _SHORT:
            continue
        for line in text[:_MOST].splitlines():
            if len(line) < _SHORT:
                continue
            if (found := _list_of_names(line, words)) is not None:
                return found
            has_birth = _BORN.search(line) is not None
            dates = _FULL_DATE.findall(line)
            if has_birth or dates:
                names = _names_in(line, words)
                born.update(names if has_birth else names[: len(dates)])
                if _INLINE.search(line) and has_birth:
                    return "person_card", False
            if len(_SEX_OR_AGE.findall(line)) >= 1:
                aged.update(_names_in(line, words))
                if _INLINE.search(line) and words.officials.search(line) is None:
                    return "person_card", False
    if born:
        return "names_with_birth_dates", len(born) >= _MANY
    return ("names_and_ages", False) if aged else None


def judged_sentences(texts: Sequence[str], words: PersonWords) -> tuple[str, bool] | None:
    """What sentences tell of somebody by name: a telephone, a number, a birth, a home, an event of a life. Never certain.

    Clauses that name who signs or may be asked are an office's. A name with nothing told of it is nobody's list.
    """
    for text in texts:
        if len(text) >= _SHORT and _MAY_TELL.search(text) is not None and (found := _told_in(text[:_MOST], words)) is not None:
            return found, False
    return None


def _told_in(text: str, words: PersonWords) -> str | None:
    clauses = [clause for clause in _CLAUSE.split(text) if len(clause) > 1 and words.officials.search(clause) is None]
    if not any(name for clause in clauses for name, _, _ in _named_in(clause, words)):
        return None
    is_asked = words.inquiries.search(text) is not None
    for clause in clauses:
        if words.cards.search(clause) is not None or (not is_asked and _PHONE.search(clause) is not None):
            return "names_with_numbers"
        if _BORN.search(clause) is not None:
            return "names_with_birth_dates"
        if words.homes.search(clause) is not None:
            return "names_and_addresses"
        if words.ills.search(clause) is not None and _named_in(clause, words):
            return "names_with_events"
        if _has_deed(clause, words) or (_DAY.search(clause) is not None and _has_event(clause, words)):
            return "names_with_events"
    return None


def _named_in(clause: str, words: PersonWords) -> list[tuple[str, int, int]]:
    """Names in a sentence with their beginnings and ends."""
    found = []
    for run in words.named_in_text.finditer(clause):
        name = words.name_in_text(run[1], clause[run.end(1) :])
        if name:
            found.append((name, run.start(1), run.start(1) + len(name)))
    return found


def _has_event(clause: str, words: PersonWords) -> bool:
    """死亡1人为某某, 取名某某, 某某于3月7日病故: a name right behind the event, or the event behind a whole name.

    Without a day it says no more than the form's own count does.
    """
    for name, begin, end in _named_in(clause, words):
        before, behind = clause[max(0, begin - _BESIDE) : begin], re.split("[，,]", clause[end : end + _BESIDE])[0]
        if words.events.search(before) is not None and _SAID_OF.search(before) is not None:
            return True
        if re.search("死者|逝者|取名|名叫", before[-3:]):
            return True
        if len(name) >= _WHOLE and words.events.match(behind.lstrip("于於因在")) is not None:
            return True
        if len(name) >= _WHOLE and behind[:1] in ("于", "於", "因", "在") and words.events.search(behind) is not None:
            return True
    return False


def _has_deed(clause: str, words: PersonWords) -> bool:
    """王小梅3月5日生一女孩, 李四家添一男孩, 出生2人：张三之子: what somebody did behind a whole name, or names behind a count of events.

    What was done by so many persons or households is told of a place that is called like a person. Names behind a count say, without a day
    or an age, no more than the form's own count does.
    """
    for name, begin, end in _named_in(clause, words):
        before, behind = clause[max(0, begin - _BESIDE) : begin], _BETWEEN.sub("", clause[end : end + 2 * _BESIDE], count=1)
        if _DAY_OR_AGE.search(clause) is not None and _COUNTED.search(before) is not None and words.events.search(before) is not None:
            return True
        has_day = _DAY.match(clause[end:].lstrip("于於因在家")) is not None
        if (len(name) >= _WHOLE or has_day) and words.done.match(behind) is not None:
            return True
        bracket = _BRACKET.match(clause[end:])
        if bracket is None:
            continue
        if len(name) >= _WHOLE and words.done.match(bracket[1]) is not None:  # （孕7月）
            return True
        if bracket[1] in words.sexes and _SAID_OF.search(before) is not None and words.events.search(before) is not None:
            return True
    return False


def is_day_of_life(text: str) -> bool:
    """Whether a text is a day of some years ago and nothing else."""
    return len(text) <= 24 and _FULL_DATE.match(text.strip()) is not None


def is_old_day(text: str) -> bool:
    """Whether a text is a day of so many years ago that no report is of it, and nothing else."""
    return len(text) <= 14 and _OLD_DATE.match(text.strip()) is not None


def _names_in(line: str, words: PersonWords) -> list[str]:
    """Names that stand by themselves between marks, or begin or end what stands there, of those who sign nothing."""
    if words.officials.search(line) is not None:
        return []
    found = []
    for run in _WORD.finditer(line):
        word = run[0]
        if words.strength(word) == 2 or (" " in word and words.strength(word)):
            found.append(word)
    for run in _BEFORE_TRAIT.finditer(line):
        if words.strength(run[1]) and (not run.start() or line[run.start() - 1] in _BOUND):
            found.append(run[1])
            continue
        name = next((run[1][-n:] for n in (3, 2) if len(run[1]) > n and words.strength(run[1][-n:]) == 2), "")
        if name:
            found.append(name)
    return found


def _list_of_names(line: str, words: PersonWords) -> tuple[str, bool] | None:
    """死亡：张三、李四、王五、赵六: several names and hardly anything else."""
    if words.officials.search(line) is not None or words.staff_titles.search(line) is not None:
        return None
    pieces = [piece for piece in _SPLIT.split(re.sub(r"^.{0,16}?[:：]", "", line.strip().strip('"。. '))) if piece]
    strong = {piece for piece in pieces if words.strength(piece) == 2}
    names = strong | {piece for piece in pieces if not piece.isascii() and words.strength(piece)}
    if 2 * len(strong) < len(names):
        return None
    is_list = len(names) >= _MANY and len(names) >= 0.7 * len(pieces)
    return ("names_alone", False) if is_list or len(names) == len(pieces) == _MANY - 1 else None
