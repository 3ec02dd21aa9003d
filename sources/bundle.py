"""A .zip of files from a town: every file in it goes the way of a file of its own. Runs in reading workers.

Nothing is unpacked to the disk, and no name of the bundle is ever used as a path.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

from sources.inbox import is_left_alone
from sources.persons import FILE_NAME, is_named_after_person
from sources.quarantine import MASK, holds_persons, masked
from sources.reading import FileReader, FileReading
from sources.records import Problem

_MOST_MEMBERS = 2000
_MOST_BYTES, _MOST_TOTAL = 64 * 2**20, 400 * 2**20
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
_REPORT = re.compile(r"\.(xls[xmb]?|et|ods|csv|tsv|txt|html?|mht)$", re.IGNORECASE)
IN_BUNDLE = "压缩包里的文件 a file in the bundle"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
Keep = Callable[[str, bytes], None]


def read_file(reader: FileReader, data: bytes, name: str, keep: Keep) -> FileReading:
    """Read one file, or each file of a bundle.

    Args:
        reader: reads single files.
        data: the bytes.
        name: the file's name.
        keep: is given (SHA-256, bytes) of each member that was looked through and holds no persons. The file itself is the caller's.

    Returns:
        The reading; for a bundle kind 'zip' with `members`.
    """
    reading = reader.read(data, name)
    if not any(problem.name == "bundle" for problem in reading.problems):
        return reading
    members: list[tuple[str, FileReading]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            told = list(_wanted(archive))
            if len(told) > _MOST_MEMBERS:
                return reading._replace(problems=(Problem("file_too_large", details={"what": f"> {_MOST_MEMBERS}"}),))
            left = _MOST_TOTAL
            for info, shown in told:
                made, size = _member(reader, archive, info, shown, min(_MOST_BYTES, left), keep)
                left -= size
                members.append((shown, made))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, IndexError):  # NotImplementedError: a version of zip to come
        return reading._replace(problems=(Problem("damaged_file"),))
    if not any(made.status != "refused" or _REPORT.search(shown) or _is_bundle(made) for shown, made in members):
        return reading._replace(problems=(Problem("empty_bundle"),))
    whole = reading._replace(kind="zip", status="read", problems=(), members=tuple(members))
    if holds_persons(whole):  # its other files are read; the bundle as it is must go
        return whole._replace(status="quarantined", problems=(Problem("personal_data", details={"sheet": IN_BUNDLE}),))
    return whole


def may_be_kept(reading: FileReading) -> bool:
    """Whether all of a file, or of a bundle's files, was looked through and none may hold persons: only then are its bytes kept."""
    if reading.kind == "" or reading.status == "sealed" or holds_persons(reading):
        return False
    return all(inner.kind != "" and inner.status != "sealed" for _, inner in reading.members)


def _member(
    reader: FileReader, archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, most: int, keep: Keep
) -> tuple[FileReading, int]:
    """One file of a bundle and how many bytes it has."""
    if info.flag_bits & _ENCRYPTED:
        return _refused("encrypted_file"), 0
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        return _refused("damaged_member", member=shown), 0
    if len(data) > most:
        return _refused("file_too_large", what=f"> {most // 2**20} MiB"), len(data)
    if is_named_after_person(shown_name(_decoded_name(info))) is not None:  # what is shown has its number masked
        return FileReading("", len(data), "", "quarantined", problems=(Problem("personal_data", details={"sheet": FILE_NAME}),)), len(data)
    try:
        made = reader.read(data, shown.rpartition("/")[2])
    except (KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        return _refused("file_too_large", what="memory"), len(data)
    except BaseException as error:  # the native reader's PanicException is no Exception; the other files of the bundle go on
        return _refused("reader_failed", what=type(error).__name__), len(data)
    if _is_bundle(made):
        made = made._replace(problems=(Problem("bundle_in_bundle"),))
    if may_be_kept(made):
        keep(made.sha256, data)
    return made, len(data)


def _wanted(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    """Members that may be reports, each with a name that is safe to show and told apart from the others."""
    met: dict[str, int] = {}
    for info in archive.infolist():
        if info.is_dir():
            continue
        shown = shown_name(_decoded_name(info))
        if any(is_left_alone(part) for part in shown.split("/")):
            continue
        if is_named_after_person(shown) is not None:  # somebody's name stands beside the number
            folder, _, last = shown.rpartition("/")
            shown = f"{folder}/{MASK}.{last.rpartition('.')[2]}".lstrip("/")
        shown = masked(shown)
        met[shown] = met.get(shown, 0) + 1
        yield info, shown if met[shown] == 1 else f"{shown} ({met[shown]})"


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """A name as the sender saw it: Windows programs in China write GB18030 and say nothing of it."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def shown_name(name: str) -> str:
    """A member's name without what could lead out of a folder: drives, leading separators, '..', control characters."""
    plain = _CONTROL.sub("_", name).replace("\\", "/")
    parts = [part.strip() for part in re.sub(r"^[A-Za-z]:", "", plain).split("/")]
    return "/".join(part for part in parts if part not in ("", ".", ".."))[:400] or "_"


def _refused(name: str, **details: str) -> FileReading:
    return FileReading("", 0, "", "refused", problems=(Problem(name, details=details),))


def _is_bundle(made: FileReading) -> bool:
    return any(problem.name in ("bundle", "bundle_in_bundle") for problem in made.problems)
