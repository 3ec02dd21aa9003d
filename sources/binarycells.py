"""What the records of an .xlsb say of cells besides their values: merged ranges, errors, formulas, how they look ([MS-XLSB] 2.4)."""

from __future__ import annotations

import struct
from functools import cached_property, partial
from typing import Any

from sources.behind import binary_records, part_of, sheet_parts_of_binary
from sources.biffcells import BIFF_ERRORS, rk_number
from sources.doubts import Doubts, Run, doubt_of, struck_whole
from sources.numberforms import UNCODED, doubt_of_form, is_looked_at
from sources.tokens import result_of_tokens
from sources.uncalculated import Reckoned

Place = tuple[int, int]
Merge = tuple[Place, Place]
_MOST_ROWS, _MOST_COLUMNS = 2**20, 2**14
_ROW, _MERGE, _BEGIN_MERGES = 0, 176, b"\xb1\x01\x04"
_RK, _ERROR, _REAL, _TEXT, _ISST, _RICH = 2, 3, 5, 6, 7, 62
_F_TEXT, _F_NUMBER, _F_TRUTH, _F_ERROR = 8, 9, 10, 11
_NUMBERS = frozenset((_RK, _REAL, _F_NUMBER))
_FONT, _FORMAT, _XF, _BEGIN_CELL_XFS, _END_CELL_XFS, _ITEM = 43, 44, 47, 617, 618, 19


class BinaryCells:
    """One sheet of an .xlsb, by its position (from 0)."""

    def __init__(self, data: bytes, number: int) -> None:
        self._data, self._number = data, number

    @cached_property
    def _part(self) -> bytes:
        parts = sheet_parts_of_binary(self._data)
        return part_of(self._data, parts[self._number]) if self._number < len(parts) else b""

    @property
    def merged_cell_ranges(self) -> list[Merge]:
        """The merged ranges."""
        begin = self._part.find(_BEGIN_MERGES)
        found: list[Merge] = []
        for kind, body in binary_records(self._part) if begin >= 0 else ():
            if kind == _MERGE and len(body) >= 16:
                top, bottom, left, right = struct.unpack_from("<IIII", body)
                if max(top, bottom) < _MOST_ROWS and max(left, right) < _MOST_COLUMNS:
                    found.append(((top, left), (bottom, right)))
        return found

    def errors_and_formulas(self) -> tuple[dict[Place, str], dict[Place, Reckoned]]:
        """Errors, and formulas with what they would give."""
        errors: dict[Place, str] = {}
        formulas: dict[Place, Reckoned] = {}
        for at, _, kind, body in self._cells():
            if kind in (_ERROR, _F_ERROR) and len(body) >= 9:
                errors[at] = BIFF_ERRORS.get(body[8], "#ERR!")
            if kind in (_F_TEXT, _F_NUMBER, _F_TRUTH):
                value = 8 if kind == _F_NUMBER else 1 if kind == _F_TRUTH else 4 + 2 * struct.unpack_from("<I", body, 8)[0]
                size = struct.unpack_from("<I", body, 10 + value)[0] if len(body) >= 14 + value else 0
                tokens = body[14 + value : 14 + value + size]
                formulas[at] = Reckoned("", is_stored=True, work_out=partial(_work_out, tokens))
        return errors, formulas

    def marks(self) -> Doubts:
        """The doubtful cells."""
        fonts, looks, codes = self._styles()
        struck = {n for n, (font, _) in enumerate(looks) if font < len(fonts) and fonts[font][0]}
        forms = {n: codes[form] for n, (_, form) in enumerate(looks) if form in codes}
        is_odd = any(a or b for a, b in fonts)
        if not struck and not forms and not is_odd:
            return {}
        rich = self._rich_texts(fonts) if is_odd else {}
        found = {}
        for at, look, kind, body in self._cells():
            runs: list[Run] = rich.get(struct.unpack_from("<I", body, 8)[0], []) if kind == _ISST else []
            if kind == _RICH:
                runs = _runs(body[8:], fonts)
            if runs and (doubt := doubt_of(runs)) is not None:
                found[at] = doubt._replace(even_blank=kind == _RICH)  # the native reader leaves such a text out
            elif look in struck:
                found[at] = struck_whole("")
            elif look in forms and kind in _NUMBERS:
                number = rk_number(struct.unpack_from("<I", body, 8)[0]) if kind == _RK else struct.unpack_from("<d", body, 8)[0]
                if (form := doubt_of_form(forms[look], number)) is not None:
                    found[at] = form
        return found

    def _cells(self) -> Any:
        """(row, column), format, kind of record, body; blank cells are left out."""
        row = 0
        for kind, body in binary_records(self._part):
            if kind == _ROW and len(body) >= 4:
                (row,) = struct.unpack_from("<I", body)
            elif (2 <= kind <= _F_ERROR or kind == _RICH) and len(body) >= 8:
                column, look = struct.unpack_from("<II", body)
                yield (row, column), look & 0xFFFFFF, kind, body

    def _styles(self) -> tuple[list[tuple[bool, bool]], list[tuple[int, int]], dict[int, str]]:
        """Fonts (struck, raised), cells' formats (font, number format), codes of formats that do not show each number as itself."""
        fonts: list[tuple[bool, bool]] = []
        looks: list[tuple[int, int]] = []
        codes = dict(UNCODED)
        is_cells = False
        for kind, body in binary_records(part_of(self._data, b"xl/styles.bin")):
            if kind == _FONT and len(body) >= 8:
                flags, _, raised = struct.unpack_from("<HHH", body, 2)
                fonts.append((bool(flags & 8), raised in (1, 2)))
            elif kind == _FORMAT and len(body) >= 6:
                code = body[6:].decode("utf-16-le", "replace")
                if is_looked_at(code):
                    codes[struct.unpack_from("<H", body)[0]] = code
            elif kind in (_BEGIN_CELL_XFS, _END_CELL_XFS):
                is_cells = kind == _BEGIN_CELL_XFS
            elif kind == _XF and is_cells and len(body) >= 6:
                form, font = struct.unpack_from("<HH", body, 2)
                looks.append((font, form))
        return fonts, looks, codes

    def _rich_texts(self, fonts: list[tuple[bool, bool]]) -> dict[int, list[Run]]:
        items = (body for kind, body in binary_records(part_of(self._data, b"xl/sharedStrings.bin")) if kind == _ITEM)
        return {n: _runs(body, fonts) for n, body in enumerate(items) if body and body[0] & 1}


def _runs(body: bytes, fonts: list[tuple[bool, bool]]) -> list[Run]:
    """The pieces of a RichStr: flags, text, and (place, font) where further fonts begin."""
    try:
        (size,) = struct.unpack_from("<I", body, 1)
        text = body[5 : 5 + 2 * size].decode("utf-16-le", "replace")
        (count,) = struct.unpack_from("<I", body, 5 + 2 * size) if body[0] & 1 else (0,)
        starts = [struct.unpack_from("<HH", body, 9 + 2 * size + 4 * n) for n in range(min(count, size))]
    except struct.error:
        return []
    places = [(0, (False, False)), *((at, fonts[font] if font < len(fonts) else (False, False)) for at, font in starts)]
    return [(text[at:end], *look) for (at, look), end in zip(places, [p for p, _ in places[1:]] + [len(text)], strict=True)]


def _work_out(tokens: bytes, cell_at: Any) -> float | str | None:
    return result_of_tokens(tokens, cell_at, 12)
