"""Books in the binary formats that no program of today writes for us: .xls of Excel 5/95 (BIFF5, GBK texts) and .xlsb (BIFF12).

Written from [MS-XLSB] and the OpenOffice documentation of BIFF5, as plainly as they allow: inline texts, no styles but number formats.
LibreOffice reads the same cells in both.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import quoteattr

from tests.dialects.grid import Book, Cell, Fault, Formula, Sheet

BIFF_ERRORS = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}
_VISIBILITY = {"visible": 0, "hidden": 1, "veryHidden": 2}
_DAY_ZERO = dt.date(1899, 12, 30)
_DATE = "yyyy/m/d"


def by_biff5(book: Book) -> bytes:
    """.xls of Excel 5/95: 8-bit texts in code page 936, the stream called Book, no merged cells (the format has none)."""
    forms = _forms(book)
    bodies = [_biff5_sheet(sheet, forms) for sheet in book.sheets]
    head = [_start(0x0005), record(0x0042, struct.pack("<H", 936))]
    head += [record(0x041E, struct.pack("<HB", 164 + n, len(_gbk(form))) + _gbk(form)) for n, form in enumerate(forms)]
    head += [record(0x00E0, struct.pack("<HHHHHHHH", 0, number, 0, 0, 0, 0, 0, 0)) for number in (0, *range(164, 164 + len(forms)))]
    names = [_gbk(sheet.name) for sheet in book.sheets]
    at = sum(map(len, head)) + sum(4 + 7 + len(name) for name in names) + 4
    for sheet, name, body in zip(book.sheets, names, bodies, strict=True):
        head.append(record(0x0085, struct.pack("<IBBB", at, _VISIBILITY[sheet.visible], 0, len(name)) + name))
        at += len(body)
    return container(b"".join([*head, record(0x000A, b""), *bodies]))


def biff5_of(*cells: bytes, page: int = 936, more: bytes = b"", name: str = "月报") -> bytes:
    """A workbook of one sheet with these cell records; `more`: records before its looks, of which number 1 is a date's."""
    looks = b"".join(record(0x00E0, struct.pack("<HH12x", 0, number)) for number in (0, 14))
    head = _start(0x0005) + record(0x0042, struct.pack("<H", page)) + more + looks
    end = record(0x000A, b"")
    listed = struct.pack("<IBBB", len(head) + 11 + len(_gbk(name)) + len(end), 0, 0, len(_gbk(name))) + _gbk(name)
    return container(head + record(0x0085, listed) + end + _start(0x0010) + b"".join(cells) + end)


def _start(kind: int) -> bytes:
    """A BOF record: of the workbook (5) or of a sheet (16)."""
    return record(0x0809, struct.pack("<HHHH", 0x0500, kind, 0x0DBB, 1996))


def _gbk(text: str) -> bytes:
    return text.replace("\xa5", "￥").encode("gbk")


def record(kind: int, body: bytes) -> bytes:
    """A BIFF record."""
    return struct.pack("<HH", kind, len(body)) + body


def _biff5_sheet(sheet: Sheet, forms: list[str]) -> bytes:
    lines = [_start(0x0010)]
    width = max((len(row.cells) for row in sheet.rows), default=0)
    lines.append(record(0x0200, struct.pack("<HHHHH", 0, len(sheet.rows), 0, width, 0)))
    for r, c, cell in _filled(sheet):
        place = struct.pack("<HHH", r, c, _look(cell, forms))
        match cell.content:
            case bool(truth):
                lines.append(record(0x0205, place + struct.pack("<BB", truth, 0)))
            case str(text):
                lines.append(record(0x0204, place + struct.pack("<H", len(_gbk(text))) + _gbk(text)))
            case Fault(text):
                lines.append(record(0x0205, place + struct.pack("<BB", BIFF_ERRORS[text], 1)))
            case Formula(_, value) if value is not None:
                result = struct.pack("<dHIH", value, 0, 0, 9) + struct.pack("<Bd", 0x1F, value)  # whatever it was, here it is its number
                lines.append(record(0x0006, place + result))
            case content:
                lines.append(record(0x0203, place + struct.pack("<d", _number(content))))
    return b"".join([*lines, record(0x000A, b"")])


def container(stream: bytes) -> bytes:
    """The stream in a compound file. xlwt names it Workbook, as in BIFF8."""
    from xlwt.CompoundDoc import XlsDoc

    buffer = io.BytesIO()
    XlsDoc().save(buffer, stream)
    data = bytearray(buffer.getvalue())
    at = data.rindex("Workbook".encode("utf-16-le"))
    data[at : at + 64] = "Book".encode("utf-16-le").ljust(64, b"\0")
    struct.pack_into("<H", data, at + 64, 10)  # bytes of the name with its end
    return bytes(data)


