"""Texts of a file outside its cells: comments, properties, headers and footers, defined names, input lists, text boxes, charts,
caches of pivot tables and of linked workbooks, embedded files, shared texts that no cell uses, formulas, formats of numbers. A table of
persons may live on in them when its sheet is gone.

Runs in reading workers, on every file: what every workbook has is inflated and searched once for digits and words (some 50 µs);
only what is suspicious is taken apart. Nothing of it is kept or quoted: the answer is the kind of place.
"""

from __future__ import annotations

import html
import io
import re
import struct
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from sources.faults import FileFault
from sources.identity import is_identity_number, is_rounded_identity, may_hold_numbers, numbers_in
from sources.kinds import inflated, zip_members
from sources.namedrows import Verdict
from sources.personwords import PersonWords, shipped_words
from sources.rosters import persons_in, persons_in_texts
from sources.scattered import scattered_in
from sources.textdocuments import is_text_document, judged_document

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_MOST_ENTRIES = 5000
_PART_CAP, _FILE_CAP = 32 * 2**20, 128 * 2**20
"""What is inflated of a part and of a file, so that a bomb costs little."""

_CELLS_ONLY = frozenset(("[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/theme/theme1.xml"))
_SHARED, _SHARED_BINARY = "xl/sharedStrings.xml", "xl/sharedStrings.bin"
_PLAIN = re.compile(
    r"xl/(?:calcChain|metadata)\.(?:xml|bin)|(?:xl/(?:theme|media|printerSettings|fonts)|Pictures|Thumbnails)/.*"
    r"|Configurations2/.*|mimetype|META-INF/manifest\.xml|settings\.xml|manifest\.rdf|.*\.(?:png|jpe?g|gif|emf|wmf|bmp|tiff?)",
    re.IGNORECASE,
)
"""Parts without text of anybody's, and the cells' own texts. Links of sheets are looked at: they may be telephone numbers."""
_EVERYWHERE = frozenset(("xl/workbook.xml", "docProps/core.xml", "docProps/app.xml", "xl/styles.xml"))
_harmless: set[tuple[int, int]] = set()
"""CRC-32 and size of parts of `_EVERYWHERE` that were looked at: villages fill the same form, so most have the same."""
_harmless_ends: set[bytes] = set()
_harmless_formulas: set[bytes] = set()
_harmless_frames: dict[int, object] = {}
"""Kept with the frame, so that no other gets its identity."""
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
    ("sharedstrings", "没有单元格使用的文字或注音 texts that no cell uses, or phonetic text"),
    ("xl/styles", "数字格式 formats of numbers"),
    ("sheets/", "页眉页脚、输入列表、链接或公式 header, footer, input list, link or formula"),
    ("styles.xml", "页眉页脚 header or footer"),
    ("content.xml", "批注、名称或图形 comment, name or drawing"),
)
_ELSEWHERE = "文件的其他部分 another part of the file"

