"""Tables saved as web pages (.html, .mht and the many .xls files that are web pages), and Excel's XML of 2003 → sheets.

lxml reads them without network, without entities from outside and without its limits lifted. Imported only when such a file comes.
"""

from __future__ import annotations

import email
import email.errors
import email.policy
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from sources.conditional import rules_spreadsheet_xml, struck_by
from sources.doubts import Doubt, Doubts, Place, Remark, Run, cut_short, doubt_of, struck_whole
from sources.faults import FileFault
from sources.formulas import CellAt, from_r1c1, result_of
from sources.numberforms import NAMED, doubt_of_form
from sources.separated import decode
from sources.text import address
from sources.twice import written_twice
from sources.uncalculated import Reckoned
from sources.webcells import PageLooks, cell_of

Row = list[Any]
Merge = tuple[tuple[int, int], tuple[int, int]]


class Table(NamedTuple):
    """A table: rows of cells, merged ranges; figures that are not to be taken as they stand, formulas, whether it is shown.

    `told`: what its sender is told in any case. `end`: where the last cell of its last row begins. `notes`: texts of notes.
    """

    name: str
    rows: list[Row]
    merged: list[Merge]
    marks: Doubts
    formulas: Mapping[Place, Reckoned]
    is_visible: bool = True
    told: tuple[Remark, ...] = ()
    end: Place = (0, 0)
    notes: Mapping[Place, str] = {}


_NO_MARKUP = re.compile(r"<!--.*?(?:-->|\Z)|<(style|script)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
_TABLE_TAG = re.compile(r"<(/?)table\b(?![^<>]*/>)", re.IGNORECASE)
_PAGE_END = re.compile(r"</(?:body|html)\b", re.IGNORECASE)
_ROW_TAG = re.compile(r"</?(?:tr|td|th)(?![\w:-])", re.IGNORECASE)
_FORMULAS = ("x:fmla", "{urn:schemas-microsoft-com:office:excel}fmla")
"""Where Excel of 2000 to 2003 keeps a cell's formula in a page."""
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_MOST_CELLS = 5_000_000
_MOST_SPAN = 16_384
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_html(data: bytes, styles: str = "") -> list[Table]:
    """Every table of a page that is not inside another, its cells as texts. `styles`: style sheets that came with it.

    Raises:
        FileFault: no table, or one with too many cells.
    """
    import lxml.html

    text = page_text(data)
    try:
        root = lxml.html.document_fromstring(text, parser=lxml.html.HTMLParser(huge_tree=False, no_network=True))
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        raise FileFault("damaged_file") from None
    looks = PageLooks(root, styles)
    tables = [_table(t, looks) for t in root.iter("table") if not any(a.tag == "table" for a in t.iterancestors())]
    found = [table for table in tables if table.rows]
    if not found:
        raise FileFault("not_a_workbook")
    if (is_in_row := _broken_off(text)) is not None:
        found[-1] = _cut(found[-1], is_in_row=is_in_row)
    return found


def _broken_off(text: str) -> bool | None:
    """Whether a page ends in the middle of a row; None where it ends otherwise than inside of a table.

    Some programs write no end of the page, some no end of a table in the middle of one: only a table that the page ends in is cut off.
    """
    bare = _NO_MARKUP.sub("", text)
    ends = [found[1] == "/" for found in _TABLE_TAG.finditer(bare)]
    if 2 * sum(ends) >= len(ends) or _PAGE_END.search(bare) is not None:
        return None
    tags = [found[0].lower() for found in _ROW_TAG.finditer(bare)]
    return bool(tags) and tags[-1] != "</tr"


def _cut(table: Table, *, is_in_row: bool) -> Table:
    """A table whose end the file does not have: rows may be lacking, and half of the last row's last cell."""
    if not is_in_row:
        last = len(table.rows)
        return table._replace(told=(Remark("table_without_end", address(last - 1, 0), {"row": str(last)}),))
    row, begin = table.end
    told = cut_short(row, begin)
    asked = dict.fromkeys(((row, column) for column in range(begin, max(begin + 1, len(table.rows[row])))), told.asked())
    return table._replace(marks={**table.marks, **asked}, told=(told,))


def read_mhtml(data: bytes) -> list[Table]:
    """The tables of a web page saved as one file.

    Raises:
        FileFault: it holds no page with a table.
    """
    found: list[Table] = []
    parts, is_whole = _parts(data)
    styles = "\n".join(content.decode("utf-8", "replace") for kind, content in parts if kind == "text/css")
    for page in [content for kind, content in parts if kind == "text/html"]:
        try:
            found += read_html(page, styles)
        except FileFault:
            continue  # a frame or a tab strip
    if not found:
        raise FileFault("not_a_workbook")
    if not is_whole and not found[-1].told:
        found[-1] = _cut(found[-1], is_in_row=False)
    return found


def html_pages(data: bytes) -> list[bytes]:
    """The pages of a web page saved as one file.

    Raises:
        FileFault: its parts cannot be told apart.
    """
    return [content for kind, content in _parts(data)[0] if kind == "text/html"]


def _parts(data: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    """The pages and style sheets of a web page saved as one file, each with its type; whether the last part has its end."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        parts = list(message.walk())
        found = [
            (p.get_content_type(), bytes(p.get_payload(decode=True) or b""))
            for p in parts
            if p.get_content_type() in ("text/html", "text/css")
        ]
        return found, not any(isinstance(d, email.errors.CloseBoundaryNotFoundDefect) for p in parts for d in p.defects)
    except (ValueError, LookupError, KeyError, AttributeError, IndexError, TypeError):
        raise FileFault("damaged_file") from None


def read_spreadsheet_xml(data: bytes) -> list[Table]:
    """Sheets of an Excel 2003 XML workbook.

    Raises:
        FileFault: no well-formed XML, entities of its own, or too many cells.
    """
    import lxml.etree

    if b"<!ENTITY" in data or b"<!DOCTYPE" in data:
        raise FileFault("damaged_file")
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = lxml.etree.fromstring(data, parser)
    except (lxml.etree.LxmlError, ValueError):
        raise FileFault("damaged_file") from None
    looks = _looks(root)
    return [_worksheet(sheet, looks, number) for number, sheet in enumerate(root.iter(f"{_SS}Worksheet"), start=1)]


# -- web pages -------------------------------------------------------------------------------------------------


def page_text(data: bytes) -> str:
    """The page's text: by its mark, by what it says of itself, or by trying."""
    if not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) and (said := _CHARSET.search(data[:4096])) is not None:
        name = said[1].decode("ascii").lower()
        try:
            return data.decode("gb18030" if name.startswith("gb") else name).replace("\x00", "")
        except (UnicodeDecodeError, LookupError):
            pass
    text = decode(data).replace("\x00", "")
    return re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)  # lxml takes no declaration in text


