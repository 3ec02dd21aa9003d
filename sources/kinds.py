"""What kind of file some bytes are, by their content and never by a name; and whether a zip package is what it claims to be.

Runs in reading workers: imports nothing heavy.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from isal import isal_zlib

from sources.faults import FileFault
from sources.otherkinds import document_inside, document_of, other_kind

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
_NotInflatable: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stubs take the class for an instance
_BIFF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00")
"""A worksheet of Excel 2 to 5 without a container begins with a BOF record."""
_ZIP_END = b"PK\x05\x06"
_ZIP_ENTRY = b"PK\x01\x02"
_BOOKS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
"""Streams of a compound file: an .xls may have a letter embedded, so its own come first."""
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MOST_UNPACKED = 400 * 2**20
_ENCRYPTED_MEMBER = 0x1
_DEFLATE_MOST = 1032
"""No deflate stream grows to more than this many times its size (zlib's technical notes)."""
_MOST_TEXT_CONTROL_SHARE = 0.01
_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
_TABLE = re.compile(rb"<table[\s>]", re.IGNORECASE)
_MHTML = re.compile(rb"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?content-type:\s*multipart/related", re.IGNORECASE)
_SPREADSHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
_MARKUP_HEAD = 262_144


def kind_of(data: bytes) -> str:
    """'xlsx', 'xlsb', 'ods', 'xls', 'html', 'mhtml', 'xml', 'text', or 'zip' (a bundle of other files).

    Raises:
        FileFault: empty, encrypted, damaged, too large, or nothing of these.
    """
    if not data:
        raise FileFault("empty_file")
    if data.startswith(OLE):
        if _ENCRYPTED in data:
            raise FileFault("encrypted_file")
        if not any(name in data for name in _BOOKS) and (fault := document_inside(data)) is not None:
            raise fault
        return "xls"
    if data.startswith(ZIP):
        return _zip_kind(data)
    if (fault := other_kind(data)) is not None:
        raise fault
    if _BIFF.match(data) and b"\x00" in data[:64]:
        raise FileFault("not_a_workbook")  # Excel 2 to 4: no program of today writes it
    if (markup := _markup_kind(data)) is not None:
        return markup
    sample = data[:65536]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or wide_order(sample):
        return "text"
    controls = sum(1 for byte in sample if byte < 32 and byte not in (9, 10, 13))
    if controls > _MOST_TEXT_CONTROL_SHARE * len(sample):
        raise FileFault("not_a_workbook")
    return "text"


def wide_order(sample: bytes) -> str:
    """'utf-16-le' or 'utf-16-be' when text without a mark is in it: its commas, digits and line ends have a zero on one side."""
    pairs = len(sample) // 2
    if pairs < 8:
        return ""
    high, low = sample[1 : 2 * pairs : 2].count(0), sample[0 : 2 * pairs : 2].count(0)
    if high > 0.1 * pairs and low <= 0.02 * pairs:
        return "utf-16-le"
    return "utf-16-be" if low > 0.1 * pairs and high <= 0.02 * pairs else ""


def _markup_kind(data: bytes) -> str | None:
    head = data[:_MARKUP_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        if _SPREADSHEET_XML in head and not _PAGE.match(head):  # some pages only name it
            return "xml"
        return "html" if _TABLE.search(head) else None
    return "mhtml" if _MHTML.match(head[:8192]) else None


def _zip_kind(data: bytes) -> str:
    members = zip_members(data)
    entries = {entry.name for entry in members}
    if sum(entry.size for entry in members) > MOST_UNPACKED or _lies(data, members):
        raise FileFault("file_too_large", what=f"> {MOST_UNPACKED // 2**20} MiB")
    if any(name.startswith(b"xl/") for name in entries):
        return "xlsb" if b"xl/workbook.bin" in entries else "xlsx"
    if b"content.xml" in entries:
        says, lists = (
            next((inflated(data, entry, _MOST_KEPT) for entry in members if entry.name == name), b"")
            for name in (b"mimetype", b"META-INF/manifest.xml")
        )
        if b":encryption-data" in lists:
            raise FileFault("encrypted_file")
        if says.startswith(_OPEN_DOCUMENT) and b"spreadsheet" not in says:
            raise FileFault("letter_not_a_form", what="OpenDocument (.odt, .odp)")
        return "ods"
    if b"encrypted-package" in entries:  # LibreOffice since 24.8
        raise FileFault("encrypted_file")
    if (fault := document_of(entries)) is not None:
        raise fault
    if b"[Content_Types].xml" in entries:
        raise FileFault("not_a_workbook")
    return "zip"


class Entry(NamedTuple):
    """A member of a zip, as its central directory has it. `size` is what the directory claims."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


_HEADER = struct.Struct("<4s4xHH4xIIIHHH8xI")
_MOST_KEPT = 8 * 2**20


class _Last:
    """The file in hand: its directory and its small members, so that what looks at it one after another unpacks it once."""

    data: bytes = b""
    members: tuple[Entry, ...] = ()
    inflated: ClassVar[dict[int, bytes]] = {}


def zip_members(data: bytes) -> tuple[Entry, ...]:
    """The members of a zip in the order of its central directory (APPNOTE 4.3.12, 4.3.16), two of one name both.

    The standard library's reader costs a third of what calamine needs for a whole village workbook; this costs a twentieth.

    Raises:
        FileFault: the directory is not whole.
    """
    if _Last.data is data:
        return _Last.members
    end = data.rfind(_ZIP_END, max(0, len(data) - 66_000))
    members = []
    try:
        if end < 0:
            raise IndexError
        count, _, at = struct.unpack_from("<HII", data, end + 10)
        for _ in range(count):
            sign, flags, method, crc, packed, size, name, extra, comment, offset = _HEADER.unpack_from(data, at)
            if sign != _ZIP_ENTRY:
                raise IndexError
            members.append(Entry(data[at + 46 : at + 46 + name], flags, method, crc, packed, size, offset))
            at += 46 + name + extra + comment
        if data.startswith(_ZIP_ENTRY, at):  # more than it counts
            raise IndexError
    except (struct.error, IndexError):
        raise FileFault("damaged_file") from None
    _Last.data, _Last.members = data, tuple(members)
    _Last.inflated.clear()
    return _Last.members


def zip_directory(data: bytes) -> dict[bytes, Entry]:
    """The members of a zip by name.

    Raises:
        FileFault: the directory is not whole.
    """
    return {entry.name: entry for entry in zip_members(data)}


_STYLES = frozenset((b"xl/styles.xml", b"xl/styles.bin", b"styles.xml"))


def style_of(data: bytes) -> str:
    """Checksum and size of the part that holds a workbook's fonts, fills, borders and number formats; '' where a format has none.

    Two files have the same when one program wrote both with the same formats. It says nothing of cells or of who wrote them.
    """
    if not data.startswith(b"PK"):
        return ""
    return next((f"{entry.crc:08x}-{entry.size:x}" for entry in zip_members(data) if entry.name in _STYLES), "")


STORED, DEFLATED = 0, 8
_SHOWN = re.compile(r"[\w ./\\\[\]()-]{1,120}")
_LONG_NUMBER = re.compile(r"\d{7}")


def damaged_member(entry: Entry) -> FileFault:
    """What is told of a member that is not what its directory says; a name that could be anything's is not repeated."""
    if entry.flags & _ENCRYPTED_MEMBER:
        return FileFault("encrypted_file")
    name = entry.name.decode("utf-8", "replace")
    return FileFault("damaged_member", member=name if _SHOWN.fullmatch(name) and not _LONG_NUMBER.search(name) else "?")


def local_name(data: bytes, entry: Entry) -> bytes:
    """A member's name as it stands before its content; b'' where there is none."""
    head = data[entry.offset : entry.offset + 30]
    if len(head) < 30 or not head.startswith(ZIP):
        return b""
    return data[entry.offset + 30 : entry.offset + 30 + (head[26] | head[27] << 8)]


def packed(data: bytes, entry: Entry) -> bytes:
    """A member as it stands in the file; b'' where it does not."""
    try:
        name, extra = struct.unpack_from("<HH", data, entry.offset + 26)
    except struct.error:
        return b""
    start = entry.offset + 30 + name + extra
    return data[start : start + entry.packed]


def inflated(data: bytes, entry: Entry, most: int) -> bytes:
    """The first `most` bytes of a member, whatever its directory claims of its size.

    A member must lie wholly inside the file; stored and deflated ones are read.

    Raises:
        FileFault: `damaged_member`: it cannot be inflated, or all of it was and is not of the size and checksum that the directory gives.
    """
    if _Last.data is data and (known := _Last.inflated.get(entry.offset)) is not None:
        return known[:most]
    if most <= 0:
        return b""
    written = packed(data, entry)
    if entry.method == STORED:
        content, is_all = written[:most], len(written) <= most
    elif entry.method == DEFLATED:
        machine = isal_zlib.decompressobj(-15)
        try:
            content = machine.decompress(written, most)
        except _NotInflatable:
            raise damaged_member(entry) from None
        is_all = machine.eof or len(content) < most
    else:
        raise damaged_member(entry)
    if is_all and (len(content) != entry.size or isal_zlib.crc32(content) != entry.crc):
        raise damaged_member(entry)
    if is_all and _Last.data is data and len(content) < _MOST_KEPT:
        _Last.inflated[entry.offset] = content
    return content


def checked(data: bytes, entry: Entry, most: int) -> bytes | None:
    """A member, whole; None where it is encrypted or larger than `most`.

    Raises:
        FileFault: it is not of the size and checksum that the directory gives.
    """
    if entry.flags & _ENCRYPTED_MEMBER or entry.size > most:
        return None
    return inflated(data, entry, entry.size + 1)


def _lies(data: bytes, members: Sequence[Entry]) -> bool:
    """Whether the members inflate to more than they may, against what the directory says. Only where they could: small files cannot."""
    if len(data) * _DEFLATE_MOST <= MOST_UNPACKED:
        return False
    left = MOST_UNPACKED
    for entry in members:
        if entry.method != 8 or entry.packed * _DEFLATE_MOST <= max(entry.size, 2**20):
            left -= entry.size
            continue
        left -= _counted(data, entry, left)
        if left < 0:
            return True
    return left < 0


def _counted(data: bytes, entry: Entry, most: int) -> int:
    """How many bytes a member inflates to, counted up to `most`; nothing is kept."""
    try:
        name, extra = struct.unpack_from("<HH", data, entry.offset + 26)
        machine = isal_zlib.decompressobj(-15)
        rest, total = data[entry.offset + 30 + name + extra :][: entry.packed], 0
        while rest and total <= most and not machine.eof:
            total += len(machine.decompress(rest, 2**20))
            rest = machine.unconsumed_tail
    except (struct.error, _NotInflatable):
        return entry.size
    return total
