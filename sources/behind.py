"""Parts of packages (.xlsx, .xlsb, .ods): which part holds which sheet, and the records of binary parts."""

from __future__ import annotations

import contextlib
import posixpath
import re
import struct
from collections.abc import Callable, Iterator
from xml.parsers import expat

from sources.kinds import inflated, zip_directory

_MOST = 64 * 2**20
SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")


def sheet_parts(data: bytes) -> tuple[bytes, ...]:
    """The names of the parts of an .xlsx workbook's sheets, in the order of the sheets; b'' for a sheet whose part is not named."""
    targets = _targets(data, b"xl/_rels/workbook.xml.rels")
    relations: list[str] = []

    def note(tag: str, given: dict[str, str]) -> None:
        if tag == "sheet":
            relations.extend(value for name, value in given.items() if name.endswith(":id"))

    each_element(part_of(data, b"xl/workbook.xml"), note)
    return tuple(targets.get(relation.encode(), b"") for relation in relations)


def sheet_parts_of_binary(data: bytes) -> tuple[bytes, ...]:
    """The names of the parts of an .xlsb workbook's sheets, in the order of the sheets."""
    targets = _targets(data, b"xl/_rels/workbook.bin.rels")
    book = part_of(data, b"xl/workbook.bin")
    return tuple(targets.get(_relation_id(body), b"") for kind, body in binary_records(book) if kind == 156)


def _targets(data: bytes, relations: bytes) -> dict[bytes, bytes]:
    """The parts of a package that the relations of its workbook lead to, by the relations' names."""
    targets: dict[bytes, bytes] = {}

    def note(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship" and "Id" in given and "Target" in given:
            target = given["Target"]
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            targets[given["Id"].encode()] = path.encode()

    each_element(part_of(data, relations), note)
    return targets


def each_element(content: bytes, note: Callable[[str, dict[str, str]], None]) -> None:
    """Call with the name (without prefix) and the attributes of each element of some XML, as far as it is XML."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, given: note(name.rpartition(":")[2], given)
    parser.EntityDeclHandler = refuse_entity
    with contextlib.suppress(expat.ExpatError, EntityError):
        parser.Parse(content, True)


class EntityError(Exception):
    """XML that declares entities of its own: no office program writes any."""


def refuse_entity(*_: object) -> None:
    """For a parser: no entity is ever declared."""
    raise EntityError


def part_of(data: bytes, name: bytes) -> bytes:
    """A part of a package by its name; b'' where there is none."""
    entry = zip_directory(data).get(name)
    return inflated(data, entry, _MOST) if entry is not None else b""


def _relation_id(body: bytes) -> bytes:
    """The relation of a BrtBundleSh record: after two numbers, its length and UTF-16."""
    (size,) = struct.unpack_from("<I", body, 8) if len(body) >= 12 else (0,)
    return body[12 : 12 + 2 * size].decode("utf-16-le", "replace").encode()


def binary_records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a binary part: kind in one or two bytes, size in one to four, seven bits each ([MS-XLSB] 2.1.4)."""
    at = 0
    while at + 1 < len(content):
        kind, at = content[at], at + 1
        if kind & 0x80:
            kind, at = kind & 0x7F | content[at] << 7, at + 1
        size, shift = 0, 0
        while at < len(content) and shift < 28:
            byte, at = content[at], at + 1
            size, shift = size | (byte & 0x7F) << shift, shift + 7
            if not byte & 0x80:
                break
        yield kind, content[at : at + size]
        at += size