def _table(table: Any, looks: PageLooks) -> Table:
    rows: list[Row] = []
    marks: dict[Place, Doubt] = {}
    merged: list[Merge] = []
    taken: dict[tuple[int, int], bool] = {}
    formulas: dict[Place, Reckoned] = {}
    lines = list(_own_rows(table))
    end = (0, 0)
    for r, line in enumerate(lines):
        row: Row = []
        column = 0
        end = r, 0
        for cell in line:
            if cell.tag not in ("td", "th"):
                continue
            while taken.pop((r, column), False):
                row.append("")
                column += 1
            end = r, column
            high, wide = min(_span(cell, "rowspan"), len(lines) - r), _span(cell, "colspan")  # no cell reaches below its table
            if len(taken) + high * wide > _MOST_CELLS:
                raise FileFault("file_too_large", what=f"> {_MOST_CELLS}")
            text, doubt = cell_of(cell, looks)
            if formula := next((f for name in _FORMULAS if (f := cell.get(name))), ""):
                formulas[r, column] = Reckoned(formula, text != "", partial(_work_out, formula))
            if doubt is not None:
                marks[r, column] = doubt
            row += [text, *[""] * (wide - 1)]
            if high > 1 or wide > 1:
                merged.append(((r, column), (r + high - 1, column + wide - 1)))
                taken |= {(down, right): True for down in range(r + 1, r + high) for right in range(column, column + wide)}
            column += wide
            if len(rows) * max(column, 1) > _MOST_CELLS:
                raise FileFault("file_too_large", what=f"> {_MOST_CELLS}")
        while taken.pop((r, column), False):
            row.append("")
            column += 1
        rows.append(row)
    width = max(map(len, rows), default=0)
    if len(rows) * width > _MOST_CELLS:
        raise FileFault("file_too_large", what=f"{len(rows)} × {width}")
    return Table("", [row + [""] * (width - len(row)) for row in rows] if width else [], merged, marks, formulas, end=end)


def _own_rows(table: Any) -> Iterator[Any]:
    for part in table:
        if part.tag == "tr":
            yield part
        elif part.tag in ("thead", "tbody", "tfoot"):
            yield from (line for line in part if line.tag == "tr")


