"""Workbooks that a program wrote in a legal way that no office program uses, written again the usual way; their figures stay the same.

- A package (.xlsx, .xlsm, .ods) whose parts are in UTF-16, as XML may be.
- One whose values are parted by comments, CDATA sections or references (<v>3<!-- -->2</v>).
- A package whose parts are named with backslashes or from a leading slash on (some programs on Windows).
- An OpenDocument table in one XML file (.fods).

Seldom met, so that it costs an ordinary file next to nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from sources.faults import FileFault
from sources.kinds import MOST_UNPACKED, ZIP, Entry, inflated, zip_members

_MOST = 64 * 2**20
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_FLAT = re.compile(rb"<(?:\w+:)?document\s[^<>]*office:1\.0")
_FLAT_HEAD = 16_384
_SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
_DECLARED = re.compile(r"\A\s*<\?xml[^>]*\?>")
_REFERENCE = re.compile(rb"<(?:\w+:)?v>[^<]*&(?!amp;|lt;|gt;|quot;|apos;)")
_XML = (b".xml", b".rels", b".vml")
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_PARTS = {
    "content.xml": ("document-content", ("scripts", "font-face-decls", "automatic-styles", "body")),
    "styles.xml": ("document-styles", ("font-face-decls", "styles", "automatic-styles", "master-styles")),
    "meta.xml": ("document-meta", ("meta",)),
    "settings.xml": ("document-settings", ("settings",)),
}
"""What goes where in a package: the element of each part, and those of the whole that it has (ODF 1.2, part 3, 2.2)."""


def respelt(data: bytes) -> bytes:
    """The workbook as most programs write it, if it is one in one file or with strange names of parts; else the bytes as they are."""
    if data.startswith(ZIP):
        return _renamed(data)
    head = data[:_FLAT_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    if _FLAT.search(head) is None or _SPREADSHEET.encode() not in head:
        return data
    return _packed(data)


def is_wide(name: bytes, content: bytes) -> bool:
    """Whether a part is XML in UTF-16, by its first bytes."""
    return content[:2] in _WIDE and name.endswith(_XML)


def is_parted(name: bytes, content: bytes) -> bool:
    """Whether a part has values or texts that the native reader would read in part only: with comments, CDATA or references in them."""
    if not name.startswith((b"xl/worksheets/", b"xl/sharedStrings")) or not name.endswith(_XML):
        return False
    return b"<!--" in content or b"<![CDATA[" in content or (b"&" in content and _REFERENCE.search(content) is not None)


def narrowed(data: bytes) -> bytes:
    """The package with all its XML in UTF-8.

    Raises:
        FileFault: a part is not what it begins like.
    """
    return _again(data, lambda entry: entry.name, _narrow)


def _narrow(name: bytes, content: bytes) -> bytes:
    if is_parted(name, content):
        return _joined(content)
    if not is_wide(name, content):
        return content
    try:
        text = content.decode(_WIDE[content[:2]])
    except UnicodeDecodeError:
        raise FileFault("damaged_file") from None
    return _DECLARED.sub('<?xml version="1.0" encoding="UTF-8"?>', text).encode("utf-8", "replace")


def _joined(content: bytes) -> bytes:
    """A part without comments, its texts whole."""
    import lxml.etree

    if b"<!ENTITY" in content or b"<!DOCTYPE" in content:
        raise FileFault("damaged_file")
    parser = lxml.etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True, strip_cdata=True
    )
    try:
        return lxml.etree.tostring(lxml.etree.fromstring(content, parser), xml_declaration=True, encoding="UTF-8", standalone=True)
    except (lxml.etree.LxmlError, ValueError):
        raise FileFault("damaged_file") from None


def _renamed(data: bytes) -> bytes:
    try:
        members = zip_members(data)
    except FileFault:
        return data  # told where it is read
    joined = b"\n".join([b"", *map(itemgetter(0), members)])
    if b"\\" not in joined and b"\n/" not in joined:
        return data
    plain = {entry.offset: _plain_name(entry.name) for entry in members}
    if not any(name.startswith(b"xl/") or name == b"content.xml" for name in plain.values()):
        return data  # a bundle of files
    return _again(data, lambda entry: plain[entry.offset], lambda _, content: content)


def _plain_name(name: bytes) -> bytes:
    return name.replace(b"\\", b"/").lstrip(b"/")


def _again(data: bytes, name_of: Callable[[Entry], bytes], change: Callable[[bytes, bytes], bytes]) -> bytes:
    buffer = io.BytesIO()
    members = zip_members(data)
    if sum(entry.size for entry in members) > MOST_UNPACKED:
        raise FileFault("file_too_large", what=f"> {MOST_UNPACKED // 2**20} MiB")
    with zipfile.ZipFile(buffer, "w") as package:
        for entry in members:
            name = name_of(entry)
            if name.endswith(b"/"):
                continue
            content = inflated(data, entry, _MOST)
            if entry.size >= _MOST:
                raise FileFault("file_too_large", what=f"> {_MOST // 2**20} MiB")
            package.writestr(zipfile.ZipInfo(name.decode("utf-8", "replace")), change(name, content))
    return buffer.getvalue()


def _packed(data: bytes) -> bytes:
    """An OpenDocument table of one file as a package."""
    import lxml.etree

    if b"<!ENTITY" in data or b"<!DOCTYPE" in data:
        raise FileFault("damaged_file")
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root: Any = lxml.etree.fromstring(data, parser)
    except (lxml.etree.LxmlError, ValueError):
        raise FileFault("damaged_file") from None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", _SPREADSHEET)
        listed = []
        for name, (whole, wanted) in _PARTS.items():
            made: Any = lxml.etree.Element(f"{{{_OFFICE}}}{whole}", nsmap=root.nsmap)
            for key, value in root.attrib.items():
                if key.endswith("}version"):
                    made.set(key, value)
            found = [part for part in root if isinstance(part.tag, str) and lxml.etree.QName(part).localname in wanted]
            made.extend([_copy(part) for part in found])
            package.writestr(name, lxml.etree.tostring(made, xml_declaration=True, encoding="UTF-8"))
            listed.append(f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>')
        space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        entries = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_SPREADSHEET}"/>{"".join(listed)}'
        package.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}">{entries}</manifest:manifest>')
    return buffer.getvalue()


def _copy(part: Any) -> Any:
    import copy

    return copy.deepcopy(part)
