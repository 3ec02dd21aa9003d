"""Notes of cells (批注) that hold a figure: “应为 35”. Notes are not read; that one stands there is told, and nothing of what it says.

Each format keeps notes in its own place; a package is looked into only where a part of its is named after comments.
"""

from __future__ import annotations

import posixpath
import re
import struct
import unicodedata
from collections.abc import Mapping
from typing import Any

from sources.behind import binary_records, each_element, part_of, sheet_parts, sheet_parts_of_binary
from sources.biffcells import BiffBook
from sources.doubts import Place
from sources.kinds import zip_members

_MOST = 8 * 2**20
_FIGURE = re.compile(
    r"(?<![\d./\-第年月A-Za-z])(?<!\d:)(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d{1,7}(?:\.\d+)?)(?![\d.,:/%‰\-A-Za-z]*[\d年月日号时点分秒行列栏格项条页版%‰:/\-A-Za-z])"
    r"(?!\s*[年月日号])"
)
_BETWEEN = re.compile(r"(?<=\D)\s+|\s+(?=\D)")
_AUTHOR = re.compile(r"\A[^\n:：]{1,40}[:：]\s*\n")
_REF = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_NOTE, _OBJ, _TXO, _CONTINUE = 0x001C, 0x005D, 0x01B6, 0x003C
_TXO_HEAD = b"\xb6\x01\x12\x00"
_BEGIN_COMMENT, _COMMENT_TEXT = 635, 637

Notes = Mapping[Place, str]
"""Texts of notes by row and column. Never told, never kept."""
NO_NOTES: Notes = {}


def figures_in(text: str) -> list[float]:
    """The numbers of a note that may be figures: no dates, no numbers of rows, none that are longer than any figure."""
    narrow = _BETWEEN.sub("", unicodedata.normalize("NFKC", _AUTHOR.sub("", text)))
    return [float(found[0].replace(",", "")) for found in _FIGURE.finditer(narrow)]


def notes_in(kind: str, data: bytes, number: int) -> Notes:
    """The notes of the sheet at a position (from 0) of a package or an .xls."""
    try:
        if kind in ("xlsx", "xlsb"):
            return _of_package(data, number, is_binary=kind == "xlsb")
        if kind == "xls":
            return _of_biff(data, number)
    except (struct.error, IndexError, ValueError, KeyError):
        pass
    return NO_NOTES


# -- .xlsx, .xlsb ------------------------------------------------------------------------------------------------------


def _of_package(data: bytes, number: int, *, is_binary: bool) -> Notes:
    if not any(b"omment" in entry.name for entry in zip_members(data)):
        return NO_NOTES
    parts = sheet_parts_of_binary(data) if is_binary else sheet_parts(data)
    folder, _, name = parts[number].decode().rpartition("/")
    targets: list[tuple[str, bytes]] = []

    def note(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship" and "omment" in given.get("Type", "").rpartition("/")[2]:
            target = given.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            targets.append((given["Type"].rpartition("/")[2], path.encode()))

    each_element(part_of(data, f"{folder}/_rels/{name}.rels".encode()), note)
    found: dict[Place, str] = {}
    for kind, path in sorted(targets):  # comments, then threadedComment, which says more plainly what it says
        content = part_of(data, path)[:_MOST]
        found |= _binary_comments(content) if path.endswith(b".bin") else _comments(content, is_threaded="hread" in kind)
    return found


def _comments(content: bytes, *, is_threaded: bool) -> dict[Place, str]:
    import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root: Any = lxml.etree.fromstring(content, parser)
    except (lxml.etree.LxmlError, ValueError):
        return {}
    found: dict[Place, str] = {}
    for element in root.iter("{*}threadedComment" if is_threaded else "{*}comment"):
        if (at := _REF.fullmatch(element.get("ref") or "")) is not None:
            text = "".join(t.text or "" for t in element.iter("{*}text" if is_threaded else "{*}t"))
            key = int(at[2]) - 1, _column(at[1])
            found[key] = f"{found[key]}\n{text}" if key in found else text
    return found


def _binary_comments(content: bytes) -> dict[Place, str]:
    found: dict[Place, str] = {}
    at = (0, 0)
    for kind, body in binary_records(content):
        if kind == _BEGIN_COMMENT and len(body) >= 20:
            row, _, column, _ = struct.unpack_from("<IIII", body, 4)
            at = row, column
        elif kind == _COMMENT_TEXT and len(body) >= 5:
            (size,) = struct.unpack_from("<I", body, 1)
            found[at] = body[5 : 5 + 2 * size].decode("utf-16-le", "replace")
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


# -- .xls --------------------------------------------------------------------------------------------------------------


def _of_biff(data: bytes, number: int) -> Notes:
    """A note says its cell and its object (NOTE); the text of an object follows it (OBJ, TXO, CONTINUE)."""
    if _TXO_HEAD not in data:
        return NO_NOTES
    texts: dict[int, str] = {}
    places: dict[int, Place] = {}
    last, is_waiting = 0, False
    for kind, body in BiffBook(data).sheet(number).records():
        if kind == _OBJ and len(body) >= 8:
            (last,) = struct.unpack_from("<H", body, 6)
        elif kind == _TXO:
            is_waiting = True
        elif kind == _CONTINUE and is_waiting:
            texts[last] = body[1:].decode("utf-16-le" if body[:1] == b"\x01" else "latin-1", "replace")
            is_waiting = False
        elif kind == _NOTE and len(body) >= 8:
            row, column, _, of = struct.unpack_from("<HHHH", body)
            places[of] = row, column
    return {at: texts[of] for of, at in places.items() if of in texts}
