"""What the rules cost: 300 villages beside the reading of their files, and a country of 690,000 villages in chunks of whole counties.

python tests/bench/bench_rules.py [--rows 690000] [--chunk 115000]: prints JSON. CPU seconds of one process (`time.process_time`), so that
other work on the machine does not count. Everything that rules look at is there: twelve months of history, sums of town and county.
Not counted: making the data. A chunk is the sample county over and over under other codes; each is evaluated anew.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from methods.accounts import village_accounts
from methods.confront import confront
from methods.panel import Panel, panel_of
from methods.past import past_of_panel
from methods.simulate.county import simulate_county
from schemas.dictionary import Dictionary, load_dictionary
from schemas.states import REPORTED, state_column
from sinks.samplebooks.county import write_sample_files
from sources.layout import reading_kit
from sources.reading import FileReader

MONTHS = tuple(f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13))[:14]
TIMES = 5


def cpu(work: Callable[[], object], times: int) -> float:
    """Median CPU seconds of this process."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def county(dictionary: Dictionary) -> tuple[pd.DataFrame, Panel]:
    """The last month's report of 300 honest villages, and all months as a panel."""
    made = simulate_county(np.random.default_rng(2024), dictionary, months=MONTHS, plant_mistakes=False)
    figures = made.figures.copy()
    codes = list(dictionary.codes)
    states = figures[[state_column(code) for code in codes]].to_numpy()
    figures[codes] = np.where(states == REPORTED, figures[codes].to_numpy(dtype=np.float64), np.nan)
    report = figures[figures["month"] == MONTHS[-1]].reset_index(drop=True)
    known = {"county_code": report["town_code"].str[:6], "status": pd.Series("accepted", index=report.index, dtype="str")}
    attributes = pd.DataFrame(0.0, index=report.index, columns=list(dictionary.attributes))
    report = pd.concat([report, pd.DataFrame(known), attributes], axis=1)
    return report, panel_of(figures, codes, report["village_code"].tolist(), MONTHS)


def many(report: pd.DataFrame, panel: Panel, copies: int) -> tuple[pd.DataFrame, Panel]:
    """The county so many times, each under codes of its own."""
    big = pd.concat([report] * copies, ignore_index=True)
    prefix = pd.Series(np.repeat([f"{n:05d}" for n in range(copies)], len(report)), dtype="str")
    for column in ("village_code", "town_code", "county_code"):
        big[column] = prefix + big[column]
    return big, Panel(panel.months, tuple(big["village_code"]), panel.codes, np.tile(panel.values, (1, copies, 1)))


def of_reading(dictionary: Dictionary) -> float:
    """CPU seconds in which the files of the 300 villages are read in this process, their bytes being in memory already: no storing,
    no identifying, no worker processes, so that what rules are held against is as little as it can be."""
    made = simulate_county(np.random.default_rng(2024), dictionary, months=MONTHS[-1:], plant_mistakes=False)
    with tempfile.TemporaryDirectory() as folder:
        write_sample_files(Path(folder), made, dictionary)
        files = [(Path(name).name, (Path(folder) / name).read_bytes()) for name in made.submissions["file"].drop_duplicates()]
    kit = reading_kit(dictionary)

    def read() -> None:
        reader = FileReader(kit)
        for name, data in files:
            reader.read(data, name)

    read()
    return cpu(read, TIMES)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=690_000)
    parser.add_argument("--chunk", type=int, default=115_000)
    wanted = parser.parse_args()
    dictionary = load_dictionary([])
    report, panel = county(dictionary)
    month, n = MONTHS[-1], len(report)

    def rules(frame: pd.DataFrame, past: dict[str, pd.DataFrame]) -> None:
        found = confront(frame, None, dictionary, month, past)
        assert not found.broken
        village_accounts(found, frame, month)

    past = past_of_panel(panel, dictionary, month)
    rules(report, past)  # what is imported or cached by first use
    small = cpu(lambda: rules(report, past), TIMES)
    reading = of_reading(dictionary)
    big, long = many(report, panel, -(-wanted.chunk // n))
    past = past_of_panel(long, dictionary, month)
    chunks = -(-wanted.rows // len(big))
    country = sum(cpu(lambda: rules(big, past), 1) for _ in range(chunks)) * wanted.rows / (chunks * len(big))
    print(
        json.dumps(
            {
                "rule_instances": len(dictionary.instances_in_force(month)),
                "villages": n,
                "rules_cpu_s": round(small, 4),
                "reading_cpu_s": round(reading, 4),
                "rules_to_reading": round(small / reading, 3),
                "rows": wanted.rows,
                "chunk_rows": len(big),
                "country_cpu_s": round(country, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
