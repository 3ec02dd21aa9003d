"""Numbers of persons that are not written in one piece: parted by any marks, between letters, over several cells, masked, rounded in text.

What is put together of a text is judged with its column (`identity.are_identities`); what is put together of cells must have the right
check digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from sources.identity import PROVINCES, ends_like_month, is_identity_number, is_parted, looks_like_identity

_MARKS = r"[\s._/\\·・•|,，、:：;；~～\-—–‐‑－−()（）\[\]【】{}<>《》〔〕「」'\"“”‘’+*#=&\u200b-\u200d\ufeff]"
_SPREAD = re.compile(rf"\d(?:{_MARKS}{{0,4}}\d){{16}}{_MARKS}{{0,4}}[\dXx](?!\d)")
_SOLID = re.compile(r"(?<!\d)(\d{17}[\dXx])(?!\d)")
_GROUP = re.compile(r"[\dXx]+")
_SPREAD_PHONE = re.compile(
    rf"(?<!\d)1[3-9]\d{_MARKS}{{0,2}}\d{{4}}{_MARKS}{{0,2}}\d{{4}}(?!\d)|(?<!\d)1[3-9]\d{_MARKS}{{1,2}}\d{{3}}{_MARKS}{{1,2}}\d{{5}}(?!\d)"
)
_LANDLINE = re.compile(
    r"(?<![\d.])(?:[(（]?0\d{1,3}(?:[)）][-－ ]?|[-－ ])[1-9]\d{5,7}|0\d{2,3}[2-8]\d{6,7}"
    r"|09\d{2}[- ]?\d{3}[- ]?\d{3}|\+\d{2,3}[- ]?\d{6,12})(?![\d.])"
)
_MASK = "*＊●•○◯∗✱×XxＸｘ#＃■□▇█?？_"
_MASKED_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z])(?=[0-9{_MASK}]{{15,18}}(?![0-9A-Za-z]))[1-9]\d{{1,13}}[{_MASK}]{{3,14}}(?:\d{{1,6}}[0-9Xx]?|)(?![0-9A-Za-z])"
    rf"|(?<![0-9A-Za-z])[{_MASK}]{{10,14}}\d{{3}}[0-9Xx](?![0-9A-Za-z])"
)
_MASKED_PHONE = re.compile(
    rf"(?<![0-9A-Za-z])1[3-9]\d[{_MASK}]{{4}}\d{{4}}(?![0-9A-Za-z])|(?<![0-9A-Za-z])1[3-9]\d{{5}}[{_MASK}]{{4}}(?![0-9A-Za-z])"
)
_ROUNDED = re.compile(r"([1-8]\.\d{3,14})[eE]\+?17(?!\d)")
_PERMIT = re.compile(r"(?<![0-9A-Za-z])(?:[A-Z]{1,2}\d{6,10}|\d{8}[A-Z]?|[A-Z]{2,3}\d{5,9}[A-Z]?)(?![0-9A-Za-z])")
_FEW_GROUPS = 5
"""So many pieces of 18 digits may be cut at any place: more of them are figures in a row."""
_PIECES = (
    (6, 8, 4),
    (6, 8, 3, 1),
    (6, 4, 2, 2, 4),
    (6, 4, 4, 4),
    (2, 2, 2, 8, 4),
    (2, 2, 2, 4, 2, 2, 4),
    (6, 12),
    (14, 4),
    (10, 8),
    (6, 6, 6),
    (9, 9),
    (3, 3, 4, 4, 4),
    (17, 1),
)


def scattered_in(text: str) -> list[str]:
    """Texts of 18 characters with a place and a date, however they are parted and whatever stands around them; of any check digit."""
    plain = unicodedata.normalize("NFKC", text)
    found = [run[1].upper() for run in _SOLID.finditer(plain) if looks_like_identity(run[1].upper())]
    at = 0
    while (run := _SPREAD.search(plain, at)) is not None:
        groups = [group.upper() for group in _GROUP.findall(run[0])]
        number = "".join(groups)
        if len(groups) > 1 and len(number) == 18 and looks_like_identity(number) and _is_one_number(plain, run.start(), groups):
            found.append(number)
            at = run.end()
        else:
            at = run.start() + 1
            while at < len(plain) and plain[at - 1].isdecimal() and plain[at].isdecimal():
                at += 1
    return found


def _is_one_number(text: str, start: int, groups: Sequence[str]) -> bool:
    """Whether groups of digits are cut where people cut a number, or are few, begin where digits begin, and are cut anywhere."""
    if is_parted(groups):
        return True
    return len(groups) <= _FEW_GROUPS and not (start and text[start - 1].isdecimal())


def runs_of_persons(text: str) -> set[str]:
    """The stretches of a text (a path) that are valid identity numbers parted by marks, as they are written."""
    return {
        run[0]
        for run in _SPREAD.finditer(text)
        if _is_one_number(text, run.start(), groups := [group.upper() for group in _GROUP.findall(unicodedata.normalize("NFKC", run[0]))])
        and is_identity_number("".join(groups))
        and (is_parted(groups) or not ends_like_month("".join(groups)))
    }


def over_cells(row: Sequence[Any]) -> list[str]:
    """Valid identity numbers whose parts stand in cells beside each other: place, date, serial; or a digit a cell."""
    pieces = [_piece(cell) for cell in row]
    found = []
    for start, first in enumerate(pieces):
        if not first:
            continue
        for lengths in _PIECES:
            part = pieces[start : start + len(lengths)]
            if len(part) == len(lengths) and all(part) and (number := _joined(part, lengths)):
                found.append(number)
        if len(first) == 1 and (start == 0 or len(pieces[start - 1]) != 1):  # a box for each digit
            boxes = pieces[start : start + 18]
            if all(len(box) == 1 for box in boxes) and (start + 18 >= len(pieces) or len(pieces[start + 18]) != 1):
                number = "".join(boxes).upper()
                found += [number] if is_identity_number(number) else []
    return found


def _piece(cell: Any) -> str:
    if type(cell) is float or type(cell) is int:
        return str(int(cell)) if 0 <= cell < 1e17 and cell == int(cell) else ""
    if type(cell) is not str:
        return ""
    text = cell.strip()
    return text if 0 < len(text) <= 17 and text[:-1].isdecimal() | (len(text) == 1) and (text[-1].isdecimal() or text[-1] in "Xx") else ""


def _joined(part: Sequence[str], lengths: Sequence[int]) -> str:
    """A number cell has lost the noughts that stood before its digits."""
    if any(len(piece) > length for piece, length in zip(part, lengths, strict=True)):
        return ""
    number = "".join(piece.zfill(length) for piece, length in zip(part, lengths, strict=True)).upper()
    return number if is_identity_number(number) else ""


def mobile_in(text: str) -> str | None:
    """The mobile number in a text, parted by any marks; None when there is none."""
    found = _SPREAD_PHONE.search(unicodedata.normalize("NFKC", text))
    return "".join(c for c in found[0] if c.isdecimal()) if found is not None else None


def landline_in(text: str) -> bool:
    """Whether a telephone number with its area (03-1234567, +852 …) stands in a text."""
    return _LANDLINE.search(text) is not None


def masked_numbers(text: str) -> list[str]:
    """Numbers of documents and telephones of which a part is hidden by stars, dots, crosses …"""
    found = [run for run in _MASKED_NUMBER.findall(text) if (run.strip(_MASK) != "" and run[:2] in PROVINCES) or run[:1] in _MASK]
    return found + _MASKED_PHONE.findall(text)


def is_rounded_text(text: str) -> bool:
    """3.50203E+17: what a spreadsheet shows of an identity number that it took for a number."""
    found = _ROUNDED.search(text)
    return found is not None and found[1].replace(".", "")[:2] in PROVINCES


def permits_in(text: str) -> Iterator[str]:
    """What may be the number of a passport or of a permit of Hong Kong, Macau and Taiwan residents."""
    return (found[0] for found in _PERMIT.finditer(unicodedata.normalize("NFKC", text).upper()))