# -- .xlsb -------------------------------------------------------------------------------------------------------

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def by_xlsb(book: Book) -> bytes:
    """.xlsb: the package of .xlsx with binary parts."""
    forms, buffer = _forms(book), io.BytesIO()
    numbers = range(1, len(book.sheets) + 1)
    shown = zip(numbers, book.sheets, strict=True)
    sheets = [part(156, struct.pack("<II", _VISIBILITY[s.visible], n) + _text(f"rId{n}") + _text(s.name)) for n, s in shown]
    targets = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.bin") for n in numbers] + [("rIdS", "styles", "styles.bin")]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        sort = "application/vnd.ms-excel.worksheet"
        overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.bin" ContentType="{sort}"/>' for n in numbers)
        main = '<Override PartName="/xl/workbook.bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
        default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        package.writestr("[Content_Types].xml", f'<Types xmlns="{_TYPES}">{default}{main}{overrides}</Types>')
        package.writestr("_rels/.rels", _relations([("rId1", "officeDocument", "xl/workbook.bin")]))
        package.writestr("xl/_rels/workbook.bin.rels", _relations(targets))
        package.writestr("xl/workbook.bin", b"".join([part(131), part(143), *sheets, part(144), part(132)]))
        package.writestr("xl/styles.bin", _styles(forms))
        for n, sheet in zip(numbers, book.sheets, strict=True):
            package.writestr(f"xl/worksheets/sheet{n}.bin", _xlsb_sheet(sheet, forms))
    return buffer.getvalue()


def _relations(targets: Iterable[tuple[str, str, str]]) -> str:
    lines = "".join(f'<Relationship Id="{n}" Type="{_OFFICE}/{kind}" Target={quoteattr(to)}/>' for n, kind, to in targets)
    return f'<Relationships xmlns="{_RELATIONS}">{lines}</Relationships>'


def part(kind: int, body: bytes = b"") -> bytes:
    """A record of .xlsb: kind and size in seven bits a byte."""
    head, size = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7]), len(body)
    while size >= 128:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + body


def _text(text: str) -> bytes:
    wide = text.encode("utf-16-le")
    return struct.pack("<I", len(wide) // 2) + wide


def _styles(forms: list[str]) -> bytes:
    formats = [part(44, struct.pack("<H", 164 + n) + _text(form)) for n, form in enumerate(forms)]
    looks = [part(47, struct.pack("<HH12x", 0, number)) for number in (0, *range(164, 164 + len(forms)))]
    fmts = [part(615, struct.pack("<I", len(formats))), *formats, part(616)]
    return b"".join([part(278), *fmts, part(617, struct.pack("<I", len(looks))), *looks, part(618), part(279)])


def _xlsb_sheet(sheet: Sheet, forms: list[str]) -> bytes:
    width = max((len(row.cells) for row in sheet.rows), default=1)
    lines, last = [part(129), part(148, struct.pack("<IIII", 0, len(sheet.rows) - 1, 0, width - 1)), part(145)], -1
    for r, c, cell in _filled(sheet):
        if r != last:
            lines.append(part(0, struct.pack("<IIHBBBI", r, 0, 300, 0, 0, 0, 0)))
            last = r
        place = struct.pack("<II", c, _look(cell, forms))
        match cell.content:
            case bool(truth):
                lines.append(part(4, place + bytes([truth])))
            case str(text):
                lines.append(part(6, place + _text(text)))
            case Fault(text):
                lines.append(part(3, place + bytes([BIFF_ERRORS[text]])))
            case Formula(_, value) if value is not None:
                lines.append(part(9, place + struct.pack("<dHI", value, 0, 9) + struct.pack("<Bd", 0x1F, value) + struct.pack("<I", 0)))
            case content:
                lines.append(part(5, place + struct.pack("<d", _number(content))))
    lines.append(part(146))
    if ranges := list(sheet.ranges()):
        merged = [part(176, struct.pack("<IIII", top, bottom, left, right)) for top, left, bottom, right in ranges]
        lines += [part(177, struct.pack("<I", len(ranges))), *merged, part(178)]
    return b"".join([*lines, part(130)])


# -- both --------------------------------------------------------------------------------------------------------


def _filled(sheet: Sheet) -> Iterable[tuple[int, int, Cell]]:
    for r, row in enumerate(sheet.rows):
        for c, cell in enumerate(row.cells):
            if cell.content != "":
                yield r, c, cell


def _form_of(cell: Cell) -> str:
    form = "" if cell.form in ("'", "rich") else cell.form
    return form or (_DATE if isinstance(cell.content, dt.date) else "")


def _forms(book: Book) -> list[str]:
    return sorted({form for sheet in book.sheets for _, _, cell in _filled(sheet) if (form := _form_of(cell))})


def _look(cell: Cell, forms: list[str]) -> int:
    return 1 + forms.index(form) if (form := _form_of(cell)) else 0


def _number(content: Any) -> float:
    return float((content - _DAY_ZERO).days) if isinstance(content, dt.date) else float(content)
