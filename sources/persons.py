"""Recognises person-level rows, which this system must not hold. It says that they are there and where, and quotes nothing of them.

On the ordinary path one join and two searches a sheet; only where digits or words are suspicious is every cell looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from sources.identity import (
    is_bank_card,
    is_foreign_resident,
    is_old_number,
    looks_like_identity,
    may_hold_numbers,
    numbers_in,
    phone_of,
)
from sources.margins import where_in_margins
from sources.rosters import FEW, has_persons, is_suspicious, texts_have_persons
from sources.workbook import Sheet

SHEET_NAMES, FILE_NAME = "工作表名称 sheet names", "文件名 file name"


def where_persons_are(kind: str, data: bytes, sheets: Sequence[Sheet]) -> str | None:
    """Where the first rows about persons are, or None: a sheet's position (from 1), or what else of the file holds them.

    A sheet may be named after somebody: it is not named.

    Args:
        kind: the file's kind, as `sources.workbook.read_sheets` gives it.
        data: the file's bytes.
        sheets: its sheets, hidden ones too.
    """
    for number, sheet in enumerate(sheets, start=1):
        if _is_suspicious(sheet) and has_persons(sheet.rows):
            return str(number)
    if any(len(sheet.name) >= 11 for sheet in sheets) and texts_have_persons([sheet.name for sheet in sheets]):
        return SHEET_NAMES
    return where_in_margins(kind, data)


def is_named_after_person(path: str) -> str | None:
    """`FILE_NAME` when the name of a file, or of a folder on the way to it, holds an identity number, else None."""
    if not may_hold_numbers(path):
        return None
    parts = path.replace("\\", "/").split("/")
    return FILE_NAME if texts_have_persons([*parts[:-1], parts[-1].rpartition(".")[0] or parts[-1]]) else None


def _is_suspicious(sheet: Sheet) -> bool:
    """Whether the sheet needs a closer look: a number that may be a person's, or a word of a list of persons."""
    joined = "\n".join(["", *sheet.said, ""])
    if is_suspicious(joined):
        return True
    if may_hold_numbers(joined) and may_be_of_persons(joined):
        return True
    return any(number >= 1e14 or 13e9 <= number < 20e9 or 8613e9 <= number < 8620e9 for number in sheet.long_numbers())


def may_be_of_persons(text: str) -> bool:
    """Whether long numbers of a text deserve a closer look; a 12-digit place code does not."""
    phones = set()
    for number in numbers_in(text):
        if len(number) >= 15 and (
            looks_like_identity(number) or is_old_number(number) or is_bank_card(number) or is_foreign_resident(number)
        ):
            return True
        if (phone := phone_of(number)) is not None:
            phones.add(phone)
    return len(phones) >= FEW
