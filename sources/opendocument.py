"""What the XML of an .ods says of cells besides their values: merged ranges, errors, formulas, how they look.

Parsed once a file, and only where it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from sources.behind import part_of
from sources.conditional import Area, Rule, areas_of, rule_of_condition
from sources.doubts import SHARE, Doubt, Run, doubt_of, struck_whole
from sources.formulas import CellAt, result_of
from sources.numberforms import says, shown_otherwise
from sources.uncalculated import Reckoned

Place = tuple[int, int]
Merge = tuple[Place, Place]
_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _STYLE, _TEXT, _FO = (f"{{{_NS}{name}:1.0}}" for name in ("table", "style", "text", "xsl-fo-compatible"))
_OFFICE, _NUMBER = f"{{{_NS}office:1.0}}", f"{{{_NS}datastyle:1.0}}"
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = frozenset((f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"))
_ASIDE = frozenset((f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}tracked-changes"))
_MOST_NOTED = 200_000
_MOST_REPEATED = 64
"""A doubtful cell that is repeated more often than this is decoration."""


class OpenCells:
    """One sheet of an .ods."""

    def __init__(self) -> None:
        self.merged: list[Merge] = []
        self.marks: dict[Place, Doubt] = {}
        self.errors: dict[Place, str] = {}
        self.formulas: dict[Place, Reckoned] = {}
        self.rules: list[Rule] = []
        self.notes: dict[Place, str] = {}


class OpenMerges:
    """The merged ranges of a sheet, found when they are asked for."""

    def __init__(self, data: bytes, number: int) -> None:
        self._data, self._number = data, number

    @property
    def merged_cell_ranges(self) -> list[Merge]:
        """The merged ranges."""
        return open_cells(self._data, self._number).merged


_last: list[Any] = [b"", []]


def open_cells(data: bytes, number: int) -> OpenCells:
    """The sheet at a position (from 0); that of the file in hand is parsed once."""
    if _last[0] is not data:
        _last[:] = data, _sheets(part_of(data, b"content.xml"), part_of(data, b"styles.xml"))
    sheets: list[OpenCells] = _last[1]
    return sheets[number] if number < len(sheets) else OpenCells()


def _sheets(content: bytes, styles: bytes) -> list[OpenCells]:
    root = _parsed(content)
    if root is None:
        return []
    looks = _Looks([tree for tree in (_parsed(styles), root) if tree is not None])
    book = root.find(f"{_OFFICE}body/{_OFFICE}spreadsheet")
    tables = [] if book is None else book.findall(f"{_TABLE}table")
    return [_read(table, looks) for table in tables]


def _parsed(content: bytes) -> Any:
    import lxml.etree

    if not content:
        return None
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True)
    try:
        return lxml.etree.fromstring(content, parser)
    except (lxml.etree.LxmlError, ValueError):
        return None


class _Looks:
    """Styles by family and name: whether they strike out, whether they raise; which show shares. A style has what its parent has."""

    def __init__(self, trees: list[Any]) -> None:
        self._styles: dict[tuple[str, str], Any] = {}
        self._shares: set[str] = set()
        for tree in trees:
            for style in tree.iter(f"{_STYLE}style"):
                self._styles[style.get(f"{_STYLE}family", ""), style.get(f"{_STYLE}name", "")] = style
            self._shares |= {style.get(f"{_STYLE}name", "") for style in tree.iter(f"{_NUMBER}percentage-style")}
        self._known: dict[tuple[str, str], tuple[bool | None, bool | None]] = {}
        self._maps: dict[str, list[tuple[str, str]]] = {}

    def striking_maps(self, name: str) -> list[tuple[str, str]]:
        """Conditions under which cells of a style are struck out, each with the cell that it is written for."""
        if name not in self._maps:
            style = self._styles.get(("table-cell", name))
            self._maps[name] = [
                (given.get(f"{_STYLE}condition", ""), given.get(f"{_STYLE}base-cell-address", ""))
                for given in (style.iter(f"{_STYLE}map") if style is not None else ())
                if self.of("table-cell", given.get(f"{_STYLE}apply-style-name", ""))[0]
            ]
        return self._maps[name]

    def of(self, family: str, name: str, depth: int = 0) -> tuple[bool | None, bool | None]:
        """Whether a style strikes out, whether it raises or lowers; None: it says nothing."""
        key = family, name
        if key in self._known:
            return self._known[key]
        struck: bool | None = None
        raised: bool | None = None
        if (style := self._styles.get(key)) is not None and depth < 20:
            for properties in style.iter(f"{_STYLE}text-properties"):
                lines = [properties.get(f"{_STYLE}text-line-through-{what}") for what in ("style", "type")]
                if any(lines):
                    struck = all(line in (None, "solid", "single", "double") or line != "none" for line in lines)
                if position := properties.get(f"{_STYLE}text-position"):
                    raised = position.split()[0] not in ("0%", "auto", "0")
            parent = self.of(family, style.get(f"{_STYLE}parent-style-name", ""), depth + 1)
            struck, raised = (parent[0] if struck is None else struck), (parent[1] if raised is None else raised)
        self._known[key] = struck, raised
        return struck, raised

    def shows_share(self, name: str, depth: int = 0) -> bool:
        """Whether cells of a style show shares."""
        style = self._styles.get(("table-cell", name))
        if style is None or depth > 20:
            return False
        form = style.get(f"{_STYLE}data-style-name")
        return form in self._shares if form else self.shows_share(style.get(f"{_STYLE}parent-style-name", ""), depth + 1)


def _read(table: Any, looks: _Looks) -> OpenCells:
    found = OpenCells()
    columns = _column_styles(table)
    r = 0
    for line in table.iter(f"{_TABLE}table-row"):
        c = 0
        again = _count(line, "number-rows-repeated")
        for cell in line:
            if cell.tag not in _CELLS:
                continue
            wide = _count(cell, "number-columns-repeated")
            if len(cell) or len(cell.attrib) > 1 or cell.get(f"{_TABLE}formula"):
                name = cell.get(f"{_TABLE}style-name") or line.get(f"{_TABLE}default-cell-style-name") or columns.get(c, "")
                _note(found, cell, r, c, (min(again, _MOST_REPEATED), min(wide, _MOST_REPEATED)), name, looks)
            c += wide
        r += again
    for form in table.iter(f"{_CALCEXT}conditional-format"):
        areas = _areas(form.get(f"{_CALCEXT}target-range-address", ""))
        for condition in form.iter(f"{_CALCEXT}condition") if areas else ():
            if looks.of("table-cell", condition.get(f"{_CALCEXT}apply-style-name", ""))[0]:
                base = _areas(condition.get(f"{_CALCEXT}base-cell-address", "")) or areas
                found.rules.append(rule_of_condition(condition.get(f"{_CALCEXT}value", ""), areas, base[0][:2]))
    return found


def _areas(written: str) -> tuple[Area, ...]:
    """Ranges with the names of their sheets: $Sheet1.$E$5:.F9 'a b'.E5."""
    return areas_of(re.sub(r"(?:\$?'(?:[^']|'')*'|\$?[^\s.:']*)\.(?=\$?[A-Za-z])", "", written))


def _note(found: OpenCells, cell: Any, row: int, column: int, times: tuple[int, int], style: str, looks: _Looks) -> None:
    if len(found.marks) + len(found.errors) + len(found.formulas) > _MOST_NOTED:
        return
    high, wide = min(_count(cell, "number-rows-spanned"), 2**20), min(_count(cell, "number-columns-spanned"), 2**14)
    if (high > 1 or wide > 1) and cell.tag.endswith("}table-cell"):
        found.merged.append(((row, column), (row + high - 1, column + wide - 1)))
    for condition, base in looks.striking_maps(style):
        area = (row, column, row + times[0] - 1, column + times[1] - 1)
        found.rules.append(rule_of_condition(condition, (area,), (_areas(base) or (area,))[0][:2]))
    for note in cell.findall(f"{_OFFICE}annotation"):
        found.notes[row, column] = "\n".join("".join(p.itertext()) for p in note.iter(f"{_TEXT}p"))
    kind = cell.get(f"{_OFFICE}value-type") or ""
    is_error = any(name.endswith("}value-type") and value == "error" for name, value in cell.attrib.items())
    text = "".join(text for text, _, _ in _runs(cell, (False, False), looks)).strip()
    formula = cell.get(f"{_TABLE}formula")
    places = [(row + r, column + c) for r in range(times[0]) for c in range(times[1])]
    if is_error or (formula is not None and text.startswith(("#", "Err:"))):
        found.errors |= dict.fromkeys(places, text or "#ERR!")
    if formula is not None:
        is_stored = kind == "string" or _value(cell) != "" or (kind == "" and len(cell) > 0)  # LibreOffice's empty text: <text:p/> alone
        found.formulas |= dict.fromkeys(places, Reckoned(formula, is_stored, partial(_work_out, formula)))
    elif kind in ("float", "currency", "percentage") and _value(cell) == "" and text:
        found.formulas |= dict.fromkeys(places, Reckoned(text, is_stored=False, work_out=_nothing))
    if (mark := _mark(cell, kind, text, style, looks)) is not None:
        found.marks |= dict.fromkeys(places, mark)


def _mark(cell: Any, kind: str, text: str, style: str, looks: _Looks) -> Doubt | None:
    if not text and not _value(cell):
        return None
    is_struck = bool(looks.of("table-cell", style)[0])
    if (mark := doubt_of(_runs(cell, (is_struck, False), looks))) is not None:
        return struck_whole(text) if mark.name == "struck_cell" else mark
    if kind == "percentage" or (kind == "float" and looks.shows_share(style)):
        return SHARE
    if kind in ("float", "currency") and text and (number := _as_number(_value(cell))) is not None and not says(text, number):
        return shown_otherwise(text, number)
    return None


def _as_number(written: str) -> float | None:
    try:
        return float(written)
    except ValueError:
        return None


def _runs(element: Any, look: tuple[bool, bool], looks: _Looks) -> Iterator[Run]:
    """The pieces of a cell's text with how they look; a span has what it does not say from what is around it."""
    for part in element:
        if part.tag in _ASIDE or not isinstance(part.tag, str):
            continue
        family = {f"{_TEXT}span": "text", f"{_TEXT}p": "paragraph"}.get(part.tag, "")
        struck, raised = looks.of(family, part.get(f"{_TEXT}style-name", "")) if family else (None, None)
        inside = (look[0] if struck is None else struck, look[1] if raised is None else raised)
        yield part.text or "", *inside
        yield from _runs(part, inside, looks)
        yield part.tail or "", *look


def _column_styles(table: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    at = 0
    for column in table.iter(f"{_TABLE}table-column"):
        wide = _count(column, "number-columns-repeated")
        if name := column.get(f"{_TABLE}default-cell-style-name"):
            found |= dict.fromkeys(range(at, at + min(wide, 256)), name)
        at += wide
    return found


def _value(cell: Any) -> str:
    return (
        cell.get(f"{_OFFICE}value")
        or cell.get(f"{_OFFICE}boolean-value")
        or cell.get(f"{_OFFICE}date-value")
        or cell.get(f"{_OFFICE}time-value")
        or ""
    )


def _count(element: Any, name: str) -> int:
    text = element.get(f"{_TABLE}{name}") or "1"
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _work_out(formula: str, cell_at: CellAt) -> float | str | None:
    return result_of(formula, cell_at)


def _nothing(_: CellAt) -> None:
    return None
