"""The reading crew: worker processes with limits on time and memory. A file that breaks one is refused; the batch goes on."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import pickle
import signal
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

from sources.bundle import EVERY, may_be_kept, read_file
from sources.fetching import StillBeingWrittenError, TooLargeError, fetch_bytes
from sources.layout import ReadingKit
from sources.persons import is_named_after_person
from sources.reading import FileReader, FileReading
from sources.records import Problem
from sources.vault import KeptBytesError, Vault

Crew = Any
"""A pebble.ProcessPool: imported only where files are read."""
_CHUNK = 64
_SECONDS_PER_FILE = 10.0
_MEMORY = 2 * 2**30
_MAX_FILE = 64 * 2**20


class Task(NamedTuple):
    """One file to read: from a path or URL (inbox), or from the vault when `full_path` is empty.

    sha256: of bytes in the vault. known: SHA-256 of what was last received from this path; the same bytes are not read again.
    size, mtime_ns: what the inbox said of the file; another size or time now means that it is still being written.
    data: the bytes themselves, where no other process can fetch them.
    allowed: SHA-256 of files that a person in charge let through, although they may be about persons.
    odd: what it is when it is no file (`sources.inbox.InboxFile`); then nothing is opened.
    """

    full_path: str
    name: str
    sha256: str = ""
    known: str = ""
    size: int = -1
    mtime_ns: int = 0
    data: bytes = b""
    allowed: frozenset[str] = frozenset()
    odd: str = ""


class Limits(NamedTuple):
    """What one worker may use: seconds of computing a file, bytes of address space, bytes of a file."""

    seconds: float = _SECONDS_PER_FILE
    memory: int = _MEMORY
    file_size: int = _MAX_FILE


STANDARD = Limits()
_ALARM = getattr(signal, "SIGPROF", 0)
"""The signal of a process's clock, whose default is death. It counts what the process computes: on a machine with other work to do
an honest file takes long and is read. Windows has none; there, and where a worker has to wait, a chunk has the time of all its files."""
_PATIENCE = 3
"""How much longer than its own time a file may take that is read alone, waiting included."""


@contextmanager
def worker_ahead(kit: ReadingKit, vault_root: str) -> Iterator[Crew]:
    """A worker that starts while the caller still looks for files. `read_files` takes it where one is enough."""
    pool = _crew(1, kit, vault_root, STANDARD)
    pool.schedule(_nothing)
    try:
        yield pool
    finally:
        pool.stop()
        threading.Thread(target=pool.join, name="crew").start()  # it takes a while to see that its worker is gone; nobody waits for that


def read_files(
    tasks: Sequence[Task], kit: ReadingKit, vault_root: str, *, workers: int = 0, limits: Limits = STANDARD, ahead: Crew | None = None
) -> Iterator[tuple[Task, FileReading]]:
    """Read every file, in order. What was looked through is kept in the vault; what holds persons, or cannot be opened, is kept nowhere.

    A chunk whose worker dies, of a file's time or memory or of a broken reader, is read again file by file, so that only the file at
    fault is refused. `ahead`: see `worker_ahead`.
    """
    if not tasks:
        return
    count = min(workers or os.cpu_count() or 1, (len(tasks) + 15) // 16)  # starting a worker costs what 200 files do
    chunk = max(1, min(_CHUNK, (len(tasks) + count - 1) // count))
    chunks = [tasks[n : n + chunk] for n in range(0, len(tasks), chunk)]
    with nullcontext(ahead) if ahead is not None and count == 1 else _crew(count, kit, vault_root, limits) as pool:
        ahead_of_us = 4 * count  # so that results do not pile up when the store is slower than the crew
        waiting = [pool.schedule(_read_chunk, args=(c,), timeout=limits.seconds * len(c)) for c in chunks[:ahead_of_us]]
        for number, part in enumerate(chunks):
            future, waiting[number] = waiting[number], None
            try:
                readings = future.result()
            except Exception:  # the worker died, or hung where it has no clock of its own: find the file at fault
                readings = [_alone(pool, task, limits) for task in part]
            if len(waiting) < len(chunks):
                following = chunks[len(waiting)]
                waiting.append(pool.schedule(_read_chunk, args=(following,), timeout=limits.seconds * len(following)))
            yield from zip(part, readings, strict=True)


def _crew(count: int, kit: ReadingKit, vault_root: str, limits: Limits) -> Crew:
    from pebble import ProcessPool

    # Packed, it fits into the pipe to a worker that is still starting; else this process would wait for it.
    packed = zlib.compress(pickle.dumps(kit), 1)
    context = multiprocessing.get_context("spawn")
    return ProcessPool(count, initializer=_start, initargs=(packed, vault_root, limits), context=context)


def _alone(pool: Crew, task: Task, limits: Limits) -> FileReading:
    late = _refused("reader_failed", what=f"> {limits.seconds:.0f} s")
    try:
        longest = _PATIENCE * _seconds(task, limits)
        result: list[FileReading] = pool.schedule(_read_chunk, args=([task],), timeout=longest).result()
        return result[0]
    except TimeoutError:
        return late
    except Exception as error:  # the process died: of its clock, or the native reader asked for more memory than there is, or broke
        if getattr(error, "exitcode", 0) == -_ALARM:
            return late
        return _refused("reader_failed", what=f"> {limits.memory // 2**20} MiB?")


def _seconds(task: Task, limits: Limits) -> float:
    """A bundle is as many files as it has megabytes, and more: a small one still gets what one file gets."""
    return limits.seconds * (1 + max(task.size, 0) // 2**20)


def _refused(name: str, **details: str) -> FileReading:
    return FileReading("", 0, "", "refused", problems=(Problem(name, details=details),))


# -- in the worker ---------------------------------------------------------------------------------------------

_reader: FileReader
_vault: Vault
_limits: Limits


def _start(packed_kit: bytes, vault_root: str, limits: Limits) -> None:
    global _reader, _vault, _limits
    kit: ReadingKit = pickle.loads(zlib.decompress(packed_kit))  # made by our own parent process
    _reader, _vault, _limits = FileReader(kit), Vault(vault_root), limits
    gc.collect()
    gc.freeze()
    gc.disable()  # lists of lists by the thousand set it off all the time and it never finds anything: the young ones once a chunk
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a panic of the native reader prints the text it fell over, perhaps somebody's
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # no such limit on this system (Windows): time and file size still hold


def _nothing() -> None:
    """What a worker is given to do so that it starts."""


def _read_chunk(tasks: Sequence[Task]) -> list[FileReading]:
    readings = []
    for task in tasks:
        _set_clock(_seconds(task, _limits))
        readings.append(_read_one(task))
    _set_clock(0)
    gc.collect(0)
    return readings


def _set_clock(seconds: float) -> None:
    """Die when the time is over, wherever the native reader may be; 0 stops the clock."""
    if _ALARM:
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _read_one(task: Task) -> FileReading:
    if task.odd:
        return _refused("folder_not_listed" if task.odd == "folder" else f"no_file_{task.odd}")
    try:
        if task.full_path:
            if (where := is_named_after_person(task.full_path.rsplit("/", 1)[-1], _reader.kit.persons)) is not None:
                return FileReading("", 0, "", "quarantined", problems=(Problem("personal_data", details={"sheet": where}),))
            data = task.data or fetch_bytes(task.full_path, _limits.file_size, size=task.size, mtime_ns=task.mtime_ns)
            if task.known and hashlib.sha256(data).hexdigest() == task.known:
                return FileReading(task.known, len(data), "", "known")
        else:
            data = _vault.get(task.sha256)
        keep, allowed = (_vault.put, task.allowed) if task.full_path else (_keep_nothing, EVERY)  # what is kept was taken in once
        reading = read_file(_reader, data, task.name, keep, allowed)
    except MemoryError:
        return _refused("file_too_large", what=f"> {_limits.memory // 2**20} MiB")
    except TooLargeError:
        return _refused("file_too_large", what=f"> {_limits.file_size // 2**20} MiB")
    except KeptBytesError as error:
        return _refused(error.name, sha256=error.sha256[:16], path=task.name)
    except FileNotFoundError:
        return _refused("file_gone")
    except StillBeingWrittenError:
        return _refused("still_being_written")
    except (KeyboardInterrupt, SystemExit):
        raise
    except OSError as error:  # no right, a lock, a share that went away: it is tried again
        return _refused("not_readable_now", why=error.strerror or type(error).__name__)
    except BaseException as error:  # the native reader's PanicException is no Exception
        return _refused("reader_failed", what=type(error).__name__)
    if task.full_path and may_be_kept(reading):  # what could not be opened may hold anything: it is refused and not kept
        _vault.put(reading.sha256, data)
    return reading


def _keep_nothing(_sha256: str, _data: bytes) -> None:
    """What is read again from the vault is there."""
