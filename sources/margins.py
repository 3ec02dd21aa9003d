"""Texts of a file outside its cells: comments, properties, headers and footers, defined names, input lists, text boxes, charts,
caches of pivot tables and of linked workbooks, embedded files. A table of persons may live on in them when its sheet is gone.

Runs in reading workers, on every file: what every workbook has is inflated and searched once for digits and words (some 50 µs);
only what is suspicious is taken apart. Nothing of it is kept or quoted: the answer is the kind of place.
"""

from __future__ import annotations

import html
import io
import re
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sources.faults import FileFault
from sources.identity import RUN, is_rounded_identity, may_hold_numbers
from sources.kinds import inflated, zip_members
from sources.rosters import has_persons, is_suspicious, texts_have_persons

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_MOST_ENTRIES = 5000
_PART_CAP, _FILE_CAP = 32 * 2**20, 128 * 2**20
"""What is inflated of a part and of a file, so that a bomb costs little."""

_CELLS_ONLY = frozenset(
    ("[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml", "xl/theme/theme1.xml")
)
_PLAIN = re.compile(
    r"xl/(?:sharedStrings|styles)\.bin|xl/(?:calcChain|metadata)\.(?:xml|bin)|(?:xl/(?:theme|media|printerSettings|fonts)|Pictures|Thumbnails)/.*"
    r"|Configurations2/.*|mimetype|META-INF/manifest\.xml|settings\.xml|manifest\.rdf|.*\.(?:png|jpe?g|gif|emf|wmf|bmp|tiff?)",
    re.IGNORECASE,
)
"""Parts without text of anybody's, and the cells' own texts. Links of sheets are looked at: they may be telephone numbers."""
_EVERYWHERE = frozenset(("xl/workbook.xml", "docProps/core.xml", "docProps/app.xml"))
_harmless: set[tuple[int, int]] = set()
"""CRC-32 and size of parts of `_EVERYWHERE` that were looked at: villages fill the same form, so most have the same."""
_harmless_ends: set[bytes] = set()
"""What follows the cells of a sheet, likewise."""
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 4096, 16_384
_PLACES = (
    ("threadedcomment", "批注 comments"),
    ("comment", "批注 comments"),
    ("vmldrawing", "批注 comments"),
    ("xl/persons", "批注 comments"),
    ("docprops/", "文档属性 properties"),
    ("meta.xml", "文档属性 properties"),
    ("pivotcache", "数据透视表缓存 pivot table cache"),
    ("externallink", "外部链接缓存 cache of a linked workbook"),
    ("embeddings/", "嵌入的文件 embedded file"),
    ("customxml/", "自定义数据 custom data"),
    ("drawings/", "文本框或图形 text box or drawing"),
    ("charts/", "图表 chart"),
    ("diagrams/", "图形 diagram"),
    ("xl/workbook.", "定义的名称 defined names"),
    ("worksheets/_rels", "超链接 links"),
    ("sheets/", "页眉页脚、输入列表或链接 header, footer, input list or link"),
    ("styles.xml", "页眉页脚 header or footer"),
    ("content.xml", "批注、名称或图形 comment, name or drawing"),
)
_ELSEWHERE = "文件的其他部分 another part of the file"

_SPLIT_RUN = re.compile(
    r"</((?:\w+:)?t)>(?:<(?!/?(?:\w+:)?(?:p|si|text|comment|is|tc|tr)[ />])[^<>]*>){0,40}<\1(?: [^<>]*)?>"
)  # one text in several formats
_TEXT = re.compile(r">([^<>]+)<|=\"([^\"]*)\"")
_FIELD = re.compile(r"<cacheField [^>]*?name=\"([^\"]*)\".*?(?:</cacheField>|/>)", re.DOTALL)
_ITEM = re.compile(r"<[snd] v=\"([^\"]*)\"")
_RECORD = re.compile(r"<([xsndbme])(?: v=\"([^\"]*)\")?[^>]*>")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[Ee]\+?\d+)?")
_CACHED = re.compile(r"<v>([^<]*)</v>")
_ODS_MARGINS = re.compile(
    r"<office:annotation[ >].*?</office:annotation>|<table:content-validation[ >].*?>|<table:named-[^>]*>"
    r"|<draw:(?:text-box|custom-shape)[ >].*?</draw:(?:text-box|custom-shape)>"
    r"|<table:tracked-changes[ >].*?</table:tracked-changes>|xlink:(?:href|title)=\"[^\"]*\"",
    re.DOTALL,
)
_PRINTABLE = re.compile("[\x20-\x7e\xa0\u00b7\u2000-\u206f\u3000-\u303f\u3400-\u9fff\uff00-\uffef]{2,}")
_BYTES = re.compile(rb"(?:[0-9]\x00?[ \-]?\x00?){11}|\xd3\x59\x0d\x54|\xab\x8e\xfd\x4e|\xd0\xd5\xc3\xfb|\xc9\xed\xb7\xdd")
"""Long numbers, or 姓名 or 身份 in UTF-16 or GB18030."""