_SPLIT_RUN = re.compile(
    r"</((?:\w+:)?t)>(?:<(?!/?(?:\w+:)?(?:p|si|text|comment|is|tc|tr)[ />])[^<>]*>){0,40}<\1(?: [^<>]*)?>"
)  # one text in several formats
_TEXT = re.compile(r">([^<>]+)<|(?<![\w-])([\w:-]+)=\"([^\"]*)\"")
_NO_TEXT = re.compile(
    r"font|typeface|(?:^|:)face$|xmlns|style-name|panose|uid$|rsid|guid|^(?:r|s|ref|sqref|spans|id|t|class)$", re.IGNORECASE
)
"""Attributes that say nothing of anybody: names of fonts look like names of persons."""
_NOTE = re.compile(r"<(office:annotation|(?:\w+:)?txBody|comment|threadedComment|(?:ss:)?Comment|w:txbxContent)[ >].*?</\1>", re.DOTALL)
_PARAGRAPH = re.compile(r">([^<>]*[^<>\s][^<>]*)<")
"""A comment or a text box, whose paragraphs belong together, and the texts in it."""
_FORMULA = re.compile(rb"<f(?: [^<>]*)?>([^<]{4,})</f>")
_LITERAL = re.compile(r"\"((?:[^\"]|\"\")*)\"|(\d{11,})")
_FORMAT_CODE = re.compile(r"formatCode=\"([^\"]*)\"")
_SHARED_ITEM = re.compile(r"<si[ >](.*?)</si>", re.DOTALL)
_SHARED_TEXT = re.compile(r"<t(?: [^<>]*)?>([^<]*)</t>")
_PHONETIC = re.compile(r"<rPh[ >].*?</rPh>", re.DOTALL)
_WORDS = re.compile(
    "姓\\s*名|氏\\s*名|[户戶]\\s*主|身\\s*[份分]|[证證証]\\s*件?\\s*[号號]|[*＊●•○◯]{3}|(?:[\u3400-\u9fff·]{2,5}[、,，;；\\s]+){3}"
    "|(?:19|20)\\d\\d年?.{0,6}(?:出生|生[，,;；])|\\d{6}[^\\d<>]{1,3}(?:19|20)\\d\\d",
    re.IGNORECASE,
)
"""What a part that every workbook has says where it may be about persons."""
_FIELD = re.compile(r"<cacheField [^>]*?name=\"([^\"]*)\".*?(?:</cacheField>|/>)", re.DOTALL)
_ITEM = re.compile(r"<[snd](?: [^<>]*?)? v=\"([^\"]*)\"|<[snd] v=\"([^\"]*)\"")
_RECORD = re.compile(r"<([xsndbme])(?: v=\"([^\"]*)\")?[^>]*>")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[Ee]\+?\d+)?")
_CACHED = re.compile(r"<v>([^<]*)</v>")
_ODS_MARGINS = re.compile(
    r"<office:annotation[ >].*?</office:annotation>|<table:content-validation[ >].*?>|<table:named-[^>]*>"
    r"|<draw:(?:text-box|custom-shape)[ >].*?</draw:(?:text-box|custom-shape)>"
    r"|<table:tracked-changes[ >].*?</table:tracked-changes>|xlink:(?:href|title)=\"[^\"]*\"|table:formula=\"[^\"]*\""
    r"|<number:text[^<>]*>[^<]*<",
    re.DOTALL,
)
_PRINTABLE = re.compile("[\n\x20-\x7e\xa0\u00b7\u2000-\u206f\u3000-\u303f\u3400-\u9fff\uff00-\uffef]{2,}")
_BYTES = re.compile(rb"(?:[0-9]\x00?[ \-]?\x00?){11}|\xd3\x59\x0d\x54|\xab\x8e\xfd\x4e|\xd0\xd5\xc3\xfb|\xc9\xed\xb7\xdd")
"""Long numbers, or 姓名 or 身份 in UTF-16 or GB18030."""


Seen = tuple[str, Verdict]
"""The kind of place, in Chinese and English, and what is there."""


def where_in_margins(kind: str, data: bytes) -> str | None:
    """What else than cells holds rows about persons, in Chinese and English; None when nothing does."""
    found = seen_in_margins(kind, data, shipped_words())
    return found[0] if found is not None else None


def seen_in_margins(kind: str, data: bytes, words: PersonWords, said: Collection[str] = (), frames: Sequence[object] = ()) -> Seen | None:
    """What else than cells holds rows that are, or may be, about persons.

    Args:
        kind: the file's kind, as `sources.workbook.read_sheets` gives it.
        data: the file's bytes.
        words: a dictionary's words about persons.
        said: the texts of all cells, which were looked at.
        frames: of its sheets, see `sources.workbook.Sheet`: formulas of a frame are looked at once.
    """
    if data.startswith(_ZIP):
        is_plain = bool(frames) and None not in frames
        is_known = is_plain and all(id(frame) in _harmless_frames for frame in frames)
        found = _in_zip(data, words, said, has_known_formulas=is_known, has_known_texts=is_plain)
        if found is None and is_plain and not is_known and len(_harmless_frames) < _MOST_REMEMBERED:
            _harmless_frames.update((id(frame), frame) for frame in frames)
        return found
    if data.startswith(_OLE):
        return _in_ole(data, words, said)
    if kind not in ("text", "csv"):  # pages of HTML and XML; of text all is cells
        verdict = _judged(decoded(data[:_PART_CAP]), words, {text.strip() for text in said})
        return (_ELSEWHERE, verdict) if verdict is not None else None
    return None