def _span(cell: Any, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return min(max(int(text), 1), _MOST_SPAN) if text.isascii() and text.isdigit() and len(text) < 7 else 1


# -- Excel's XML of 2003 ---------------------------------------------------------------------------------------


class _Style(NamedTuple):
    """What a style says; None: nothing, so that its parent's holds."""

    is_struck: bool | None
    form: str | None
    parent: str


def _looks(root: Any) -> dict[str, _Style]:
    found: dict[str, _Style] = {}
    for style in root.iter(f"{_SS}Style"):
        font, form = style.find(f"{_SS}Font"), style.find(f"{_SS}NumberFormat")
        text = form.get(f"{_SS}Format") if form is not None else None
        struck = font.get(f"{_SS}StrikeThrough") == "1" if font is not None else None
        code = None if text is None else NAMED.get(text.lower(), text)
        found[style.get(f"{_SS}ID") or ""] = _Style(struck, code, style.get(f"{_SS}Parent") or "")
    return found


def _look(looks: Mapping[str, _Style], name: str) -> tuple[bool, str]:
    """Whether a style strikes out, and the code of its number format."""
    struck: bool | None = None
    form: str | None = None
    for _ in range(20):
        style = looks.get(name)
        if style is None:
            break
        struck, form, name = (style.is_struck if struck is None else struck), (style.form if form is None else form), style.parent
    return bool(struck), form or "General"


def _worksheet(sheet: Any, looks: Mapping[str, _Style], number: int) -> Table:
    rows: list[Row] = []
    merged: list[Merge] = []
    marks: dict[Place, Doubt] = {}
    formulas: dict[Place, Reckoned] = {}
    notes: dict[Place, str] = {}
    columns = _column_styles(sheet)
    total = 0
    for line in sheet.iter(f"{_SS}Row"):
        at = _index(line)
        r = at - 1 if at else len(rows)
        total += max(0, r - len(rows))
        if r < len(rows):
            raise written_twice(number, r, 0)
        if total > _MOST_CELLS:
            raise FileFault("file_too_large", what=f"{r}")
        rows += [[] for _ in range(r - len(rows))]
        row: Row = []
        for cell in line.iter(f"{_SS}Cell"):
            at = _index(cell)
            c = at - 1 if at else len(row)
            if c > _MOST_SPAN:
                raise FileFault("file_too_large", what=f"{c}")
            if c < len(row):  # the cell was there before, or lies under a merged one
                said = _data(cell)
                if said != "" and row[c] not in ("", said):
                    raise written_twice(number, r, c)
                row[c] = said if said != "" else row[c]
                continue
            row += [""] * (c - len(row))
            row.append(_data(cell))
            style = cell.get(f"{_SS}StyleID") or line.get(f"{_SS}StyleID") or columns.get(c, "")
            if row[c] != "" and (doubt := _doubt(cell, row[c], _look(looks, style))) is not None:
                marks[r, c] = doubt
            if formula := cell.get(f"{_SS}Formula"):
                formulas[r, c] = _reckoned(formula, r, c, is_stored=cell.find(f"{_SS}Data") is not None)
            if (comment := cell.find(f"{_SS}Comment")) is not None:
                notes[r, c] = "".join(comment.itertext())
            down, across = (_number(cell.get(f"{_SS}{name}")) for name in ("MergeDown", "MergeAcross"))
            if down or across:
                merged.append(((r, c), (r + down, c + across)))
                row += [""] * min(across, _MOST_SPAN)
        total += len(row)
        rows.append(row)
    width = max(map(len, rows), default=0)
    if len(rows) * width > _MOST_CELLS:
        raise FileFault("file_too_large", what=f"{len(rows)} × {width}")
    shown = next((v.text for v in sheet.iter("{urn:schemas-microsoft-com:office:excel}Visible")), None)
    whole = [row + [""] * (width - len(row)) for row in rows]
    by_condition = struck_by(rules_spreadsheet_xml(sheet), whole)
    return Table(str(sheet.get(f"{_SS}Name") or ""), whole, merged, {**by_condition, **marks}, formulas, shown is None, notes=notes)


def _column_styles(sheet: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    at = 0
    for column in sheet.iter(f"{_SS}Column"):
        at = _index(column) - 1 if _index(column) else at
        wide = 1 + min(_number(column.get(f"{_SS}Span")), _MOST_SPAN)
        if style := column.get(f"{_SS}StyleID"):
            found |= dict.fromkeys(range(at, at + wide), style)
        at += wide
    return found


def _doubt(cell: Any, value: Any, look: tuple[bool, str]) -> Doubt | None:
    data = cell.find(f"{_SS}Data")
    if len(data) and (doubt := doubt_of(_runs(data, (look[0], False)))) is not None:
        return doubt
    if look[0]:
        return struck_whole(value)
    return doubt_of_form(look[1], value) if type(value) is float else None


def _runs(element: Any, look: tuple[bool, bool]) -> Iterator[Run]:
    """The pieces of a text with the tags of web pages in it."""
    yield element.text or "", *look
    for part in element:
        tag = str(part.tag).rpartition("}")[2].lower()
        yield from _runs(part, (look[0] or tag in ("s", "strike", "del"), look[1] or tag in ("sup", "sub")))
        yield part.tail or "", *look


def _reckoned(formula: str, row: int, column: int, *, is_stored: bool) -> Reckoned:
    return Reckoned(formula, is_stored, partial(_work_out, from_r1c1(formula, row, column)))


def _work_out(formula: str, cell_at: CellAt) -> float | str | None:
    return result_of(formula, cell_at)


def _index(element: Any) -> int:
    return _number(element.get(f"{_SS}Index"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0


def _data(cell: Any) -> Any:
    made = cell.find(f"{_SS}Data")
    if made is None:
        return ""
    text = "".join(made.itertext())
    if made.get(f"{_SS}Type") == "Boolean":
        return text.strip().lower() not in ("0", "false", "")
    if made.get(f"{_SS}Type") == "Number":
        try:
            return float(text.replace("_", " ")) if "," not in text else text
        except ValueError:
            return text
    return text
