"""Recognises person-level rows, which this system must not hold. It says that they are there and quotes nothing of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence

from sources.text import fold
from sources.workbook import Sheet

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])([1-8]\d{5})((?:19|20)\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(\d{3})([0-9Xx])(?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_SUSPECT = re.compile(r"[1-8]\d{16}[0-9Xx]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_NAME_HEADINGS = frozenset(map(fold, ("姓名", "户主姓名", "妇女姓名", "母亲姓名", "name")))
_ID_HEADINGS = frozenset(map(fold, ("身份证号", "身份证号码", "身份证", "公民身份号码", "公民身份证号码", "证件号码", "证件号")))
_FEW = 3
"""One telephone number is the office's; three are a list."""


def where_persons_are(kind: str, data: bytes, sheets: Sequence[Sheet]) -> str | None:  # noqa: ARG001
    """Position (from 1) of the first sheet with rows about persons, or None. A sheet may be named after somebody: it is not named.

    Args:
        kind: the file's kind, as `sources.workbook.read_sheets` gives it.
        data: the file's bytes.
        sheets: its sheets, hidden ones too.
    """
    for number, sheet in enumerate(sheets, start=1):
        if has_person_rows(sheet.texts.values(), sheet.long_numbers()):
            return str(number)
    return None


def is_identity_number(text: str) -> bool:
    """Whether the 18 characters are a resident identity number: real date and GB 11643 (ISO 7064 MOD 11-2) check digit."""
    found = _IDENTITY.fullmatch(text)
    if found is None:
        return False
    try:
        dt.date(int(found[2]), int(found[3]), int(found[4]))
    except ValueError:
        return False
    return _CHECK[sum(int(d) * w for d, w in zip(text[:17], _WEIGHTS, strict=True)) % 11] == text[17].upper()


def has_person_rows(texts: Collection[str], numbers: Iterable[float] = ()) -> bool:
    """Whether cell texts (and whole numbers of 11 digits or more) hold rows about persons.

    Any valid identity number counts; so do three telephone numbers, or headings for a name and an identity number.
    12-digit place codes and 18-digit credit codes do not.
    """
    joined = "\n".join(texts)
    if _SUSPECT.search(joined) is not None and any(is_identity_number(found[0]) for found in _IDENTITY.finditer(joined)):
        return True
    phones = set(_PHONE.findall(joined)) | {str(int(n)) for n in numbers if 13e9 <= n < 20e9 and n == int(n)}
    if len(phones) >= _FEW:
        return True
    if not any(word in joined for word in ("姓", "name", "Name")):
        return False
    headings = {fold(text) for text in texts if len(text) <= 12}
    return bool(headings & _NAME_HEADINGS) and bool(headings & _ID_HEADINGS)
