"""Measures a command: wall time, CPU time and peak memory of the process and all its children."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import psutil

_LOOK_EVERY = 0.02


@dataclass(frozen=True)
class Cost:
    """What a command took. `cpu`: user and system seconds, children included; `peak_mb`: most RSS of the whole tree at one time.

    Memory that processes share counts once for each of them, so `peak_mb` errs upwards.
    """

    wall: float
    cpu: float
    peak_mb: float
    output: str = ""


class CommandFailed(RuntimeError):
    """A measured command did not end well; its output is in the message."""


def run_measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command and wait for its end.

    Raises:
        CommandFailed: its exit status is not 0.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **(environment or {})})
        peak = _PeakWatch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        peak_mb = max(peak.stop(), usage.ru_maxrss / 1024)
        out.seek(0)
        err.seek(0)
        output = out.read().decode()
        if process.returncode:
            raise CommandFailed(f"{' '.join(command)}: exit status {process.returncode}\n{output}\n{err.read().decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak_mb, output)


def median_cost(costs: Iterable[Cost]) -> Cost:
    """The medians of wall time, CPU time and peak memory, each by itself."""
    all_costs = list(costs)
    wall, cpu, peak = (statistics.median(values) for values in zip(*((c.wall, c.cpu, c.peak_mb) for c in all_costs), strict=True))
    return Cost(wall, cpu, peak)


def tree_rss(pid: int) -> tuple[float, float]:
    """Resident megabytes of a process, and of its children together."""
    main, children = 0.0, 0.0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        main = process.memory_info().rss / 2**20
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                children += child.memory_info().rss / 2**20
    return main, children


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Stopwatch:
    """Wall and CPU seconds of named stages, in the order in which they ran."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside as `name`."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        yield
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0.0) + cpu_seconds() - cpu


class _PeakWatch:
    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._is_over = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._is_over.wait(_LOOK_EVERY):
            self._peak = max(self._peak, sum(tree_rss(self._pid)))

    def stop(self) -> float:
        self._is_over.set()
        self._thread.join()
        return self._peak