# -- zip: .xlsx, .xlsm, .xlsb, .ods ----------------------------------------------------------------------------


def _in_zip(
    data: bytes,
    words: PersonWords,
    said: Collection[str] = (),
    *,
    is_inner: bool = False,
    has_known_formulas: bool = False,
    has_known_texts: bool = False,
) -> Seen | None:
    left = _FILE_CAP
    pivots: dict[str, dict[str, str]] = {}
    suspected: Seen | None = None
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
        found: Verdict | None = None
        if is_sheet:
            found = None if has_known_formulas else _in_formulas(content, words)
            content = content[content.rfind(b"</sheetData>") + 1 :]  # a sheet's cells were looked at; what follows them was not
            if found is None and content in _harmless_ends:
                continue
        lower = name.lower()
        if found is not None:
            pass
        elif name == _SHARED:
            found = None if has_known_texts or is_inner else _in_shared(content, words, said)
        elif name == _SHARED_BINARY:
            found = _orphans(content, said)
        elif is_usual and not _may_be_of_persons(decoded(content)):
            _remember(part.crc, part.size, content, is_sheet=is_sheet)
            continue
        elif "/embeddings/" in lower or content.startswith((_ZIP, _OLE)):
            found = None if is_inner else _embedded(content, words)
        elif lower.endswith(".bin"):
            found = _in_bytes(content, words)
        else:
            text = decoded(content)
            if lower.startswith("xl/pivotcache/") and lower.endswith(".xml"):
                number = re.sub(r"\D", "", name)
                pivots.setdefault(number, {})["records" if "records" in lower else "definition"] = text
            found = _in_part(lower, text, words)
            if found is None and is_usual:
                _remember(part.crc, part.size, content, is_sheet=is_sheet)
        if found is not None and found[1]:
            return _place(lower), found
        if found is not None and suspected is None:
            suspected = _place(lower), found
        if left <= 0:
            break
    for parts in pivots.values():
        found = persons_in(_pivot_rows(**parts), words)
        if found is not None and (found[1] or suspected is None):
            return _place("xl/pivotcache"), found
    return suspected


def _remember(crc: int, size: int, content: bytes, *, is_sheet: bool) -> None:
    if not is_sheet and len(_harmless) < _MOST_REMEMBERED:
        _harmless.add((crc, size))
    if is_sheet and len(content) < _LONGEST_REMEMBERED and len(_harmless_ends) < _MOST_REMEMBERED:
        _harmless_ends.add(content)


def _in_formulas(content: bytes, words: PersonWords) -> Verdict | None:
    """Texts and long numbers in the formulas of a sheet; forms have the same formulas."""
    if b"<f" not in content:
        return None
    fresh = set(_FORMULA.findall(content)) - _harmless_formulas
    if not fresh:
        return None
    texts = [a.replace('""', '"') or b for formula in sorted(fresh) for a, b in _LITERAL.findall(html.unescape(decoded(formula)))]
    joined = ["".join(a for a, _ in _LITERAL.findall(html.unescape(decoded(formula)))) for formula in sorted(fresh)]  # "3301"&"02…"
    found = persons_in_texts([*texts, *joined], words)
    if found is None and len(_harmless_formulas) < 4 * _MOST_REMEMBERED:
        _harmless_formulas.update(fresh)
    return found


def _in_shared(content: bytes, words: PersonWords, said: Collection[str]) -> Verdict | None:
    """Shared texts that no cell uses, and how others are to be pronounced."""
    text = decoded(content)
    phonetic = [html.unescape("".join(_SHARED_TEXT.findall(run))) for run in _PHONETIC.findall(text)]
    whole = (html.unescape("".join(_SHARED_TEXT.findall(_PHONETIC.sub("", item)))) for item in _SHARED_ITEM.findall(text))
    used = {text.strip() for text in said}
    found = persons_in_texts([item for item in whole if item.strip() and item.strip() not in used], words)
    return found if found is not None and found[1] else persons_in_texts(phonetic, words) or found


