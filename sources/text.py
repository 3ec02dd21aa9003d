"""How village offices write: folding of labels, Chinese numerals, cell addresses. Pure text, no files."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DASHES = str.maketrans(dict.fromkeys("—–－―‐‑−﹣~～", "-"))
_DROPPED = str.maketrans("", "", ":：()（）[]【】〔〕《》<>、，,。.;；\"'“”‘’*＊※★☆·•　")
_NUMBERING = re.compile(r"^(?:[(（]?[0-9一二三四五六七八九十]{1,3}[)）、.．]\s*)+")
_SPACE = re.compile(r"\s+")
_UNIT_TAIL = re.compile(r"[(（](?:单位[:：])?(人|户|对|人次|份|元|场次|场|次|例|个|册)[)）]$")

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "俩": 2, "兩": 2}
_DIGITS |= {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """A label without what does not distinguish it: width, spaces, numbering, punctuation, unit in brackets, case."""
    folded = _SPACE.sub("", unicodedata.normalize("NFKC", text))
    folded = _UNIT_TAIL.sub("", _NUMBERING.sub("", folded))
    return folded.translate(_DASHES).translate(_DROPPED).lower() or text.strip()


@lru_cache(maxsize=65536)
def fold_name(text: str) -> str:
    """A place name without spaces, marks and width differences (新 北 市, ※烏來區, 臺/台)."""
    folded = _SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(_DROPPED)
    return folded.replace("台", "臺").lower()


def chinese_number(text: str) -> int | None:
    """十二 → 12, 三百零五 → 305, 二〇二四 → 2024, 一万二千 → 12000; None when it is no Chinese numeral."""
    text = text.replace("萬", "万")
    if not text or any(c not in _DIGITS and c not in _SCALES and c != "万" for c in text):
        return None
    if not any(c in _SCALES or c == "万" for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    head, ten_thousands, tail = text.rpartition("万")
    if ten_thousands and (not head or "万" in head):
        return None
    upper = _below_ten_thousand(head) if head else 0
    lower = _below_ten_thousand(tail) if tail else 0
    return None if upper is None or lower is None else upper * 10_000 + lower


def _below_ten_thousand(text: str) -> int | None:
    total, last_scale = 0, 10_000
    digit: int | None = None
    for character in text:
        if character in _DIGITS:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[character]
            continue
        scale = _SCALES[character]
        if scale >= last_scale:
            return None
        total, digit, last_scale = total + (1 if digit is None else digit) * scale, None, scale
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
