"""A .zip of files from a town: every file in it goes the way of a file of its own. Runs in reading workers.

Nothing is unpacked to the disk, and no name of the bundle is ever used as a path.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator

from sources.inbox import is_left_alone
from sources.masks import MASK, masked
from sources.persons import FILE_NAME, is_named_after_person
from sources.quarantine import holds_persons, may_hold_persons
from sources.reading import FileReader, FileReading
from sources.records import Problem

_MOST_MEMBERS = 2000
_MOST_BYTES, _MOST_TOTAL = 64 * 2**20, 400 * 2**20
_DEEPEST = 4
"""So many bundles within each other are looked through for persons; a bundle that holds itself has no end."""
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
_REPORT = re.compile(r"\.(xls[xmb]?|et|f?ods|csv|tsv|txt|html?|mht)$", re.IGNORECASE)
IN_BUNDLE = "压缩包里的文件 a file in the bundle"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
Keep = Callable[[str, bytes], None]
EVERY = frozenset(("*",))
"""In place of the digests of what was let through: whatever it is."""


class _Budget:
    """What may still be unpacked of a bundle and of the bundles within it, together."""

    def __init__(self) -> None:
        self.bytes, self.members, self.depth = _MOST_TOTAL, _MOST_MEMBERS, 0


def read_file(reader: FileReader, data: bytes, name: str, keep: Keep, allowed: Collection[str] = ()) -> FileReading:
    """Read one file, or each file of a bundle.

    Args:
        reader: reads single files.
        data: the bytes.
        name: the file's name.
        keep: is given (SHA-256, bytes) of each member that was looked through and holds no persons. The file itself is the caller's.
        allowed: SHA-256 of files, bundles among them, that a person in charge let through.

    Returns:
        The reading; for a bundle kind 'zip' with `members`.
    """
    is_let_through = _is_among(data, allowed)
    reading = reader.read(data, name, is_let_through=is_let_through)
    if not any(problem.name == "bundle" for problem in reading.problems):
        return reading
    return _opened(reader, data, reading, keep, EVERY if is_let_through else allowed, _Budget())


def _opened(reader: FileReader, data: bytes, reading: FileReading, keep: Keep, allowed: Collection[str], budget: _Budget) -> FileReading:
    """The reading of a bundle with its files."""
    members: list[tuple[str, FileReading]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            told = list(_wanted(archive))
            if len(told) > budget.members:
                return reading._replace(problems=(Problem("file_too_large", details={"what": f"> {_MOST_MEMBERS}"}),))
            budget.members -= len(told)
            for info, shown in told:
                made = _member(reader, archive, info, shown, keep, allowed, budget)
                members.append((shown, made))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, IndexError):  # NotImplementedError: a version of zip to come
        return reading._replace(problems=(Problem("damaged_file"),))
    if not any(made.status != "refused" or _REPORT.search(shown) or _is_bundle(made) for shown, made in members):
        return reading._replace(problems=(Problem("empty_bundle"),))
    whole = reading._replace(kind="zip", status="read", problems=(), members=tuple(members))
    if holds_persons(whole):  # its other files are read; the bundle as it is must go, and what is only suspected with it
        return whole._replace(
            status="quarantined",
            problems=(Problem("personal_data", details={"sheet": IN_BUNDLE}),),
            members=tuple((shown, _gone_with_bundle(made)) for shown, made in members),
        )
    if suspected := next((made for _, made in members if made.status == "sealed"), None):  # the bundle as it is waits for a decision
        why = suspected.problems[0].details["why"]
        return whole._replace(status="sealed", problems=(Problem("persons_suspected", details={"where": IN_BUNDLE, "why": why}),))
    return whole


def _gone_with_bundle(made: FileReading) -> FileReading:
    """A file that was only suspected, in a bundle that holds persons for certain: nobody can decide upon it any more."""
    if made.status != "sealed":
        return made
    return made._replace(status="quarantined", problems=(Problem("suspected_in_bundle", details=made.problems[0].details),))


def may_be_kept(reading: FileReading) -> bool:
    """Whether all of a file, or of a bundle's files, was looked through and none may hold persons: only then are its bytes kept."""
    return reading.kind != "" and not may_hold_persons(reading) and all(inner.kind != "" for _, inner in reading.members)


def _member(
    reader: FileReader, archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, keep: Keep, allowed: Collection[str], budget: _Budget
) -> FileReading:
    """One file of a bundle."""
    if info.flag_bits & _ENCRYPTED:
        return _refused("encrypted_file")
    most = min(_MOST_BYTES, budget.bytes)
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        return _refused("damaged_member", member=shown)
    budget.bytes -= len(data)
    if len(data) > most:
        return _refused("file_too_large", what=f"> {most // 2**20} MiB")
    if is_named_after_person(shown_name(_decoded_name(info))) is not None:  # what is shown has its number masked
        return FileReading("", len(data), "", "quarantined", problems=(Problem("personal_data", details={"sheet": FILE_NAME}),))
    is_let_through = _is_among(data, allowed)
    try:
        made = reader.read(data, shown.rpartition("/")[2], is_let_through=is_let_through)
    except (KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        return _refused("file_too_large", what="memory")
    except BaseException as error:  # the native reader's PanicException is no Exception; the other files of the bundle go on
        return _refused("reader_failed", what=type(error).__name__)
    if _is_bundle(made):
        return _bundle_within(reader, data, made, EVERY if is_let_through else allowed, budget)
    if may_be_kept(made):
        keep(made.sha256, data)
    return made


def _bundle_within(reader: FileReader, data: bytes, made: FileReading, allowed: Collection[str], budget: _Budget) -> FileReading:
    """A bundle within a bundle: its files are no reports of the month, but they are looked through for persons. None of it is kept."""
    told = made._replace(problems=(Problem("bundle_in_bundle"),))
    if budget.depth >= _DEEPEST:
        return told
    budget.depth += 1
    inner = _opened(reader, data, made, lambda *_: None, allowed, budget)
    budget.depth -= 1
    return told._replace(status=inner.status, problems=inner.problems) if inner.status in ("quarantined", "sealed") else told


def _is_among(data: bytes, allowed: Collection[str]) -> bool:
    return allowed is EVERY or (len(allowed) > 0 and hashlib.sha256(data).hexdigest() in allowed)


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