def _orphans(content: bytes, said: Collection[str]) -> Verdict | None:
    """Valid numbers among the texts of a binary workbook that stand in no cell."""
    if _BYTES.search(content) is None:
        return None
    shown = {number for text in said for number in (*numbers_in(text), *scattered_in(text))}
    met = {number for text in _strings(content) for number in (*numbers_in(text), *scattered_in(text))}
    return ("id_numbers", True) if any(is_identity_number(number) for number in met - shown) else None


@lru_cache(_MOST_REMEMBERED)
def _sort_of(written: bytes) -> tuple[str, bool, bool, bool]:
    """A part's name; whether it needs no look (plain), is a sheet, is what every workbook has (sheets too)."""
    name = written.decode("utf-8", "replace")
    is_sheet = name.startswith("xl/worksheets/sheet") and name.endswith(".xml")
    is_usual = is_sheet or name in _EVERYWHERE
    return name, name in _CELLS_ONLY or (not is_usual and _PLAIN.fullmatch(name) is not None), is_sheet, is_usual


def _may_be_of_persons(text: str) -> bool:
    return may_hold_numbers(text) or _WORDS.search(text) is not None or "&#" in text or "\0" in text or "</t>" in text


def _in_part(name: str, text: str, words: PersonWords) -> Verdict | None:
    if name.endswith("content.xml") and "office:spreadsheet" in text:  # the cells were looked at
        text = "\n".join(_ODS_MARGINS.findall(text))
    if name == "xl/styles.xml":
        return persons_in_texts([html.unescape(code).replace('"', " ") for code in _FORMAT_CODE.findall(text)], words)
    if "externallink" in name and "<row" in text:
        return persons_in([[_value(v) for v in _CACHED.findall(row)] for row in text.split("<row")[1:]], words)
    return _judged(text, words)


def _judged(text: str, words: PersonWords, but: Collection[str] = ()) -> Verdict | None:
    """Whether the texts of some XML or HTML are about persons."""
    if is_text_document(text):
        return judged_document(text, words)
    text = _SPLIT_RUN.sub("", text) if "t>" in text else text
    text = html.unescape(text) if "&#" in text else text
    blocks = ["\n".join(html.unescape(piece) for piece in _PARAGRAPH.findall(block[0])) for block in _NOTE.finditer(text)]
    noted = persons_in_texts([block for block in blocks if "\n" in block.strip()], words)
    if noted is not None and noted[1]:
        return noted
    found_texts = (html.unescape(inside or value) for inside, name, value in _TEXT.findall(text) if inside or _NO_TEXT.search(name) is None)
    found = persons_in_texts((said.strip('"') for said in found_texts if said.strip() and said.strip() not in but), words)
    return noted if found is None else found


def _pivot_rows(definition: str = "", records: str = "") -> list[list[str | float]]:
    """The table that a pivot cache is a copy of: headings, the distinct values of each field, and the records' own values."""
    fields = [(html.unescape(found[1]), [_value(a or b) for a, b in _ITEM.findall(found[0])]) for found in _FIELD.finditer(definition)]
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


def _embedded(content: bytes, words: PersonWords) -> Verdict | None:
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
            verdicts = [persons_in(sheet.rows, words) for sheet in read_sheets(inner)[1]]
        except FileFault:
            verdicts = []
        if found := next((v for v in sorted(filter(None, verdicts), key=lambda v: not v[1])), None):
            return found
    try:
        seen = _in_zip(inner, words, is_inner=True) if inner.startswith(_ZIP) else _in_ole(inner, words) if inner.startswith(_OLE) else None
    except FileFault:  # damaged inside: whatever is in it
        return _in_bytes(inner, words)
    if seen is not None:
        return seen[1]
    return None if inner.startswith((_ZIP, _OLE)) else _in_bytes(inner, words)


