"""What things are called in offices: the dictionary's labels and aliases, months, numerals; and how they are written."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import product
from random import Random

from schemas.dictionary import Dictionary, load_dictionary

DICTIONARY: Dictionary = load_dictionary([])
COLUMNS = {
    "value": ("本月数", "数量", "本期数", "数值", "本月"),
    "unit": ("计量单位", "单位"),
    "item": ("指标", "项目", "指标名称"),
    "number": ("序号", "编号", "行次"),
}
"""Headings of columns that hold no breakdown."""
_CHINESE, _FORMAL = "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"
_WIDE = str.maketrans("0123456789.,-()", "０１２３４５６７８９．，－（）")


@cache
def names(code: str) -> tuple[str, ...]:
    """Every name of a concept, an indicator, a member ('sex:m'; 'sex:' is the total), a head field or a column; the ordinary one first.

    A name that the dictionary also gives to something else is left out: a reader would have to ask.
    """
    if code in COLUMNS:
        return COLUMNS[code]
    all_names = _names(code)
    return (all_names[0], *(n for n in dict.fromkeys(all_names[1:]) if n != all_names[0] and (":" in code or _owners()[n] == 1)))


def _names(code: str) -> tuple[str, ...]:
    d = DICTIONARY
    if ":" in code:
        breakdown, member = code.split(":")
        entries = d.breakdowns[breakdown]
        entry = next((m for m in entries.members if m.code == member), None) or entries.total
        assert entry is not None
        return (entry.label.zh, *entry.aliases)
    if code in d.head:
        return (d.head[code].label.zh, *d.head[code].aliases)
    if code in d.concepts:
        return (d.concepts[code].label.zh, *d.concepts[code].aliases)
    indicator = d.indicators[code]
    if indicator.member is None:
        return _names(indicator.concept.code)
    whole, part = (indicator.concept.label.zh, *indicator.concept.aliases), (indicator.member.label.zh, *indicator.member.aliases)
    return (indicator.label.zh, *(f"{a}（{b}）" for a, b in product(whole, part)), *(f"{a}{b}" for a, b in product(whole, part)))


@cache
def _owners() -> Counter[str]:
    d = DICTIONARY
    old = Counter(name for entry in d.not_collected.values() for name in (entry.label.zh, *entry.aliases))
    concepts = {i.concept.code for i in d.indicators.values()}
    divided = [i.code for i in d.indicators.values() if i.member is not None]
    return old + Counter(name for code in (*concepts, *d.head, *divided) for name in set(_names(code)))


def english(code: str) -> str:
    """The English name of a concept, an indicator, a member, a head field; '' of anything else."""
    d = DICTIONARY
    if ":" in code:
        breakdown, member = code.split(":")
        entry = next((m for m in d.breakdowns[breakdown].members if m.code == member), None) or d.breakdowns[breakdown].total
        return entry.label.en if entry is not None else ""
    if code in d.head:
        return d.head[code].label.en
    if code in d.concepts:
        return d.concepts[code].label.en
    return d.indicators[code].label.en if code in d.indicators else ""


def breakdown_of(concept: str) -> str:
    return DICTIONARY.concepts[concept].breakdown or ""


def members_of(concept: str) -> list[tuple[str, str]]:
    """(member's code as in `names`, indicator) of a divided concept."""
    return [(f"{breakdown_of(concept)}:{i.member.code}", i.code) for i in DICTIONARY.indicators_of(concept) if i.member is not None]


def total_of(concept: str) -> str:
    """The code of the breakdown's total ('sex:'), or '' where it has none."""
    breakdown = DICTIONARY.breakdowns.get(breakdown_of(concept))
    return f"{breakdown.code}:" if breakdown is not None and breakdown.additive and breakdown.total is not None else ""


def wide(text: str) -> str:
    """Full-width figures."""
    return text.translate(_WIDE)


def spaced(text: str) -> str:
    return " ".join(text)


def numeral(number: int) -> str:
    """305 → 三百零五, 12 → 十二; below 10,000."""
    if number == 0:
        return "零"
    text, is_gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, scale)
        if digit:
            text += ("零" if is_gap else "") + ("" if name == "十" and digit == 1 and not text else _CHINESE[digit]) + name
        is_gap = not digit and bool(text)
    return text


def formal(number: int) -> str:
    """12 → 壹拾贰, as on receipts; below 10,000."""
    text = numeral(number)
    text = f"一{text}" if text.startswith("十") else text
    return text.translate(str.maketrans(_CHINESE + "十百千", _FORMAL + "拾佰仟"))


def digits(number: int) -> str:
    """2024 → 二〇二四."""
    return "".join("〇" if c == "0" else _CHINESE[int(c)] for c in str(number))


def month_texts(month: str) -> tuple[str, ...]:
    """Ways to write '2024-03' as text; the ordinary one first."""
    year, number = int(month[:4]), int(month[5:])
    return (
        f"{year}年{number}月",
        f"{year}年{number:02d}月",
        f"{year}年{number}月份",
        f"{year} 年 {number} 月",
        wide(f"{year}年{number}月"),
        f"{digits(year)}年{numeral(number)}月",
        f"{digits(year).replace('〇', '○')}年{numeral(number)}月",
        f"{year}-{number:02d}",
        f"{year}.{number:02d}",
        f"{year}/{number:02d}",
        f"{year}{number:02d}",
        f"民国{year - 1911}年{number}月",
        f"{year - 1911}年{number}月底",
        f"民國{year - 1911}年{number}月底",
        f"二〇{digits(year % 100)}年{numeral(number)}月份",
    )


def month_in_title(rng: Random, month: str) -> str:
    """A month as it stands within a title, where a bare 2024.03 would be taken for something else."""
    return rng.choice([text for text in month_texts(month) if "年" in text])
