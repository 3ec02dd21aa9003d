"""Whether a package (.xlsx, .xlsm, .xlsb, .ods) is whole: each member that any reader looks at has the checksum and size of its directory.

The native reader stops at the end of a sheet's cells, before the checksum could be compared; so the package is gone through before it
is asked. Workbooks that are read by their plain parts are checked part by part as they are inflated (`sources.kinds.inflated`).
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache

from isal import isal_zlib

from sources.faults import FileFault
from sources.kinds import DEFLATED, STORED, Entry, damaged_member, local_name, packed, zip_members
from sources.respelt import is_parted, is_wide

_NEVER_READ = re.compile(
    rb"xl/(?:theme|media|printerSettings|fonts)/.*|xl/calcChain\.(?:xml|bin)|(?:Pictures|Thumbnails|Configurations2)/.*|docProps/thumbnail\..*"
    rb"|.*\.(?:png|jpe?g|gif|emf|wmf|bmp|tiff?|svg)|.*/",
    re.IGNORECASE,
)
_STEP = 2**20


def check_members(data: bytes) -> None:
    """Go through every member that may be read.

    Raises:
        FileFault: `damaged_member` with the first that is not what the directory says, `encrypted_file`; `wide_parts`: XML in UTF-16 or
            with parted values, which the native reader does not read (see `sources.respelt`).
    """
    for entry in zip_members(data):
        if local_name(data, entry) != entry.name:
            raise damaged_member(entry)
        if not is_never_read(entry.name):
            _check(data, entry)


@lru_cache(4096)
def is_never_read(name: bytes) -> bool:
    """Whether no reader looks at a member: pictures, printers' settings, folders."""
    return _NEVER_READ.fullmatch(name) is not None


def _check(data: bytes, entry: Entry) -> None:
    rest = packed(data, entry)
    if entry.method == STORED:
        if is_wide(entry.name, rest) or is_parted(entry.name, rest):
            raise FileFault("wide_parts")
        if len(rest) != entry.size or isal_zlib.crc32(rest) != entry.crc:
            raise damaged_member(entry)
        return
    if entry.method != DEFLATED:
        raise damaged_member(entry)
    machine, size, crc = isal_zlib.decompressobj(-15), 0, 0
    try:
        while rest and not machine.eof and size <= entry.size:
            piece = machine.decompress(rest, _STEP)
            if (size == 0 and is_wide(entry.name, piece)) or is_parted(entry.name, piece):
                raise FileFault("wide_parts")
            size, crc, rest = size + len(piece), isal_zlib.crc32(piece, crc), machine.unconsumed_tail
    except (isal_zlib.error, struct.error):  # type: ignore[misc]
        raise damaged_member(entry) from None
    if size != entry.size or crc != entry.crc:
        raise damaged_member(entry)