def _place(name: str) -> str:
    return next((told for word, told in _PLACES if word in name), _ELSEWHERE)


def decoded(content: bytes) -> str:
    """Bytes as text: by their mark, as UTF-8, else as GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


# -- OLE: .xls, .et --------------------------------------------------------------------------------------------

_CELL_RECORDS = frozenset((0x00FD, 0x0204, 0x00D6, 0x0207, 0x0203, 0x027E, 0x00BD, 0x00BE, 0x0201, 0x0205, 0x0208, 0x00E0, 0x0004))
_CONTINUE = 0x003C
_TEXT_BOX_RECORD, _TEXT_BOX = 0x01B6, b"\xb6\x01\x12\x00"
"""The record of a comment's text, and how it begins."""
_ORPHANS, _FORMULA_RECORD = frozenset((0x00FC,)), 0x0006
_RECORD_PLACES = {
    0x001C: "批注 comments",
    0x01B6: "批注或文本框 comments or text boxes",
    0x0014: "页眉页脚 header or footer",
    0x0015: "页眉页脚 header or footer",
    0x0018: "定义的名称 defined names",
    0x01BE: "输入列表 input list",
    0x041E: "数字格式 formats of numbers",
    0x0006: "公式 formula",
    0x005A: "外部链接缓存 cache of a linked workbook",
}


def _in_ole(data: bytes, words: PersonWords, said: Collection[str] = ()) -> Seen | None:
    is_suspicious = _BYTES.search(data) is not None
    if not is_suspicious and _TEXT_BOX not in data:
        return None
    suspected: Seen | None = None
    for place, found in _ole_verdicts(data, words, said) if is_suspicious else _ole_comments(data, words):
        if found is not None and found[1]:
            return place, found
        if found is not None and suspected is None:
            suspected = place, found
    return suspected


def _ole_verdicts(data: bytes, words: PersonWords, said: Collection[str]) -> Iterator[tuple[str, Verdict | None]]:
    for name, content in _ole_streams(data).items():
        last = name.rpartition("/")[2]
        if name in ("Workbook", "Book"):
            by_place: dict[str, list[str]] = {}
            for kind, payload in _records(content):
                if kind in _ORPHANS:
                    yield _place("sharedstrings"), _orphans(payload, said)
                elif kind != _FORMULA_RECORD or _BYTES.search(payload) is not None:
                    by_place.setdefault(_RECORD_PLACES.get(kind, _ELSEWHERE), []).extend(_strings(payload))
            for place, texts in by_place.items():
                yield place, persons_in_texts(texts, words)
        elif content.startswith(_ZIP) or name.startswith("MBD"):
            yield _place("embeddings/"), _embedded(content, words) if content.startswith(_ZIP) else _in_bytes(content, words)
        else:
            place = (
                _place("docprops/") if "SummaryInformation" in last else _place("pivotcache") if name.startswith("_SX_DB") else _ELSEWHERE
            )
            yield place, _in_bytes(content, words)


def _ole_comments(data: bytes, words: PersonWords) -> Iterator[tuple[str, Verdict | None]]:
    """Comments and text boxes alone: sentences about somebody need no long number."""
    for name, content in _ole_streams(data).items():
        if name in ("Workbook", "Book"):
            texts = [text for kind, payload in _records(content) if kind == _TEXT_BOX_RECORD for text in _strings(payload)]
            yield _RECORD_PLACES[_TEXT_BOX_RECORD], persons_in_texts(texts, words)


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


def _in_bytes(content: bytes, words: PersonWords) -> Verdict | None:
    return persons_in_texts(_strings(content), words) if _BYTES.search(content) is not None else None


def _strings(content: bytes) -> list[str]:
    """Whatever may be text in bytes: as UTF-16 from an even and an odd byte on, and as GB18030."""
    views: Sequence[str] = (
        content.decode("utf-16-le", "replace"),
        content[1:].decode("utf-16-le", "replace"),
        content.decode("gb18030", "replace"),
    )
    return [text for view in views for text in _PRINTABLE.findall(view)]