def where_in_margins(kind: str, data: bytes) -> str | None:
    """What else than cells holds rows about persons, in Chinese and English; None when nothing does.

    Args:
        kind: the file's kind, as `sources.workbook.read_sheets` gives it.
        data: the file's bytes.
    """
    if data.startswith(_ZIP):
        return _in_zip(data)
    if data.startswith(_OLE):
        return _in_ole(data)
    if kind not in ("text", "csv"):  # pages of HTML and XML; of text all is cells
        return _ELSEWHERE if _has_persons(_decoded(data[:_PART_CAP])) else None
    return None


# -- zip: .xlsx, .xlsm, .xlsb, .ods ----------------------------------------------------------------------------


def _in_zip(data: bytes, *, is_inner: bool = False) -> str | None:
    left = _FILE_CAP
    pivots: dict[str, dict[str, str]] = {}
    try:
        members = zip_members(data)[:_MOST_ENTRIES]
    except FileFault:  # not whole: the reader refuses such a file
        return None
    for part in members:
        name, is_plain, is_sheet, is_usual = _sort_of(part.name)
        if is_plain or (is_usual and (part.crc, part.size) in _harmless):
            continue
        content = inflated(data, part, min(left, _PART_CAP))
        left -= len(content)
        if is_sheet:
            content = content[content.rfind(b"</sheetData>") + 1 :]  # a sheet's cells were looked at; what follows them was not
            if content in _harmless_ends:
                continue
        if is_usual and not _may_be_of_persons(_decoded(content)):
            if not is_sheet and len(_harmless) < _MOST_REMEMBERED:
                _harmless.add((part.crc, part.size))
            if is_sheet and len(content) < _LONGEST_REMEMBERED and len(_harmless_ends) < _MOST_REMEMBERED:
                _harmless_ends.add(content)
            continue
        lower = name.lower()
        if "/embeddings/" in lower or content.startswith((_ZIP, _OLE)):
            found = not is_inner and _embedded_has_persons(content)
        elif lower.endswith(".bin"):
            found = _bytes_have_persons(content)
        else:
            text = _decoded(content)
            if lower.startswith("xl/pivotcache/") and lower.endswith(".xml"):
                number = re.sub(r"\D", "", name)
                pivots.setdefault(number, {})["records" if "records" in lower else "definition"] = text
            found = _part_has_persons(lower, text)
        if found:
            return _place(lower)
        if left <= 0:
            break
    return _place("xl/pivotcache") if any(has_persons(_pivot_rows(**parts)) for parts in pivots.values()) else None


@lru_cache(_MOST_REMEMBERED)
def _sort_of(written: bytes) -> tuple[str, bool, bool, bool]:
    """A part's name; whether it needs no look (plain), is a sheet, is what every workbook has (sheets too)."""
    name = written.decode("utf-8", "replace")
    is_sheet = name.startswith("xl/worksheets/sheet") and name.endswith(".xml")
    is_usual = is_sheet or name in _EVERYWHERE
    return name, name in _CELLS_ONLY or (not is_usual and _PLAIN.fullmatch(name) is not None), is_sheet, is_usual


def _may_be_of_persons(text: str) -> bool:
    return may_hold_numbers(text) or is_suspicious(text) or "&#" in text or "\0" in text or "</t>" in text


def _part_has_persons(name: str, text: str) -> bool:
    if name.endswith("content.xml") and "office:spreadsheet" in text:  # the cells were looked at
        text = "\n".join(_ODS_MARGINS.findall(text))
    if "externallink" in name and "<row" in text:
        return has_persons([[_value(v) for v in _CACHED.findall(row)] for row in text.split("<row")[1:]])
    return _has_persons(text)


def _has_persons(text: str) -> bool:
    """Whether the texts of some XML or HTML are about persons; a part without long numbers and suspicious words is done at once."""
    if "<w:tr" in text and has_persons(_table_rows(text)):
        return True
    text = _SPLIT_RUN.sub("", text) if "t>" in text else text
    text = html.unescape(text) if "&#" in text else text
    if RUN.search(text) is None and not is_suspicious(text):
        return False
    return texts_have_persons(html.unescape(a or b) for a, b in _TEXT.findall(text))


def _table_rows(text: str) -> list[list[str]]:
    """Tables of an embedded text document: rows of cell texts."""
    rows = (row.split("</w:tc>") for row in text.split("</w:tr>"))
    return [[html.unescape("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", cell))) for cell in row] for row in rows]


def _pivot_rows(definition: str = "", records: str = "") -> list[list[str | float]]:
    """The table that a pivot cache is a copy of: headings, the distinct values of each field, and the records' own values."""
    fields = [(html.unescape(found[1]), [_value(v) for v in _ITEM.findall(found[0])]) for found in _FIELD.finditer(definition)]
    if not fields:
        return []
    longest = max(len(items) for _, items in fields)
    rows: list[list[str | float]] = [[name for name, _ in fields]]
    rows += [[items[n] if n < len(items) else "" for _, items in fields] for n in range(longest)]
    for record in records.split("<r>")[1:]:
        rows.append([_value(v) if kind in "snd" else "" for kind, v in _RECORD.findall(record.partition("</r>")[0])])
    return rows


