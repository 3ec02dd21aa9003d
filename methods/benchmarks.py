"""Outside figures of the dictionary (`benchmarks`) as sources of rules: benchmark(x), and benchmark_allows(x), how far off x may be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from schemas.dictionary import Dictionary


def benchmark_frames(dictionary: Dictionary, month: str) -> dict[str, pd.DataFrame]:
    """Wide frames by namespace, index place code, columns indicators and concepts, NaN where nothing is known.

    Of several benchmarks in force that give the same figure, the last one of the dictionary counts. Empty when none is in force.
    """
    values: dict[str, dict[str, float]] = {}
    allowed: dict[str, dict[str, float]] = {}
    for benchmark in dictionary.benchmarks.values():
        if benchmark.is_in_force(month):
            for place, figures in benchmark.figures.items():
                values.setdefault(place, {}).update(figures)
                allowed.setdefault(place, {}).update({code: benchmark.tolerance_share * abs(f) for code, f in figures.items()})
    if not values:
        return {}
    made = {"benchmark": values, "benchmark_allows": allowed}
    return {name: pd.DataFrame.from_dict(rows, orient="index").astype(np.float64) for name, rows in made.items()}
