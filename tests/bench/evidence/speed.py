"""How long an examination takes: 300 and 20,000 villages over 36 months, in this process alone and shared out to two."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd

from methods.evidence.examine import examine
from methods.evidence.records import Records
from methods.panel import Panel
from tests.bench.evidence.trials import Row, Setting, county_of, knowledge


def joined(parts: list[Records]) -> Records:
    """Several counties as one set of records; county and town codes are numbered through."""
    first = parts[0].panel
    villages, towns, posted = list[str](), list[str](), list[pd.DataFrame]()
    for number, part in enumerate(parts):
        prefix = f"{990100 + number:06d}"
        villages += [prefix + code[6:] for code in part.panel.villages]
        towns += [prefix + code[6:] for code in part.towns]
        posted.append(part.submissions.assign(village_code=prefix + part.submissions["village_code"].str[6:]))
    return replace(
        parts[0],
        panel=Panel(first.months, tuple(villages), first.codes, np.concatenate([p.panel.values for p in parts], axis=1)),
        towns=tuple(towns),
        second_sources={name: np.concatenate([p.second_sources[name] for p in parts], axis=1) for name in parts[0].second_sources},
        submissions=pd.concat(posted, ignore_index=True),
        is_changed=np.concatenate([p.is_changed for p in parts if p.is_changed is not None], axis=1),
    )


def _county(setting: Setting) -> Records:
    return county_of(setting).records


def _examined(records: Records) -> int:
    return len(examine(records, knowledge()[0]).flags)


def timed(seed: int, counties: int, villages: int, workers: int = 2) -> Row:
    """Wall and CPU seconds to examine `counties` × `villages`: at once in one process, and county by county in `workers` processes."""
    parts = [_county(Setting(seed + n, villages=(villages, villages))) for n in range(counties)]
    whole = joined(parts)
    wall, cpu = time.perf_counter(), time.process_time()
    count = _examined(whole)
    row: Row = {"villages": count, "wall_one": time.perf_counter() - wall, "cpu_one": time.process_time() - cpu}
    if counties > 1:
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(_examined, parts[:workers]))
            wall = time.perf_counter()
            list(pool.map(_examined, parts))
            row["wall_shared"] = time.perf_counter() - wall
    return row
