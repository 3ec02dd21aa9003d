"""Numbers that stand for persons: how they are built, how they are written, and how many come about by chance.

A resident identity number (GB 11643) is 6 digits of a place, a date of birth, 3 digits and a check digit (ISO 7064 MOD 11-2).
Of 18 random digits, 0.38 (a province that exists) × 0.015 (a year from 1900 to 2049) × 0.037 (a day that exists) / 11 = 1.9 in
100,000 are valid. Codes that are *built* of place, date and serial (case files, vouchers) are valid once in 11, by chance alone.
So one valid number is enough where nothing speaks for codes, and never enough in a column of codes: see `are_identities`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from math import comb

PROVINCES = frozenset("11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split())  # noqa: SIM905
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_GAP = " \t\u00a0\u2000-\u200d\u202f\u2060\u3000\ufeff\\-\u2010-\u2015\u2212\uff0d"
RUN = re.compile(rf"(?<![0-9A-Za-z.])\d[\d{_GAP}]{{9,}}[\dXxＸｘ](?![0-9A-Za-z])|(?<![\d.])[1-8]\d{{16}}[\dXxＸｘ](?!\d)")
"""Digits of any width, perhaps with spaces and hyphens between: what a number of 11 digits and more looks like in text.

Eighteen in one piece may have letters around them (SFZ33010219900101…)."""
_TO_ZEROS = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
_GAP_BYTES = b" -\t\xc2\xe2\xe3" + bytes(range(0x80, 0xC0))  # ideographs begin with none of these
_ELEVEN = b"0" * 11
_WIDE = "０１２３４５６７８９－"
_SPLIT = re.compile(rf"[{_GAP}]+")
_LENGTHS = frozenset((11, 13, 15, 16, 17, 18, 19))
_MOST_GROUPS = 64
_PHONE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_MASKED = re.compile(r"(?<![0-9A-Za-z])(?=[0-9*＊]{17}[0-9Xx*＊])[1-8]\d{2,13}[*＊]{3,14}\d{0,6}[0-9Xx*＊](?![0-9A-Za-z*＊])")
_MONTH_AT_END = re.compile(r"20(?:1[5-9]|[23]\d)(?:0[1-9]|1[0-2])$")
_TAIWAN = re.compile(r"(?<![0-9A-Za-z])[A-Z][1289A-D]\d{8}(?![0-9A-Za-z])")
_HONG_KONG = re.compile(r"(?<![0-9A-Za-z])([A-Z]{1,2})(\d{6})[(（]([0-9A])[)）]")
_MACAU = re.compile(r"(?<![0-9A-Za-z])[157]\d{6}[(（]\d[)）]")
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
BY_CHANCE = 1 / 11
"""Share of codes with a place and a date in the right columns whose last digit is right by chance."""
RARE = 0.001


def may_hold_numbers(text: str) -> bool:
    """Whether 11, or 13 and more, digits follow each other in a text, of any width, with spaces and hyphens between.

    A tenth of the cost of `RUN`, for what every file has. Twelve digits are a place code, which most forms have.
    """
    for wide in _WIDE:
        if wide in text:
            text = text.replace(wide, "-" if wide == "－" else "0")
    zeros = text.encode("utf-8", "replace").translate(_TO_ZEROS, _GAP_BYTES)
    at = zeros.find(_ELEVEN)
    while at >= 0:
        if zeros[at + 11 : at + 12] != b"0" or zeros[at + 12 : at + 13] == b"0":
            return True
        at = zeros.find(_ELEVEN, at + 12)
    return False


def numbers_in(text: str) -> Iterator[str]:
    """Numbers of 11 to 19 digits in a text, without width, spaces and hyphens; the last may be X.

    Where groups of digits follow each other, neighbours are joined to such a length: 110105 19491231 002X is one number. Of 18 digits,
    only where people part them (place, year, month, day, serial, or always so many), so that a place code and a month are no number.
    """
    for run in RUN.finditer(text):
        groups = _SPLIT.split(unicodedata.normalize("NFKC", run[0]).upper())[:_MOST_GROUPS]
        for start in range(len(groups)):
            joined = ""
            for end, group in enumerate(groups[start:], start=start + 1):
                joined += group
                if len(joined) > 19:
                    break
                if len(joined) in _LENGTHS and (is_parted(groups[start:end]) if len(joined) == 18 else joined.isdecimal()):
                    yield joined


def is_parted(groups: Sequence[str]) -> bool:
    """Whether 18 digits are cut where people cut them: place, year, month, day, serial, or always so many."""
    ends = set(accumulate(map(len, groups[:-1])))
    if ends <= {3, 6, 10, 12, 14, 17}:
        return 12 not in ends or {10, 14} <= ends
    return len(set(map(len, groups[:-1]))) == 1 and len(groups[0]) <= 5


def looks_like_identity(text: str) -> bool:
    """18 characters with a province that exists and a date of birth that exists, whatever the check digit."""
    return len(text) == 18 and text[:17].isdecimal() and text[:2] in PROVINCES and _is_date(text[6:10], text[10:12], text[12:14])


def has_check_digit(text: str) -> bool:
    """Whether the last of 18 characters is the check digit of the 17 before it."""
    return _CHECK[sum(int(d) * w for d, w in zip(text[:17], _WEIGHTS, strict=True)) % 11] == text[17].upper()


def is_identity_number(text: str) -> bool:
    """Whether the 18 characters are a resident identity number: place, real date and check digit."""
    return looks_like_identity(text) and has_check_digit(text)


def is_foreign_resident(text: str) -> bool:
    """Number of the foreigner's permanent residence card of 2023: 9, province, country, date of birth, check digit."""
    return (
        len(text) == 18
        and text[:17].isdecimal()
        and text[0] == "9"
        and _is_date(text[6:10], text[10:12], text[12:14])
        and has_check_digit(text)
    )


