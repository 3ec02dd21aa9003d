"""Damages files as transfers, disks and hostile senders do: seeded, and aware of what a package, a container or a text is made of."""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four mutations of a file."""
    for _ in range(chance.choice([1, 1, 1, 2, 2, 4])):
        inside = PACKAGE if data.startswith(b"PK\x03\x04") else OLE if data.startswith(b"\xd0\xcf\x11\xe0") else TEXT
        data = chance.choice(ANY + inside * 2)(data, chance)
    return data


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    """Some bits change."""
    made = bytearray(data)
    for _ in range(chance.choice([1, 3, 30]) if made else 0):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def cut(data: bytes, chance: random.Random) -> bytes:
    """The transfer breaks off."""
    return data[: chance.randrange(len(data) + 1)]


def lose_middle(data: bytes, chance: random.Random) -> bytes:
    """A stretch is missing."""
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[b:]


def repeat(data: bytes, chance: random.Random) -> bytes:
    """A stretch comes twice."""
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a : min(b, a + 4096)] + data[b:]


def overwrite(data: bytes, chance: random.Random) -> bytes:
    """A stretch is noise, zeros or the largest numbers."""
    at, size = chance.randrange(len(data) + 1), chance.choice([1, 2, 4, 8, 64, 512])
    noise = chance.choice([bytes(size), b"\xff" * size, chance.randbytes(size)])
    return data[:at] + noise + data[at + size :]


def swap_sectors(data: bytes, chance: random.Random) -> bytes:
    """Two sectors change places."""
    count = len(data) // 512
    if count < 3:
        return data
    a, b = (512 * chance.randrange(1, count) for _ in range(2))
    made = bytearray(data)
    made[a : a + 512], made[b : b + 512] = made[b : b + 512], made[a : a + 512]
    return bytes(made)


def break_header(data: bytes, chance: random.Random) -> bytes:
    """The container's header lies about its tables."""
    at = chance.choice([24, 26, 28, 30, 32, 44, 48, 56, 60, 64, 68, 72, 76, 80])
    return data[:at] + chance.choice([b"\xff\xff\xff\xff", bytes(4), chance.randbytes(4)]) + data[at + 4 :]


def break_record(data: bytes, chance: random.Random) -> bytes:
    """A record of the stream says another length."""
    at = 512 + 2 * chance.randrange(max(1, (len(data) - 512) // 2))
    return data[:at] + chance.randbytes(2) + data[at + 2 :]


def change_member(data: bytes, chance: random.Random) -> bytes:
    """A member of the package is damaged, lost, doubled, renamed or blown up; the package itself stays whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            members = [(info.filename, old.read(info)) for info in old.infolist()]
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, IndexError):
        return flip_bits(data, chance)
    if not members:
        return data
    at = chance.randrange(len(members))
    name, content = members[at]
    how = chance.randrange(6)
    if how == 0:
        del members[at]
    elif how == 1:
        members.append((name, content))
    elif how == 2:
        members[at] = (chance.choice(["../../etc/passwd", "xl/worksheets/sheet9.xml", "C:\\a.xml", name.upper(), "名.xml"]), content)
    elif how == 3:
        members[at] = (name, chance.choice([flip_bits, cut, lose_middle, repeat, overwrite])(content, chance))
    else:
        members[at] = (name, change_xml(content, chance))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", chance.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as new:
        for name, content in members:
            new.writestr(name, content)
    return buffer.getvalue()


_NUMBER = re.compile(rb"\d+")
_NASTY = [b"0", b"-1", b"4294967296", b"1048577", b"16385", b"99999999999999999999", b"1e309", b"NaN", b"", b"A1:XFD1048576"]


def change_xml(data: bytes, chance: random.Random) -> bytes:
    """A number becomes a nasty one, a tag is lost, doubled or never closed, an entity comes in."""
    how = chance.randrange(4)
    if how == 0 and (found := list(_NUMBER.finditer(data))):
        at = chance.choice(found)
        return data[: at.start()] + chance.choice(_NASTY) + data[at.end() :]
    tags = [m.span() for m in re.finditer(rb"<[^>]{1,200}>", data)]
    if not tags:
        return flip_bits(data, chance)
    a, b = chance.choice(tags)
    if how == 1:
        return data[:a] + data[b:]
    if how == 2:
        return data[:b] + data[a:b] * chance.choice([1, 2, 500]) + data[b:]
    return data[:a] + chance.choice([b"&x;", b"<![CDATA[", b"<!-- ", b"<?x", b"\x00", "\ufffe".encode()]) + data[a:]


def change_text(data: bytes, chance: random.Random) -> bytes:
    """Quotes, separators and line ends where none should be."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice([b'"', b",,,,", b"\r", b"\x00", b"\xff", b"\n" * 50, b'"\n"' * 20, b"\xef\xbb\xbf"]) + data[at:]


ANY: list[Mutation] = [flip_bits, cut, lose_middle, repeat, overwrite]
PACKAGE: list[Mutation] = [change_member, change_member, change_member]
OLE: list[Mutation] = [swap_sectors, break_header, break_record]
TEXT: list[Mutation] = [change_text, change_xml]