def _value(text: str) -> str | float:
    text = html.unescape(text)
    return float(text) if len(text) >= 6 and _NUMBER.fullmatch(text) and (len(text) <= 15 or is_rounded_identity(float(text))) else text


def _embedded_has_persons(content: bytes) -> bool:
    """A file within the file: a workbook's sheets, a text document's tables, or any bytes. Looked into once, not deeper."""
    start = content.find(_ZIP)
    if start >= 0 and not content.startswith(_OLE):
        inner = content[start:]
    elif start > 0 and (stream := _ole_streams(content).get("Package")):
        inner = stream
    else:
        inner = content
    if inner.startswith((_ZIP, _OLE)):
        from sources.workbook import read_sheets

        try:
            if any(has_persons(sheet.rows) for sheet in read_sheets(inner)[1]):
                return True
        except FileFault:
            pass
    if inner.startswith(_ZIP):
        try:
            return _in_zip(inner, is_inner=True) is not None
        except FileFault:  # damaged inside: whatever is in it
            return _bytes_have_persons(inner)
    return _in_ole(inner) is not None if inner.startswith(_OLE) else _bytes_have_persons(inner)


def _place(name: str) -> str:
    return next((told for word, told in _PLACES if word in name), _ELSEWHERE)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


# -- OLE: .xls, .et --------------------------------------------------------------------------------------------

_CELL_RECORDS = frozenset(
    (0x00FC, 0x00FD, 0x0204, 0x00D6, 0x0207, 0x0006, 0x0203, 0x027E, 0x00BD, 0x00BE, 0x0201, 0x0205, 0x0208, 0x00E0, 0x0004)
)
_CONTINUE = 0x003C
_RECORD_PLACES = {
    0x001C: "批注 comments",
    0x01B6: "批注或文本框 comments or text boxes",
    0x0014: "页眉页脚 header or footer",
    0x0015: "页眉页脚 header or footer",
    0x0018: "定义的名称 defined names",
    0x01BE: "输入列表 input list",
    0x005A: "外部链接缓存 cache of a linked workbook",
}


def _in_ole(data: bytes) -> str | None:
    if _BYTES.search(data) is None:
        return None
    for name, content in _ole_streams(data).items():
        last = name.rpartition("/")[2]
        if name in ("Workbook", "Book"):
            by_place: dict[str, list[str]] = {}
            for kind, payload in _records(content):
                by_place.setdefault(_RECORD_PLACES.get(kind, _ELSEWHERE), []).extend(_strings(payload))
            for place, texts in by_place.items():
                if texts_have_persons(texts):
                    return place
        elif content.startswith(_ZIP) or name.startswith("MBD"):
            found = _embedded_has_persons(content) if content.startswith(_ZIP) else _bytes_have_persons(content)
            if found:
                return _place("embeddings/")
        elif _bytes_have_persons(content):
            if "SummaryInformation" in last:
                return _place("docprops/")
            return _place("pivotcache") if name.startswith("_SX_DB") else _ELSEWHERE
    return None


def _ole_streams(data: bytes) -> dict[str, bytes]:
    """Streams of a compound file by their path; those that are damaged are left out."""
    import olefile  # type: ignore[import-untyped]

    found: dict[str, bytes] = {}
    left = _FILE_CAP
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            for path in ole.listdir(streams=True, storages=False)[:_MOST_ENTRIES]:
                size = ole.get_size(path)
                if size <= left:
                    found["/".join(path)] = ole.openstream(path).read()
                    left -= size
    except Exception:  # whatever a damaged container makes the library raise
        return found
    return found


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """BIFF records that are not cells, continued ones whole (of a text with its format runs, the text)."""
    at, kind, pieces = 0, 0, []
    while at + 4 <= len(stream):
        following, size = struct.unpack_from("<HH", stream, at)
        payload = stream[at + 4 : at + 4 + size]
        at += 4 + size
        if following == _CONTINUE:
            pieces.append(payload)
            continue
        if pieces and kind not in _CELL_RECORDS:
            yield kind, b"\x00\x00".join(pieces)
        kind, pieces = following, [payload]
    if pieces and kind not in _CELL_RECORDS:
        yield kind, b"\x00\x00".join(pieces)


def _bytes_have_persons(content: bytes) -> bool:
    return _BYTES.search(content) is not None and texts_have_persons(_strings(content))


def _strings(content: bytes) -> list[str]:
    """Whatever may be text in bytes: as UTF-16 from an even and an odd byte on, and as GB18030."""
    views: Sequence[str] = (
        content.decode("utf-16-le", "replace"),
        content[1:].decode("utf-16-le", "replace"),
        content.decode("gb18030", "replace"),
    )
    return [text for view in views for text in _PRINTABLE.findall(view)]
