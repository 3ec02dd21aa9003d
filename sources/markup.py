"""Tables saved as web pages (.html, .mht and the many .xls files that are web pages), and Excel's XML of 2003 → sheets.

lxml reads them without network, without entities from outside and without its limits lifted. Imported only when such a file comes.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from typing import Any

from sources.faults import FileFault
from sources.separated import decode

Row = list[Any]
Merge = tuple[tuple[int, int], tuple[int, int]]
Table = tuple[str, list[Row], list[Merge]]
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_MOST_CELLS = 5_000_000
_MOST_SPAN = 16_384
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"}
_SPACE = re.compile(r"[ \t\r\n\f]+")


def read_html(data: bytes) -> list[Table]:
    """Every table of a page that is not inside another: ('', rows of text cells, merged ranges).

    Raises:
        FileFault: no table, or one with too many cells.
    """
    import lxml.html

    try:
        root = lxml.html.document_fromstring(page_text(data), parser=lxml.html.HTMLParser(huge_tree=False, no_network=True))
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        raise FileFault("damaged_file") from None
    tables = [_table(t) for t in root.iter("table") if not any(a.tag == "table" for a in t.iterancestors())]
    found = [(name, rows, merged) for name, rows, merged in tables if rows]
    if not found:
        raise FileFault("not_a_workbook")
    return found


def read_mhtml(data: bytes) -> list[Table]:
    """The tables of a web page saved as one file.

    Raises:
        FileFault: it holds no page with a table.
    """
    found: list[Table] = []
    for page in html_pages(data):
        try:
            found += read_html(page)
        except FileFault:
            continue  # a frame or a tab strip
    if not found:
        raise FileFault("not_a_workbook")
    return found


def html_pages(data: bytes) -> list[bytes]:
    """The pages of a web page saved as one file.

    Raises:
        FileFault: its parts cannot be told apart.
    """
    try:
        parts = [p for p in email.message_from_bytes(data, policy=email.policy.default).walk() if p.get_content_type() == "text/html"]
        return [bytes(p.get_payload(decode=True) or b"") for p in parts]
    except (ValueError, LookupError, KeyError, AttributeError, IndexError, TypeError):
        raise FileFault("damaged_file") from None


def read_spreadsheet_xml(data: bytes) -> list[tuple[str, list[Row], list[Merge], bool]]:
    """Sheets of an Excel 2003 XML workbook: name, rows, merged ranges, whether it is shown.

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
    return [_worksheet(sheet) for sheet in root.iter(f"{_SS}Worksheet")]


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


def _table(table: Any) -> Table:
    rows: list[Row] = []
    merged: list[Merge] = []
    taken: dict[tuple[int, int], bool] = {}
    lines = list(_own_rows(table))
    for r, line in enumerate(lines):
        row: Row = []
        column = 0
        for cell in line:
            if cell.tag not in ("td", "th"):
                continue
            while taken.pop((r, column), False):
                row.append("")
                column += 1
            high, wide = min(_span(cell, "rowspan"), len(lines) - r), _span(cell, "colspan")  # no cell reaches below its table
            if len(taken) + high * wide > _MOST_CELLS:
                raise FileFault("file_too_large", what=f"> {_MOST_CELLS}")
            row += [_cell_text(cell), *[""] * (wide - 1)]
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
    return "", [row + [""] * (width - len(row)) for row in rows] if width else [], merged


def _own_rows(table: Any) -> Iterator[Any]:
    for part in table:
        if part.tag == "tr":
            yield part
        elif part.tag in ("thead", "tbody", "tfoot"):
            yield from (line for line in part if line.tag == "tr")


def _span(cell: Any, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return min(max(int(text), 1), _MOST_SPAN) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _cell_text(cell: Any) -> str:
    """The text of a cell as a browser shows it; Excel says in x:num what a number is before it is formatted."""
    for name in ("x:num", "{urn:schemas-microsoft-com:office:excel}num"):
        if cell.get(name):
            return str(cell.get(name)).strip()
    text = "".join(_texts(cell)).translate(_CONTROLS)
    return "\n".join(_SPACE.sub(" ", part).replace("\xa0", " ").strip() for part in text.split("\n")).strip()


def _texts(element: Any) -> Iterator[str]:
    """The pieces of an element's text; the tree is not written to, because a page may say &#1; and lxml takes that only from a page."""
    yield element.text or ""
    for part in element:
        if part.tag == "br":
            yield "\n"
        elif isinstance(part.tag, str):  # no comment
            yield from _texts(part)
        yield part.tail or ""


# -- Excel's XML of 2003 ---------------------------------------------------------------------------------------


def _worksheet(sheet: Any) -> tuple[str, list[Row], list[Merge], bool]:
    rows: list[Row] = []
    merged: list[Merge] = []
    total = 0
    for line in sheet.iter(f"{_SS}Row"):
        at = _index(line)
        r = at - 1 if at else len(rows)
        total += max(0, r - len(rows))
        if r < len(rows) or total > _MOST_CELLS:
            raise FileFault("damaged_file" if r < len(rows) else "file_too_large", what=f"{r}")
        rows += [[] for _ in range(r - len(rows))]
        row: Row = []
        for cell in line.iter(f"{_SS}Cell"):
            at = _index(cell)
            c = at - 1 if at else len(row)
            if c > _MOST_SPAN:
                raise FileFault("file_too_large", what=f"{c}")
            row += [""] * (c - len(row))
            row.append(_data(cell))
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
    return str(sheet.get(f"{_SS}Name") or ""), [row + [""] * (width - len(row)) for row in rows], merged, shown is None


def _index(element: Any) -> int:
    return _number(element.get(f"{_SS}Index"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0


def _data(cell: Any) -> Any:
    made = cell.find(f"{_SS}Data")
    if made is None:
        return ""
    text = "".join(made.itertext())
    if made.get(f"{_SS}Type") == "Number":
        try:
            return float(text)
        except ValueError:
            return text
    return text
