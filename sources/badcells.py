"""Cells over which the native reader refuses a whole workbook → cells that say that they are damaged, so that the rest can be read.

A number that is none, a shared text that does not exist, a kind of cell that nobody knows, an address that is none. Looked for only where
the native reader failed (`sources.mended`); a cell is changed only where it cannot say anything, and what it held is kept in it as a text
that no reader takes for a figure (`sources.values.DAMAGED`).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from xml.sax.saxutils import escape, unescape

from sources.behind import binary_records
from sources.values import DAMAGED

_CELL = re.compile(rb"<((?:\w+:)?)(row|c)((?:\s[^<>]*?)?)(/>|>)")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_REF = re.compile(rb"([A-Za-z]{1,3})([1-9]\d{0,6})")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>([^<]*)</")
_KINDS = frozenset((b"s", b"str", b"inlineStr", b"b", b"n", b"d", b"e"))
_ERRORS = frozenset((b"#NULL!", b"#DIV/0!", b"#VALUE!", b"#REF!", b"#NAME?", b"#NUM!", b"#N/A", b"#GETTING_DATA"))
_TEXTS = re.compile(rb"<(?:\w+:)?si[\s/>]")
_OPEN_CELL = re.compile(rb"<table:(?:covered-)?table-cell(\s[^<>]*?)(/?)>")
_ODS_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_OF_NUMBERS = frozenset((b"float", b"currency", b"percentage"))
_LONGEST = 40
_ISST, _ST, _ERROR = 7, 6, 3
_BINARY_ERRORS = frozenset((0x00, 0x07, 0x0F, 0x17, 0x1D, 0x24, 0x2A, 0x2B))


def without_bad_cells(sheet: bytes, shared: bytes) -> bytes:
    """A sheet of an .xlsx. `shared`: the part of shared texts."""
    if b"<!" in sheet:
        return sheet
    return b"".join(_pieces(sheet, len(_TEXTS.findall(shared))))


def _pieces(sheet: bytes, n_texts: int) -> Iterator[bytes]:
    at, row, column = 0, 0, 0
    while (found := _CELL.search(sheet, at)) is not None:
        prefix, tag, attributes, close = found.groups()
        given = {name: (a or b) for name, a, b in _ATTRIBUTE.findall(attributes)}
        ref = given.get(b"r")
        yield sheet[at : found.start()]
        at = found.end()
        if tag == b"row":
            row, column = int(ref) if ref is not None and ref.isdigit() else row + 1, 0
            yield found[0]
            continue
        end = at
        if close == b">":
            ending = b"</" + prefix + b"c>"
            end = sheet.find(ending, at)
            if end < 0:
                yield found[0]
                continue
        place = _REF.fullmatch(ref) if ref is not None else None
        column = _column(place[1]) if place is not None else column + 1
        is_misplaced = ref is not None and place is None
        content = sheet[at:end]
        lost = _lost(given.get(b"t", b"n"), content, n_texts)
        if lost is None and is_misplaced:
            lost = _text_of(content) if close == b">" else b""
        if lost is None:
            yield found[0]
            continue
        at = end + len(ending) if close == b">" else at
        if lost or not is_misplaced:
            yield b'<%sc r="%s%d" t="str"><%sv>%s</%sv></%sc>' % (prefix, _letters(column), row, prefix, _marked(lost), prefix, prefix)
    yield sheet[at:]


def _lost(kind: bytes, content: bytes, n_texts: int) -> bytes | None:
    """What a cell holds that cannot be read; None where it can."""
    found = _VALUE.search(content)
    value = found[1] if found is not None else b""
    if kind not in _KINDS:
        return value or kind
    if value == b"":
        return None
    if kind == b"n":
        is_good = _NUMBER.fullmatch(value) is not None
    elif kind == b"s":
        is_good = value.isdigit() and int(value) < n_texts
    elif kind == b"b":
        is_good = value in (b"0", b"1", b"true", b"false")
    else:
        is_good = kind != b"e" or value in _ERRORS
    return None if is_good else value


def _text_of(content: bytes) -> bytes:
    found = _VALUE.search(content)
    return found[1] if found is not None else b""


def _marked(value: bytes) -> bytes:
    return (DAMAGED + value.decode("utf-8", "replace").strip()[:_LONGEST]).encode()


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _letters(column: int) -> bytes:
    found = b""
    while column:
        column, rest = divmod(column - 1, 26)
        found = bytes([65 + rest]) + found
    return found


# -- .ods ----------------------------------------------------------------------------------------------------------


def without_bad_values(content: bytes) -> bytes:
    """The content of an .ods."""
    return _OPEN_CELL.sub(_mended_cell, content)


def _mended_cell(found: re.Match[bytes]) -> bytes:
    given = {name: (a or b) for name, a, b in _ATTRIBUTE.findall(found[1])}
    is_number = given.get(b"office:value-type") in _OF_NUMBERS
    value = given.get(b"office:value")
    repeated = given.get(b"table:number-columns-repeated", b"1")
    changed = dict(given)
    if not repeated.isdigit():
        del changed[b"table:number-columns-repeated"]
    if value is not None and _ODS_NUMBER.fullmatch(value) is None and (is_number or b"office:value-type" not in given):
        del changed[b"office:value"]
        said = unescape(value.decode("utf-8", "replace"), {"&quot;": '"', "&apos;": "'"})[:_LONGEST]
        changed |= {b"office:value-type": b"string", b"office:string-value": escape(DAMAGED + said, {'"': "&quot;"}).encode()}
    if changed == given:
        return found[0]
    tag = found[0][1:].split(None, 1)[0]
    return b"<%s%s%s>" % (tag, b"".join(b' %s="%s"' % item for item in changed.items()), found[2])


# -- .xlsb ---------------------------------------------------------------------------------------------------------


def without_bad_records(sheet: bytes, shared: bytes) -> bytes:
    """A sheet of an .xlsb. `shared`: the part of shared texts."""
    n_texts = sum(kind == 19 for kind, _ in binary_records(shared))
    found = []
    for kind, body in binary_records(sheet):
        new_kind, new_body = kind, body
        if kind == _ISST and len(body) >= 12 and (n := struct.unpack_from("<I", body, 8)[0]) >= n_texts:
            new_kind, new_body = _ST, body[:8] + _wide(f"{DAMAGED}{n}")
        elif kind == _ERROR and len(body) >= 9 and body[8] not in _BINARY_ERRORS:
            new_kind, new_body = _ST, body[:8] + _wide(f"{DAMAGED}{body[8]}")
        elif kind == _ST and len(body) >= 12 and 12 + 2 * struct.unpack_from("<I", body, 8)[0] > len(body):
            new_body = body[:8] + _wide(DAMAGED)
        found.append(_record(new_kind, new_body))
    return b"".join(found)


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(kind: int, body: bytes) -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, sized = len(body), b""
    while True:
        size, seven = size >> 7, size & 0x7F
        sized += bytes([seven | (0x80 if size else 0)])
        if not size:
            return head + sized + body
