"""How long an examination takes: county by county, as an office or a province would run it, in one process or shared out to two."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor

from methods.evidence.examine import examine
from methods.evidence.records import Records
from tests.bench.evidence.trials import Row, Setting, county_of, knowledge


def _examined(records: Records) -> tuple[int, float]:
    """Villages, and CPU seconds spent on them."""
    begin = time.process_time()
    return len(examine(records, knowledge()[0]).flags), time.process_time() - begin


def timed(seed: int, counties: int, villages: int, workers: int = 2) -> Row:
    """Wall and CPU seconds to examine `counties` × `villages` over 36 months, the time to invent them left out."""
    parts = [county_of(Setting(seed + n, villages=(villages, villages))).records for n in range(counties)]
    if counties == 1:
        begin = time.perf_counter()
        found = [_examined(parts[0])]
        return {"villages": found[0][0], "processes": 1, "wall": time.perf_counter() - begin, "cpu": found[0][1]}
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(knowledge_loaded, range(workers)))
        begin = time.perf_counter()
        found = list(pool.map(_examined, parts))
        wall = time.perf_counter() - begin
    return {"villages": sum(n for n, _ in found), "processes": workers, "wall": wall, "cpu": sum(cpu for _, cpu in found)}


def knowledge_loaded(_: int) -> bool:
    """Load the dictionary in a worker before the clock runs."""
    return bool(knowledge())
