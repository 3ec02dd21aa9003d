"""calamine alone: every sheet of every workbook in a folder, from bytes to Python lists, which are dropped.

python native.py FOLDER PROCESSES: prints wall and CPU seconds as JSON, the start of the processes apart.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import sys
import time
from pathlib import Path

import python_calamine
from measure import cpu_seconds


def read_cells(path: str) -> int:
    """Read one workbook; returns how many rows it had."""
    with open(path, "rb") as file:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
    return sum(len(book.get_sheet_by_index(number).to_python(skip_empty_area=False)) for number in range(len(book.sheet_names)))


def read_folder(folder: Path, processes: int) -> int:
    """Read all; returns the number of rows."""
    paths = [str(path) for path in sorted(folder.glob("*.xlsx"))]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        rows = sum(pool.imap_unordered(read_cells, paths, chunksize=64))
        pool.close()
        pool.join()
    return rows


def main() -> None:
    """Time it."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    with multiprocessing.get_context("spawn").Pool(int(sys.argv[2])) as pool:
        pool.map(len, ["", ""])
        pool.close()
        pool.join()
    start_wall, start_cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    wall, cpu = time.perf_counter(), cpu_seconds()
    rows = read_folder(Path(sys.argv[1]), int(sys.argv[2]))
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu, "worker_start": {"wall": start_wall, "cpu": start_cpu}, "rows": rows}))


if __name__ == "__main__":
    main()
