"""From bytes to tables in one process, without Dagster: the functions that the assets call, in their order, timed by stage.

python stages.py HOME INBOX PLACES MONTH WORKERS: prints JSON. Imports are over and the dictionary is loaded before the clock starts.
The plots and tables that Dagster's pages show are not made here: they belong to the orchestration, which the whole job is charged with.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import alembic.operations  # noqa: F401  # these four are imported by our functions, or by pandera, when first used
import pandas as pd
import pandera.backends.pandas.builtin_checks  # noqa: F401
import pebble  # noqa: F401
import scipy.special  # noqa: F401
from measure import Stopwatch, cpu_seconds, tree_rss

from assets.common import previous_month
from assets.identity import identified_readings
from assets.letters import month_receipts
from methods.accept import accept_reports
from methods.accounts import village_accounts
from methods.calendar import due_time, opening_time
from methods.cells import CellFinder
from methods.confront import confront, confront_places
from methods.findings import findings_of, findings_of_places
from methods.rollup import roll_up
from methods.stated import stated_totals
from schemas.clock import Clock
from schemas.dictionary import Dictionary, load_dictionary
from schemas.frames import finding_schema, place_figure_schema, rule_outcome_schema, stated_total_schema, village_report_schema
from schemas.processes import collect_seldom
from sinks.month import save_month
from sinks.places import load_places, save_places
from sinks.returned import write_receipts
from sinks.store import Store, open_store
from sinks.submissions import (
    known_files,
    reading_plans,
    save_intake,
    save_readings,
    submissions_sent_for,
    unread,
)
from sinks.tidy import write_tidy
from sinks.workbook import write_listing, write_table
from sources.crew import Task, read_files
from sources.inbox import new_files, scan_inbox
from sources.layout import reading_kit
from sources.places import read_places, villages_of
from sources.tasks import inbox_tasks

T = TypeVar("T")
_SAMPLE_EVERY = 100


class MemoryWatch:
    """RSS of this process and of its workers, every hundred files on their way."""

    def __init__(self) -> None:
        self.samples: list[tuple[int, float, float]] = []

    def track(self, items: Iterable[T]) -> Iterator[T]:
        """Pass the items on."""
        for number, item in enumerate(items, start=1):
            yield item
            if number % _SAMPLE_EVERY == 0:
                self.samples.append((number, *tree_rss(os.getpid())))

    def at(self, number: int) -> dict[str, float]:
        """Megabytes around the file of this number: the median of the ten samples before it."""
        here = [sample for sample in self.samples if number - 10 * _SAMPLE_EVERY < sample[0] <= number]
        main, workers = statistics.median(m for _, m, _ in here), statistics.median(w for _, _, w in here)
        return {"files": number, "main_mb": main, "workers_mb": workers}


def bytes_to_tables(
    home: Path,
    inbox: Path,
    places_csv: Path,
    month: str,
    workers: int,
    dictionary: Dictionary,
    watch: Stopwatch,
    memory: MemoryWatch | None,
) -> dict[str, int]:
    """The month's job. Returns counts, for a look at whether it did what it should."""
    outbox, vault, now = home / "outbox" / month, str(home / "vault"), Clock().now()
    with watch.stage("open store"):
        store = open_store(f"sqlite:///{home / 'store.sqlite'}", dictionary)
    with watch.stage("places"):
        save_places(store, read_places(places_csv, dictionary), None)
        places = load_places(store)
    with watch.stage("read and keep"):
        files = new_files(scan_inbox(inbox, month), known_files(store, month))
        tasks = inbox_tasks(files, {})
        read = (reading for _, reading in read_files(tasks, reading_kit(dictionary), vault, workers=workers))
        arrivals: Iterable[Any] = zip(files, read, strict=True)
        version = dictionary.reading_version
        save_intake(
            store,
            memory.track(arrivals) if memory is not None else arrivals,
            codes=dictionary.codes,
            reading_version=version,
            recorded_at=now,
        )
    with watch.stage("receipts"):
        receipts = month_receipts(store, submissions_sent_for(store, month), places, dictionary, month)
    with watch.stage("identify"):
        again = [Task("", path.rsplit("/", 1)[-1], sha256) for sha256, path in unread(store, [previous_month(month), month], version)]
        late = read_files(again, reading_kit(dictionary), vault, workers=workers)
        save_readings(store, ((task.sha256, r) for task, r in late), codes=dictionary.codes, reading_version=version)
        readings = identified_readings(store, places, month, version)
    with watch.stage("accept"):
        report = village_report_schema(dictionary).validate(_accepted(readings, places, dictionary, month), lazy=True)
        stated = readings[readings["role"] == "stated"]
        totals = stated_totals(stated, reading_plans(store, stated["plan_id"]), dictionary, month)
        totals = stated_total_schema().validate(totals, lazy=True)
        before = identified_readings(store, places, previous_month(month), version)
        previous = _accepted(before, places, dictionary, previous_month(month))
        previous = previous[previous["status"] == "accepted"].reset_index(drop=True)
    with watch.stage("roll up"):
        schema = place_figure_schema(dictionary)
        towns = schema.validate(roll_up(report, dictionary, "town"), lazy=True)
        counties = schema.validate(roll_up(report, dictionary, "county"), lazy=True)
        figures = pd.concat([towns, counties], ignore_index=True)
    with watch.stage("confront"):
        villages = confront(report, previous if len(previous) else None, dictionary, month)
        above = confront_places(figures.assign(stated_month_gap=0.0), totals, dictionary, month)
    with watch.stage("findings"):
        found = [
            findings_of(villages, report, dictionary, month, _cell_finder(report, readings, store)),
            findings_of_places(above, figures, totals, dictionary, month),
        ]
        findings = finding_schema().validate(pd.concat(found, ignore_index=True), lazy=True)
        outcomes = rule_outcome_schema().validate(pd.concat([villages.outcomes, above.outcomes], ignore_index=True), lazy=True)
    with watch.stage("record"):
        frames = {
            "village_report": report,
            "finding": findings,
            "rule_outcome": outcomes,
            "village_outcome": village_accounts(villages, report, month),
            "place_figure": figures,
            "stated_total": totals,
        }
        save_month(store, month, frames, dictionary_version=dictionary.version, recorded_at=now)
    with watch.stage("tables"):
        _write_tables(outbox, towns, counties, report, dictionary, month)
    with watch.stage("tidy files"):
        tidy_files = [*write_tidy(outbox, f"town_{month}", towns, dictionary), *write_tidy(outbox, f"county_{month}", counties, dictionary)]
    with watch.stage("town listings"):
        by_town = {str(code): rows for code, rows in findings.groupby("town_code")}
        for (code, name), rows in report[report["town_code"] != ""].groupby(["town_code", "town_name"]):
            path = outbox / "towns" / f"{code}_{name}_{month}.xlsx"
            here = by_town.get(str(code), findings.iloc[:0])
            write_listing(path, rows, here, dictionary=dictionary, month=month, town_name=str(name))
    with watch.stage("receipt files"):
        write_receipts(outbox / "receipts", receipts)
    return {
        "files": len(files),
        "accepted": int((report["status"] == "accepted").sum()),
        "towns": len(towns),
        "counties": len(counties),
        "findings": len(findings),
        "tidy_files": len(tidy_files),
    }


