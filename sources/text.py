"""How village offices write: folding of labels, units behind them, Chinese numerals, cell addresses. Pure text, no files."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DASHES = str.maketrans(dict.fromkeys("—–－―‐‑−﹣~～", "-"))
_DROPPED = str.maketrans("", "", ":：()（）[]【】〔〕《》<>、，,。.;；\"'“”‘’*＊※★☆·•　")
_NUMBERING = re.compile(
    r"^[0-9]{1,2}(?:\.[0-9]{1,2})+[、.)]?(?=[\u3400-\u9fff])|^(?:[(（]?[0-9一二三四五六七八九十]{1,3}[)）、.．]\s*)+"  # 1.2 出生, (一) 出生
)
_CIRCLED = re.compile(r"^\s*[①-⑳⑴-⒇㈠-㈩❶-❿]\s*")
_IDEOGRAPHS = re.compile("[\u4e00-\u9fff]+")
_SPACE = re.compile(r"\s+|_x000[dD]_")  # some files keep a carriage return as _x000D_

EXPONENTS = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}
"""Multiples that stand before a unit (万人) or behind a number (1.2万), as powers of ten."""
_EVERY_SCALE = EXPONENTS | {"拾": 1, "佰": 2, "仟": 3}
_POWERS = {1: "十", 2: "百", 3: "千", 4: "万", 5: "十万", 6: "百万", 7: "千万", 8: "亿"}
_LINE_SPACE = re.compile(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z0-9])")
_NOUN = "人次|人|户|戶|对|對|份|元|圆|圓|场次|場次|场|場|次|例|个|個|册|名|口|家|张|件|本"
_SCALE = "[十百千万萬亿億拾佰仟]"
_UNIT = rf"{_SCALE}{{0,2}}(?:{_NOUN})"
_BACKWARDS = re.compile(rf"({_NOUN})[(（]({_SCALE}{{1,2}})[)）]")
_WRITTEN_OUT = re.compile(rf"(?<![\d.,])1(0{{1,8}})(?={_NOUN})")
_UNITS = rf"{_UNIT}(?:[、,/]{_UNIT})*"
_NOUNS_OF_MULTIPLES = "元人户戶"
_UNIT_TAIL = re.compile(
    rf"(?:[(（\[](?:(?:计量)?[单單]位[:：]?)?({_UNITS})[)）\]]|(?<=..)[,，](?:[单單]位[:：]?)?({_UNITS})"
    rf"|(?<=..)((?:千|万|萬|百万|亿|億)[{_NOUNS_OF_MULTIPLES}]))[:*※★”】]*$"
)
_UNIT_BEFORE_ENGLISH = re.compile(
    rf"(?:[(（\[](?:(?:计量)?[单單]位[:：]?)?({_UNITS})[)）\]]|(?<=..)[,，](?:[单單]位[:：]?)?({_UNITS}))(?=[/／(（]?[A-Za-z])"
)
_UNIT_PART = re.compile(rf"({_SCALE}{{0,2}})({_NOUN})")
_UNIT_LINE = re.compile(
    rf"(?<![报報表管])[单單]位(?:[:：=]|为|為|是|[(（])({_UNITS}(?:[;；]{_UNITS})*)"
    rf"|(?:计量|計量|数据)?[单單]位({_SCALE}{{1,2}}(?:{_NOUN}))[)）]?$|以({_UNITS})[为為](?:计量)?[单單]位"
)
_ODD_SCALE = re.compile(rf"{_SCALE}|(?<![\d.])1[0,，]+(?!\d)|000|[×*]\d|hundred|thousand|million", re.IGNORECASE)
_SHARE = re.compile("[百千万][分率]|[%‰]")
_ODD_LINE = re.compile(
    rf"(?<![报報表管])[单單]位(?:[:：=]|为|為|是|[(（])?(?:每|以|按|[×*/x])?(?:{_SCALE}{{1,2}}|1[0,，]+)(?:{_NOUN})?[位计計为為)）]*$"
    r"|\b(?:units?\b.*|in )(?:tens|ten thousands?|hundreds?|thousands?|millions?)\b|\bunits?\b.*\b10+\b",
    re.IGNORECASE,
)

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "俩": 2, "兩": 2}
_DIGITS |= {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")} | {"貳": 2, "參": 3, "叄": 3, "陸": 6}
_FIGURES, _PLACES = "零一二三四五六七八九", frozenset("十百千万")
_TWO = frozenset("两俩兩")
_ASTRAY = re.compile("[两兩](?![百佰千仟万亿])|俩")
"""两 stands before a hundred and more, and alone."""
_PLAIN_SCALES = {"拾": "十", "佰": "百", "仟": "千"}
_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_TENS = str.maketrans({"廿": "二十", "卅": "三十", "卌": "四十", "萬": "万", "億": "亿"})


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """A label without what does not distinguish it: width, spaces, numbering, punctuation, unit behind it, case."""
    if _IDEOGRAPHS.fullmatch(text) and text[-1] not in _NOUNS_OF_MULTIPLES:
        return text
    folded = _SPACE.sub("", unicodedata.normalize("NFKC", text if text.isascii() else _CIRCLED.sub("", text)))
    while True:
        bare = _UNIT_TAIL.sub("", _UNIT_BEFORE_ENGLISH.sub("", _NUMBERING.sub("", folded))).translate(_DASHES).translate(_DROPPED).lower()
        if bare == folded or not bare:
            return bare or text.strip()
        folded = bare


@lru_cache(maxsize=65536)
def fold_name(text: str) -> str:
    """A place name without spaces, marks and width differences (新 北 市, ※烏來區, 臺/台)."""
    if _IDEOGRAPHS.fullmatch(text):
        return text.replace("台", "臺")
    folded = _SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(_DROPPED)
    return unicodedata.normalize("NFKC", folded.replace("台", "臺").lower())


Unit = tuple[int, str]
"""A unit as it is stated: (power of ten, noun): 万元 is (4, '元')."""


@lru_cache(maxsize=16384)
def units_behind(label: str) -> tuple[Unit, ...]:
    """The units that a heading states behind its words: 人口（万人） → ((4, '人'),). What `fold` leaves out."""
    text = _NUMBERING.sub("", _SPACE.sub("", unicodedata.normalize("NFKC", label)))
    found = _UNIT_TAIL.search(text) or _UNIT_BEFORE_ENGLISH.search(text)
    return _parts(next(group for group in found.groups() if group)) if found is not None else ()


@lru_cache(maxsize=16384)
def units_in(cell: str) -> tuple[Unit, ...]:
    """The units that a cell consists of ('人、万元'), or nothing where it says anything else."""
    text = _SPACE.sub("", unicodedata.normalize("NFKC", cell))
    if (found := _BACKWARDS.fullmatch(text)) is not None:  # 人次(百)
        text = found[2] + found[1]
    text = _in_words(text.strip("()"))
    return _parts(text) if re.fullmatch(_UNITS, text) else ()


def is_unit_alone(heading: str) -> bool:
    """Whether a heading is nothing but a unit in brackets, in a cell of its own below (or above) what it is the unit of: （户）."""
    return heading.lstrip()[:1] in ("(", "（") and units_in(heading) != ()


def units_of_sheet(text: str) -> tuple[Unit, ...]:
    """The units of a line like 单位：万元, which speaks for the whole table; 填报单位 is none."""
    if "单位" not in text and "單位" not in text:
        return ()
    whole = _SPACE.sub("", unicodedata.normalize("NFKC", text))
    if (behind := re.search(rf"[单單]位[:：]?({_BACKWARDS.pattern})$", whole)) is not None:  # 单位：人次(百)
        whole = f"单位:{behind[3]}{behind[2]}"
    found = _UNIT_LINE.search(_in_words(whole))
    return _parts(next(group for group in found.groups() if group)) if found is not None else ()


def is_odd_unit(cell: str) -> bool:
    """Whether the cell of a unit speaks of tens, hundreds, … in a way that is not understood: ×100, 千 without its noun, thousand."""
    if not cell or len(cell) > 40 or units_in(cell):
        return False
    text = unicodedata.normalize("NFKC", cell)
    return _ODD_SCALE.search(text) is not None and _SHARE.search(text) is None


def is_odd_line(text: str) -> bool:
    """Whether a line above a table speaks of a multiple that is not understood: 单位：百, Unit: thousand."""
    if len(text) > 60 or units_of_sheet(text):
        return False
    return _ODD_LINE.search(_LINE_SPACE.sub("", unicodedata.normalize("NFKC", text).strip())) is not None


def _in_words(text: str) -> str:
    """100人 → 百人, 10000元 → 万元."""
    return _WRITTEN_OUT.sub(lambda found: _POWERS.get(len(found[1]), found[0]), text)


def _parts(text: str) -> tuple[Unit, ...]:
    return tuple((sum(_EVERY_SCALE[c] for c in scale), noun) for scale, noun in _UNIT_PART.findall(text))


def chinese_number(text: str) -> int | None:
    """十二 → 12, 三百零五 → 305, 廿三 → 23, 二〇二四 → 2024, 一万二 → 12000; None when it is no Chinese numeral."""
    text = text.translate(_TENS)
    if not text or any(c not in _DIGITS and c not in _SCALES and c not in "万亿" for c in text):
        return None
    if not any(c in _SCALES or c in "万亿" for c in text):
        return int("".join(str(_DIGITS[c]) for c in text)) if len(text) == 1 or not _TWO.intersection(text) else None
    total = _counted(text)
    return total if total is not None and _is_well_formed(text, total) else None


def _counted(text: str) -> int | None:
    """What the places of a numeral add up to, however they are put together."""
    hundred_millions, rest = _split(text, "亿")
    ten_thousands, ones = _split(rest, "万")
    total = 0
    for part, scale in ((hundred_millions, 10**8), (ten_thousands, 10**4), (ones, 1)):
        if part is None:
            continue
        number = _below_ten_thousand(part)
        if number is None or (number == 0 and scale > 1):
            return None
        total += number * scale
    if len(ones) == 1 and ones in _DIGITS and len(text) > 1 and text[-2] in "万亿":  # 一万二 is 12,000
        return total + _DIGITS[ones] * ((10**4 if text[-2] == "万" else 10**8) // 10 - 1)
    return total


def _is_well_formed(text: str, number: int) -> bool:
    """Whether a numeral is how its number is written: not 百十 (some hundred), 一百零, 三百零五十, 二百两.

    一十 may be 十; the last place may be left out (一百二); behind a round 万 or 亿 a 零 may stand before thousands (十万零五千).
    """
    if _ASTRAY.search(text) is not None:
        return False
    plain = "".join(_FIGURES[_DIGITS[c]] if c in _DIGITS else _PLAIN_SCALES.get(c, c) for c in text)
    written = _written(number)
    ways = {written, written[:-1] if written[-1:] in _PLACES else written, written.removesuffix("千万")}
    ways |= {re.sub("(?<=[十百千][万亿])(?=[一二三四五六七八九]千)", "零", way) for way in ways}
    return plain.replace("一十", "十") in {way.replace("一十", "十") for way in ways}


def _written(number: int) -> str:
    """A number above nought as it is written in full."""
    for scale, name in ((10**8, "亿"), (10**4, "万")):
        if number >= scale:
            head, tail = divmod(number, scale)
            return _written(head) + name + (("零" if tail < scale // 10 else "") + _written(tail) if tail else "")
    text, is_gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, scale)
        if digit:
            text += ("零" if is_gap and text else "") + _FIGURES[digit] + name
        is_gap = digit == 0
    return text


def _split(text: str, scale: str) -> tuple[str | None, str]:
    head, found, tail = text.rpartition(scale)
    return (head, tail) if found else (None, tail)


def _below_ten_thousand(text: str) -> int | None:
    total, last_scale = 0, 10_000
    digit: int | None = None
    for character in text:
        if character in _DIGITS:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[character]
            continue
        scale = _SCALES.get(character)
        if scale is None or scale >= last_scale or digit == 0:
            return None
        total, digit, last_scale = total + (digit or 1) * scale, None, scale
    if digit == 0 and len(text) > 1:  # 二十零
        return None
    if digit:
        colloquial = len(text) > 1 and text[-2] in _SCALES and last_scale > 10  # 一百二 is 120
        total += digit * (last_scale // 10 if colloquial else 1)
    return total


def column_letters(column: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """Zero-based row and column → A1."""
    return f"{column_letters(column)}{row + 1}"