def is_old_number(text: str) -> bool:
    """Whether 15 digits can be an identity number of before 1999, which has no check digit: 1.4 % of random ones can."""
    return len(text) == 15 and text.isdecimal() and text[:2] in PROVINCES and _is_date("19" + text[6:8], text[8:10], text[10:12])


def is_rounded_identity(number: float) -> bool:
    """Whether a number cell is an identity number of which Excel kept 15 digits: place, real date, and three zeros (or rounding noise)."""
    return 1.1e17 <= number < 8.4e17 and looks_like_identity(f"{round(number / 1000)}000")


def phone_of(text: str) -> str | None:
    """The mobile telephone number that the digits are, without +86; None when they are none."""
    found = _PHONE.fullmatch(text)
    return found[1] if found else None


def is_bank_card(text: str) -> bool:
    """16 to 19 digits of a UnionPay card (62…) with Luhn's check digit: one in ten by chance."""
    if not (16 <= len(text) <= 19 and text.startswith("62") and text.isdecimal()):
        return False
    doubled = (sum(divmod(2 * int(d), 10)) if n % 2 else int(d) for n, d in enumerate(reversed(text)))
    return sum(doubled) % 10 == 0


def masked_in(text: str) -> list[str]:
    """Identity numbers of which a part is hidden by asterisks: 330102********123X."""
    return _MASKED.findall(text) if "*" in text or "＊" in text else []


def other_identities(text: str) -> list[str]:
    """Numbers of Taiwan (with check digit), Hong Kong (with check digit) and Macau identity cards. Short, so they need company."""
    found = [t for t in _TAIWAN.findall(text) if _is_taiwan(t)]
    found += [a + b + c for a, b, c in _HONG_KONG.findall(text) if _is_hong_kong(a, b, c)]
    return found + _MACAU.findall(text)


def by_chance(n: int, valid: int, share: float = BY_CHANCE) -> float:
    """Probability that `valid` or more of `n` codes are valid by chance alone (binomial tail)."""
    return (
        sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(valid, n + 1)) if n <= 1000 else float(valid <= 1.5 * n * share)
    )


def ends_like_month(number: str) -> bool:
    """Whether a number ends like a month (330102200201202403): it may as well be a village's code and a month."""
    return _MONTH_AT_END.search(number) is not None


def are_identities(candidates: Collection[str], *, under_identity: bool, under_code: bool) -> bool:
    """Whether numbers of one column that look like identity numbers are such, by the share whose check digit is right.

    Args:
        candidates: distinct numbers with a place and a date (`looks_like_identity`).
        under_identity: the column, or the cell, speaks of identity numbers: one right check digit is enough.
        under_code: it speaks of codes (编号, 代码, …): so many must be right that chance does it once in 1,000 columns (three of three).

    Otherwise half of them must be right, or more than chance does once in 1,000: a code alone is taken for a person once in 11,
    two codes once in 6, five once in 150, ten once in 1,000; a list of persons in which every second number is mistyped is still found.
    A number that ends like a month (330102200201202403: a village's code and a month) needs the word: one identity number in 1,000 does.
    """
    if not under_identity:
        candidates = [number for number in candidates if not ends_like_month(number)]
    n, valid = len(candidates), sum(map(has_check_digit, candidates))
    if not valid or under_identity:
        return valid > 0
    if under_code:
        return n >= 3 and by_chance(n, valid) < RARE
    return 2 * valid >= n or by_chance(n, valid) < RARE


def _is_date(year: str, month: str, day: str) -> bool:
    if not "1900" <= year < "2050":
        return False
    try:
        dt.date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _is_taiwan(text: str) -> bool:
    letter = _TAIWAN_LETTERS.index(text[0]) + 10
    second = int(text[1]) if text[1].isdigit() else ord(text[1]) - ord("A")  # the second letter of the older residence permits
    rest = sum(int(d) * w for d, w in zip(text[2:9], range(7, 0, -1), strict=True))
    return (letter // 10 + letter % 10 * 9 + second * 8 + rest + int(text[9])) % 10 == 0


def _is_hong_kong(letters: str, digits: str, check: str) -> bool:
    values = [
        36 if len(letters) == 1 else ord(letters[0]) - 55,
        ord(letters[-1]) - 55,
        *map(int, digits),
        10 if check == "A" else int(check),
    ]
    return sum(v * w for v, w in zip(values, range(9, 0, -1), strict=True)) % 11 == 0
