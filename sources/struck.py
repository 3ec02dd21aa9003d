"""Cells of an .xlsx whose figure may not be taken as it stands, by how they look: struck out, raised, shown as a share or another number.

Fonts and formats are looked at once for each part of styles, shared texts only where one is struck or raised; a sheet is parsed only
where it uses them.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.parsers import expat

from sources.behind import EntityError, refuse_entity
from sources.conditional import Read, rules_xlsx, struck_by
from sources.doubts import Doubt, Doubts, Place, Run, doubt_of, quoted, struck_whole
from sources.numberforms import UNCODED, doubt_of_form, is_looked_at
from sources.sheetpart import RunReader, SheetPart

_HINT = re.compile(rb"strike\b|vertAlign\b")
_HINT_OF_STYLES = re.compile(rb"strike\b|\bformatCode\b|\bnumFmtId\s*=\s*[\"'](?:9|10|2[7-9]|3[0-6]|5[0-8])[\"']")
_CODES = {str(number): code for number, code in UNCODED.items()}
_HINT_OF_ODD = re.compile(
    rb"=\s*[\"']inlineStr[\"'][^<>]*>\s*(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</[^<>]*>)\s*)?<(?:\w+:)?v\b"
    rb"|</(?:\w+:)?(?:v|is)>\s*<(?:\w+:)?(?:v|is)\b|<(?:\w+:)?v(?:\s[^<>]*)?>\s*<(?!/)"
)
"""A text's kind with a number's value, two values in one cell, a value in a value."""
_MOST_REMEMBERED = 64


class Looks(NamedTuple):
    """Numbers (s) of the formats of cells that are struck out; codes of those that do not show each number as itself.

    `striking`: formats (dxf) by which conditions strike out.
    """

    struck: frozenset[str]
    forms: Mapping[str, str]
    striking: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.struck or self.forms or self.striking)


PLAIN = Looks(frozenset(), {})
_known: dict[bytes, Looks] = {}


def looks_of(styles: bytes) -> Looks:
    """What a part of styles says; that of the parts met last is kept."""
    if _HINT_OF_STYLES.search(styles) is None:
        return PLAIN
    if (found := _known.get(styles)) is None:
        if len(_known) >= _MOST_REMEMBERED:
            _known.clear()
        found = _known[styles] = _Styles(styles).looks()
    return found


def marks_xlsx(rows: Read, part: bytes, styles: bytes, shared: bytes) -> Doubts:
    """The doubtful cells of a sheet.

    Args:
        rows: the sheet as it was read.
        part: the sheet's XML.
        styles: the workbook's part of styles.
        shared: its part of shared texts.
    """
    looks = looks_of(styles)
    texts = shared_doubts(shared)
    is_odd = _HINT_OF_ODD.search(part) is not None
    is_used = is_odd or any(re.search(rb"\bs\s*=\s*[\"']%s[\"']" % s.encode(), part) for s in (*looks.struck, *looks.forms) if s != "0")
    is_used = is_used or (bool(looks.striking) and b"cfRule" in part)
    if not is_used and not texts and "0" not in (*looks.struck, *looks.forms) and _HINT.search(part) is None:
        return {}
    found = dict(_marks(SheetPart(part), looks, texts))
    return {**struck_by(rules_xlsx(part, looks.striking), rows), **found}


def _marks(sheet: SheetPart, looks: Looks, texts: dict[str, tuple[Run, ...]]) -> Iterator[tuple[Place, Doubt]]:
    for at, text in sheet.odd.items():
        yield at, Doubt("cell_ill_written", {"text": quoted(text)}, even_blank=True)
    for at, cell in sheet.cells.items():
        if at in sheet.odd:
            continue
        runs = texts.get(cell.written, ()) if cell.kind == "s" else cell.runs
        is_struck = cell.look in looks.struck
        if runs and (found := doubt_of(runs)) is not None:
            yield at, found
        elif is_struck:
            yield at, struck_whole("" if cell.kind == "s" else "".join(text for text, _, _ in cell.runs) or cell.written)
        elif cell.look in looks.forms and cell.kind == "n" and (form := _doubt_of(looks.forms[cell.look], cell.written)) is not None:
            yield at, form


def _doubt_of(code: str, written: str) -> Doubt | None:
    try:
        return doubt_of_form(code, float(written))
    except ValueError:
        return None


def shared_doubts(shared: bytes) -> dict[str, tuple[Run, ...]]:
    """The pieces of shared texts of which some are struck or raised, by their number as it is written in cells."""
    if _HINT.search(shared) is None:
        return {}
    return {str(n): runs for n, runs in enumerate(_SharedTexts(shared).texts) if any(struck or raised for _, struck, raised in runs)}


def is_odd_text(shared: bytes) -> bool:
    """Whether a part of shared texts strikes or raises any text, as far as its tags say."""
    return b"strike" in shared or b"vertAlign" in shared


class _SharedTexts:
    def __init__(self, content: bytes) -> None:
        self.texts: list[tuple[Run, ...]] = []
        self._runs = RunReader()
        self._into: list[str] | None = None
        _parse(content, self._start, self._end, self._text)

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "si":
            self._runs = RunReader()
        else:
            self._into = self._runs.start(tag, given)

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        self._into = None
        self._runs.end(tag)
        if tag == "si":
            self.texts.append(tuple(self._runs.pieces))

    def _text(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)


class _Styles:
    """Fonts, number formats and the cells' formats (cellXfs), in which the two meet."""

    def __init__(self, content: bytes) -> None:
        self._fonts: list[bool] = []
        self._codes = dict(_CODES)
        self._formats: list[tuple[str, str]] = []
        self._striking: list[bool] = []
        self._path: list[str] = []
        _parse(content, self._start, self._end, None)

    def looks(self) -> Looks:
        struck = {n for n, is_struck in enumerate(self._fonts) if is_struck}
        return Looks(
            frozenset(str(n) for n, (font, _) in enumerate(self._formats) if font.isdecimal() and int(font) in struck),
            {str(n): self._codes[form] for n, (_, form) in enumerate(self._formats) if form in self._codes},
            frozenset(str(n) for n, is_struck in enumerate(self._striking) if is_struck),
        )

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        parents = self._path[-2:]
        if parents[-1:] == ["fonts"] and tag == "font":
            self._fonts.append(False)
        elif parents == ["fonts", "font"] and tag in ("strike", "dstrike"):
            self._fonts[-1] = given.get("val", "1").lower() in ("1", "true", "on")
        elif parents[-1:] == ["dxfs"] and tag == "dxf":
            self._striking.append(False)
        elif parents == ["dxf", "font"] and tag in ("strike", "dstrike") and self._striking:
            self._striking[-1] = given.get("val", "1").lower() in ("1", "true", "on")
        elif tag == "numFmt" and parents[-1:] == ["numFmts"]:
            code = given.get("formatCode", "")
            if is_looked_at(code):
                self._codes[given.get("numFmtId", "")] = code
        elif tag == "xf" and parents[-1:] == ["cellXfs"]:
            self._formats.append((given.get("fontId", "0"), given.get("numFmtId", "0")))
        self._path.append(tag)

    def _end(self, _: str) -> None:
        self._path.pop()


def _parse(content: bytes, start: object, end: object, text: object) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end  # type: ignore[assignment]
    if text is not None:
        parser.CharacterDataHandler = text  # type: ignore[assignment]
    parser.EntityDeclHandler = refuse_entity
    with contextlib.suppress(expat.ExpatError, EntityError):
        parser.Parse(content, True)