def worker_start(inbox: Path, month: str, vault: str, workers: int, dictionary: Dictionary) -> tuple[float, float]:
    """Wall and CPU seconds from nothing to readings of one file a worker: starting, importing, ending. Median of three."""
    files = scan_inbox(inbox, month)[:workers]
    tasks, kit = [Task(file.full_path, "") for file in files], reading_kit(dictionary)
    walls, cpus = [], []
    for _ in range(3):
        wall, cpu = time.perf_counter(), cpu_seconds()
        for _ in read_files(tasks, kit, vault, workers=workers):
            pass
        walls.append(time.perf_counter() - wall)
        cpus.append(cpu_seconds() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    """Time it and print what came out."""
    home, inbox, places, month, workers = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])
    collect_seldom()  # as the command does
    dictionary, watch, memory = load_dictionary(), Stopwatch(), MemoryWatch()
    start_wall, start_cpu = worker_start(inbox, month, str(home / "vault-of-start"), workers, dictionary)
    wall, cpu = time.perf_counter(), cpu_seconds()
    is_large = len(os.listdir(inbox / month)) >= 20 * _SAMPLE_EVERY
    counts = bytes_to_tables(home, inbox, places, month, workers, dictionary, watch, memory if is_large else None)
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    files = counts["files"]
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": cpu,
                "worker_start": {"wall": start_wall, "cpu": start_cpu},
                "stages": {name: {"wall": watch.wall[name], "cpu": watch.cpu[name]} for name in watch.wall},
                "counts": counts,
                "memory": [memory.at(files // 2), memory.at(files)] if is_large else [],
            }
        )
    )


def _accepted(readings: pd.DataFrame, places: pd.DataFrame, dictionary: Dictionary, month: str) -> pd.DataFrame:
    of_villages = readings[(readings["role"] == "report") & (readings["level"] == "village")]
    calendar = dictionary.calendar
    due, opens = due_time(calendar, month), opening_time(calendar, month)
    return accept_reports(of_villages, villages_of(places, month), dictionary, month, due, opens)


def _cell_finder(report: pd.DataFrame, readings: pd.DataFrame, store: Store) -> CellFinder:
    ids = readings["sha256"].str.cat(readings["ordinal"].astype("str"), sep="/")
    where = dict(zip(ids, zip(readings["plan_id"], readings["row_no"], strict=True), strict=True))
    return CellFinder(report["reading_ids"].tolist(), where, reading_plans(store, readings["plan_id"]))


def _write_tables(
    outbox: Path, towns: pd.DataFrame, counties: pd.DataFrame, report: pd.DataFrame, dictionary: Dictionary, month: str
) -> None:
    for county in counties.itertuples(index=False):
        absent = report[(report["status"] != "accepted") & (report["county_code"] == county.place_code)]
        write_table(
            outbox / f"{county.place_code}_town_table_{month}.xlsx",
            dictionary.tables["town_table"],
            towns[towns["parent_code"] == county.place_code],
            total=counties[counties["place_code"] == county.place_code],
            dictionary=dictionary,
            month=month,
            reporting_unit=str(county.place_name),
            missing_villages=list(absent["village_name"]),
        )
    write_table(
        outbox / f"county_table_{month}.xlsx",
        dictionary.tables["county_table"],
        counties,
        total=None,
        dictionary=dictionary,
        month=month,
        reporting_unit="、".join(counties["place_name"].head(3)),
        missing_villages=list(report.loc[report["status"] != "accepted", "village_name"]),
    )


if __name__ == "__main__":
    main()
