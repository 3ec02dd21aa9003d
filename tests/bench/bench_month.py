"""The benchmark of the month: our whole job beside the usual pandas loop, and 20,000 villages beside calamine alone.

python tests/bench/bench_month.py [--quick] [--repeat N] [--only small|large] [--write]. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from measure import Cost, median_cost, run_measured
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MONTH = "2024-03"
WORKERS = 2
_INTAKES = 3
GOALS = {"whole_cold": 1.6, "stages": 0.35, "large": 3.5, "growth_mb": 20.0, "intake": 2.0, "one_new": 5.0}
OURS, WITH_DOCS = "ours", "ours with Data Docs"
ENVIRONMENT = {
    "PYTHONPATH": f"{HERE}{os.pathsep}{ROOT}",  # the tree that this file is in, whatever is installed
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "CUNBAO_WORKERS": str(WORKERS),
    "MPLBACKEND": "Agg",
}
CUNBAO = str(Path(sys.executable).with_name("cunbao"))
OUR_PACKAGES = ("assets", "methods", "pipelines", "schemas", "sinks", "sources")


@dataclass(frozen=True)
class Size:
    """How much is done."""

    villages: int
    repeat: int
    large: int
    intakes: int = _INTAKES


@dataclass(frozen=True)
class Row:
    """One line of the report; `goal` is the most that `ratio` (or `value`) may be."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        return "" if self.goal is None else "met" if self.value <= self.goal else "missed"


def main() -> None:
    """Run what was asked for, print it, keep it."""
    options = _options()
    size = Size(60, 1, 500, 1) if options.quick else Size(300, options.repeat, 20_000)
    goals = {} if options.quick else GOALS  # they are meant for the full size
    console = Console(width=None if sys.stdout.isatty() else 120)
    subprocess.run([sys.executable, "-m", "compileall", "-q", *OUR_PACKAGES, str(HERE)], cwd=ROOT, check=True)
    result: dict[str, Any] = {"machine": machine(), "at": time.strftime("%Y-%m-%d"), "command": " ".join(["make bench", *sys.argv[1:]])}
    with tempfile.TemporaryDirectory(prefix="cunbao-bench-") as name:
        folder = Path(name)
        rows: list[Row] = []
        if options.only != "large":
            result["small"] = small(folder, size, console)
            rows += small_rows(result["small"], goals)
            _print_costs(console, result["small"])
            _print_stages(console, result["small"])
        if options.only != "small":
            result["large"] = large(folder, size, console)
            rows += large_rows(result["large"], goals)
            _print_large(console, result["large"])
    result["goals"] = [{**asdict(row), "verdict": row.verdict} for row in rows]
    _print_goals(console, rows)
    target = ROOT / "out" / "bench" / ("quick.json" if options.quick else f"month-{options.only or 'all'}.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    console.print(f"Kept in {target.relative_to(ROOT)}")
    if options.write:
        page = ROOT / "docs" / "benchmarks.md"
        page.write_text(page_text(result), "utf-8")
        console.print(f"Wrote {page.relative_to(ROOT)}")


# -- 300 villages: the whole job beside the peer ---------------------------------------------------------------------------


def small(folder: Path, size: Size, console: Console) -> dict[str, Any]:
    """Our command and the peer, turn and turn about; then our stages in one process."""
    sample = _sample(folder / "small", size.villages)
    inbox, books = sample / "inbox", sample / "inbox" / MONTH
    costs: dict[str, list[Cost]] = {f"{name} {state}": [] for name in (OURS, WITH_DOCS, "peer") for state in ("cold", "warm")}
    loops: list[float] = []
    stages: list[dict[str, Any]] = []
    for number in range(size.repeat):
        console.print(f"{size.villages} villages, round {number + 1} of {size.repeat}", style="dim")
        home = folder / f"home{number}"
        ours = [CUNBAO, "run", MONTH, "--home", str(home), "--inbox", str(inbox), "-q", "--no-data-docs"]
        docs = [CUNBAO, "run", MONTH, "--home", str(folder / f"docs{number}"), "--inbox", str(inbox), "-q"]
        peer = [sys.executable, str(HERE / "peer.py"), str(books), str(folder / "peer")]
        turns = [(OURS, ours), (WITH_DOCS, docs), ("peer", peer)]
        for name, command in turns if number % 2 == 0 else reversed(turns):
            for state in ("cold", "warm"):
                cost = run_measured(command, ENVIRONMENT)
                costs[f"{name} {state}"].append(cost)
                if name == "peer":
                    loops += json.loads(cost.output)
        stages.append(_stages(folder / f"stages{number}", inbox, sample / "places.csv"))
    return {
        "villages": size.villages,
        "repeat": size.repeat,
        "figures_compared": _compare(folder / "home0" / "outbox" / MONTH, folder / "peer"),
        "costs": {name: _plain(median_cost(found)) for name, found in costs.items()},
        "spread": {name: [round(cost.wall, 3) for cost in found] for name, found in costs.items()},
        "peer_loop": statistics.median(loops),
        "stages": _median_stages(stages),
    }


def small_rows(small: Mapping[str, Any], goals: Mapping[str, float]) -> list[Row]:
    """The ratios of the 300 villages."""
    costs, stages, peer = small["costs"], small["stages"], small["costs"]["peer cold"]
    start = stages["worker_start"]
    return [
        Row("whole job, cold, wall: ours ÷ peer", costs["ours cold"]["wall"] / peer["wall"], "×", goals.get("whole_cold")),
        Row("whole job, cold, CPU: ours ÷ peer", costs["ours cold"]["cpu"] / peer["cpu"], "×", goals.get("whole_cold")),
        Row("whole job, warm, wall: ours ÷ peer", costs["ours warm"]["wall"] / costs["peer warm"]["wall"], "×"),
        Row("whole job with Data Docs, cold, wall: ours ÷ peer", costs[f"{WITH_DOCS} cold"]["wall"] / peer["wall"], "×"),
        Row("whole job with Data Docs, warm, wall: ours ÷ peer", costs[f"{WITH_DOCS} warm"]["wall"] / costs["peer warm"]["wall"], "×"),
        Row("whole job, cold, peak memory: ours ÷ peer", costs["ours cold"]["peak_mb"] / peer["peak_mb"], "×"),
        Row(
            "bytes to tables, wall, less worker start: ours ÷ peer",
            (stages["wall"] - start["wall"]) / peer["wall"],
            "×",
            goals.get("stages"),
        ),
        Row("bytes to tables, CPU, less worker start: ours ÷ peer", (stages["cpu"] - start["cpu"]) / peer["cpu"], "×", goals.get("stages")),
        Row("bytes to tables, wall, with worker start: ours ÷ peer", stages["wall"] / peer["wall"], "×"),
        Row("bytes to tables, wall, less worker start: ours ÷ peer's loop", (stages["wall"] - start["wall"]) / small["peer_loop"], "×"),
    ]


def _compare(outbox: Path, peer: Path) -> int:
    """That both made the same county totals, figure by figure; how many were compared.

    Raises:
        ValueError: a figure differs, or too few are named alike.
    """
    with open(peer / "county.csv", encoding="utf-8-sig", newline="") as file:
        theirs = next(csv.DictReader(file))
    with open(outbox / f"county_{MONTH}.csv", encoding="utf-8-sig", newline="") as file:
        ours = {row["indicator_zh"]: row["value"] for row in csv.DictReader(file) if row["kind"] != "derived"}
    both = [name for name in ours if name in theirs]
    wrong = [name for name in both if not math.isclose(float(ours[name]), float(theirs[name]), abs_tol=0.005)]
    if wrong or len(both) < len(ours) // 2:
        raise ValueError(f"ours and the peer's do not agree: {len(both)} of {len(ours)} figures are named alike, wrong are {wrong}")
    return len(both)


# -- 20,000 villages: bytes to tables beside calamine alone ----------------------------------------------------------------


def large(folder: Path, size: Size, console: Console) -> dict[str, Any]:
    """Many villages: calamine alone with two processes, before and after our stages, and before each of the rounds of the intake."""
    console.print(f"{size.large} villages: writing workbooks", style="dim")
    sample = _sample(folder / "large", size.large)
    native = []
    command = [sys.executable, str(HERE / "native.py"), str(sample / "inbox" / MONTH), str(WORKERS)]
    native.append(json.loads(run_measured(command, ENVIRONMENT).output))
    console.print(f"{size.large} villages: bytes to tables", style="dim")
    ours = _stages(folder / "stages-large", sample / "inbox", sample / "places.csv")
    intake = []
    for number in range(size.intakes):
        console.print(f"{size.large} villages: intake, then one new file among them, {number + 1} of {size.intakes}", style="dim")
        native.append(json.loads(run_measured(command, ENVIRONMENT).output))
        intake.append(_intake(folder / f"intake-large{number}", sample))
    return {
        "intake": {what: _middle([one[what] for one in intake]) for what in intake[0]},
        "intake_ratios": {
            kind: [one["all_new"][kind] / run[kind] for one, run in zip(intake, native[1:], strict=True)] for kind in ("wall", "cpu")
        },
        "villages": size.large,
        "native": {
            "wall": statistics.median(run["wall"] for run in native),
            "cpu": statistics.median(run["cpu"] for run in native),
            "rows": native[0]["rows"],
        },
        "ours": ours,
    }


def large_rows(large: Mapping[str, Any], goals: Mapping[str, float]) -> list[Row]:
    """The ratios of the 20,000 villages; both sides with the start of their processes."""
    ours, native, memory = large["ours"], large["native"], large["ours"]["memory"]
    reading, listings = ours["stages"]["read and keep"], ours["stages"]["town listings"]
    rows = [
        *[
            Row(f"{what}, {kind}: ours ÷ calamine alone", (ours[kind] - less[kind]) / native[kind], "×", goal)
            for what, less, goal in (
                ("bytes to town and county tables", listings, goals.get("large")),
                ("the same with a listing for every town", {"wall": 0.0, "cpu": 0.0}, None),
            )
            for kind in ("wall", "cpu")
        ],
        Row("reading and keeping alone, wall: ours ÷ calamine alone", reading["wall"] / native["wall"], "×"),
    ]
    every, one = large["intake"]["all_new"], large["intake"]["one_new"]
    for kind in ("wall", "cpu"):
        rows.append(
            Row(
                f"intake with receipts and identification, {kind}: ours ÷ calamine alone",
                statistics.median(large["intake_ratios"][kind]),
                "×",
                goals.get("intake"),
            )
        )
        share, receiving = 100 * one[kind] / every[kind], 100 * one["stages"]["receive"][kind] / every[kind]
        rows.append(Row(f"one new file among known ones, {kind}: of the whole intake", share, "%", goals.get("one_new")))
        rows.append(Row(f"one new file, receiving alone, {kind}", receiving, "%"))
    if memory:
        scale = 10_000 / (memory[1]["files"] - memory[0]["files"])
        for who, goal in (("main", goals.get("growth_mb")), ("workers", goals.get("growth_mb"))):
            growth = (memory[1][f"{who}_mb"] - memory[0][f"{who}_mb"]) * scale
            rows.append(Row(f"reading, memory growth a 10,000 villages, {who}", growth, "MB", goal))
    return rows


def _middle(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The run in the middle by its wall time."""
    return dict(sorted(runs, key=lambda run: run["wall"])[len(runs) // 2])


def _intake(home: Path, sample: Path) -> dict[str, Any]:
    """The intake assets on all files, and again after one has been replaced."""
    inbox = sample / "inbox"
    command = [sys.executable, str(HERE / "intake.py"), str(home), str(inbox), str(sample / "places.csv"), MONTH, str(WORKERS)]
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    all_new = json.loads(run_measured(command, environment).output.splitlines()[-1])
    first = min((inbox / MONTH).glob("*.xlsx"))
    with zipfile.ZipFile(first, "a") as archive:
        archive.comment = b"sent again"
    return {"all_new": all_new, "one_new": json.loads(run_measured(command, environment).output.splitlines()[-1])}


# -- what both use ---------------------------------------------------------------------------------------------------------


def _sample(folder: Path, villages: int) -> Path:
    towns = max(2, villages // 100 if villages > 1000 else villages // 25)
    command = [CUNBAO, "sample", str(folder), MONTH, "--villages", str(villages), "--towns", str(towns), "--no-departments"]
    subprocess.run([*command, "--dialects", "template", "--no-mistakes", "--json"], check=True, stdout=subprocess.DEVNULL)
    return folder


def _stages(home: Path, inbox: Path, places: Path) -> dict[str, Any]:
    # With -c, because workers would import the heavy module once more if it were the main one.
    home.mkdir()
    command = [sys.executable, "-c", "import stages; stages.main()", str(home), str(inbox), str(places), MONTH, str(WORKERS)]
    cost = run_measured(command, ENVIRONMENT)
    made: dict[str, Any] = json.loads(cost.output)
    if made["counts"]["accepted"] != made["counts"]["files"]:
        raise ValueError(f"not every village was accepted: {made['counts']}")
    return {**made, "peak_mb": cost.peak_mb}


def _median_stages(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def middle(*path: str) -> dict[str, float]:
        found = []
        for run in runs:
            here: Any = run
            for key in path:
                here = here[key]
            found.append(here)
        return {kind: statistics.median(f[kind] for f in found) for kind in ("wall", "cpu")}

    return {
        **middle(),
        "worker_start": middle("worker_start"),
        "stages": {name: middle("stages", name) for name in runs[0]["stages"]},
        "counts": runs[0]["counts"],
    }


def _plain(cost: Cost) -> dict[str, float]:
    return {"wall": cost.wall, "cpu": cost.cpu, "peak_mb": cost.peak_mb}


def machine() -> dict[str, str]:
    """What the numbers were measured on: nothing that names the machine."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        model = next((line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")), model)
    return {
        "cpu": f"{os.cpu_count()} × {model}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_at_start": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?",
    }


# -- the report ------------------------------------------------------------------------------------------------------------


@contextmanager
def _table(console: Console, title: str, *columns: str) -> Iterator[Table]:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    yield table
    console.print(table)


def _print_costs(console: Console, small: Mapping[str, Any]) -> None:
    title = f"Whole job, {small['villages']} villages, median of {small['repeat']} ({small['figures_compared']} county totals are equal)"
    with _table(console, title, "", "wall s", "CPU s", "peak MB", "wall, each round") as table:
        for name, cost in small["costs"].items():
            spread = " ".join(f"{wall:.2f}" for wall in small["spread"][name])
            table.add_row(name, f"{cost['wall']:.2f}", f"{cost['cpu']:.2f}", f"{cost['peak_mb']:.0f}", spread)
        table.add_row("peer's loop without its imports", f"{small['peer_loop']:.2f}", "", "", "")


def _print_stages(console: Console, small: Mapping[str, Any]) -> None:
    stages = small["stages"]
    with _table(console, "Bytes to tables in one process (imports before the clock)", "stage", "wall ms", "CPU ms") as table:
        for name, cost in {**stages["stages"], "all, worker start in it": stages, "worker start alone": stages["worker_start"]}.items():
            table.add_row(name, f"{1000 * cost['wall']:.0f}", f"{1000 * cost['cpu']:.0f}")


def _print_large(console: Console, large: Mapping[str, Any]) -> None:
    ours = large["ours"]
    with _table(console, f"{large['villages']} villages, {WORKERS} processes", "", "wall s", "CPU s") as table:
        lines = {"calamine alone": large["native"], "ours, bytes to tables": ours, **{f"  {n}": c for n, c in ours["stages"].items()}}
        for name, cost in lines.items():
            table.add_row(name, f"{cost['wall']:.2f}", f"{cost['cpu']:.2f}")
    for point in ours["memory"]:
        console.print(f"after {point['files']} files: main {point['main_mb']:.0f} MB, workers {point['workers_mb']:.0f} MB")


def _print_goals(console: Console, rows: Sequence[Row]) -> None:
    with _table(console, "Goals", "ratio", "measured", "goal", "") as table:
        for row in rows:
            goal = "" if row.goal is None else f"≤ {row.goal:g} {row.unit}"
            table.add_row(row.name, f"{row.value:.2f} {row.unit}", goal, row.verdict)


def page_text(result: Mapping[str, Any]) -> str:
    """docs/benchmarks.md: the numbers with what they were measured on and how."""
    about = result["machine"]
    parts = [
        "# Benchmarks",
        "",
        f"Written by `make bench` (`python tests/bench/bench_month.py --write`) on {result['at']}.",
        f"Machine: {about['cpu']}, {about['memory']}, {about['system']}, Python {about['python']}; "
        f"load {about['load_at_start']} at the start.",
        "",
        "| What | Measured | Goal | |",
        "|---|---:|---:|---|",
    ]
    for row in result["goals"]:
        goal = "" if row["goal"] is None else f"≤ {row['goal']:g} {row['unit']}"
        parts.append(f"| {row['name']} | {row['value']:.2f} {row['unit']} | {goal} | {row['verdict']} |")
    if "small" in result:
        small = result["small"]
        parts += [
            "",
            f"## {small['villages']} villages, median of {small['repeat']} rounds",
            "",
            "| Whole job | wall s | CPU s | peak MB |",
            "|---|---:|---:|---:|",
        ]
        parts += [f"| {n} | {c['wall']:.2f} | {c['cpu']:.2f} | {c['peak_mb']:.0f} |" for n, c in small["costs"].items()]
        parts += ["", "| Stage, in one process | wall ms | CPU ms |", "|---|---:|---:|"]
        stages = small["stages"]
        lines = {**stages["stages"], "all, worker start in it": stages, "worker start alone": stages["worker_start"]}
        parts += [f"| {n} | {1000 * c['wall']:.0f} | {1000 * c['cpu']:.0f} |" for n, c in lines.items()]
    if "large" in result:
        large = result["large"]
        lines = {"calamine alone": large["native"], "ours, bytes to tables": large["ours"], **large["ours"]["stages"]}
        parts += ["", f"## {large['villages']} villages, {WORKERS} processes", "", "| | wall s | CPU s |", "|---|---:|---:|"]
        parts += [f"| {n} | {c['wall']:.2f} | {c['cpu']:.2f} |" for n, c in lines.items()]
        rounds = {kind: " ".join(f"{ratio:.2f}" for ratio in ratios) for kind, ratios in large["intake_ratios"].items()}
        parts += ["", f"Intake ÷ calamine alone in each round: wall {rounds['wall']}; CPU {rounds['cpu']}."]
        parts += [""] * bool(large["ours"]["memory"])
        parts += [
            f"After {p['files']} files: main process {p['main_mb']:.0f} MB, its workers {p['workers_mb']:.0f} MB resident.  "
            for p in large["ours"]["memory"]
        ]
    return "\n".join([*parts, "", _HOW, ""])


_HOW = """## How it is measured

- The workbooks are the current template, filled by the sample county, without mistakes. The peer (`tests/bench/peer.py`) is a loop over
  `pandas.read_excel` with openpyxl, figures picked by label, concat, groupby by town and by county, to_csv; it validates nothing.
  Its county totals and ours are compared, figure by figure, in every run.
- Whole job: `cunbao run` in a process of its own, with Dagster, store, receipts, checks, plots, tables and listings. Cold: a fresh home;
  warm: the same command again. The page cache is as it is after writing the workbooks and bytecode is compiled, on both sides.
  The peer does its whole work both times. The two take turns at being first.
- "Ours" makes no Data Docs (`--no-data-docs`): the peer makes no pages either.
  What a month costs as it runs by default is the line with Data Docs.
- CPU is user and system time with all children. Peak memory is the most that process and children held resident at one time; pages that
  they share are counted for each.
- Bytes to tables: the functions that the assets call, in one process without Dagster (`tests/bench/stages.py`). Imports of the main
  process come before the clock; the start of the reading workers is measured apart, with one file each, and both figures are given.
- Many villages: calamine alone reads every sheet to Python lists with two processes; ours reads with two workers and goes on to the tables.
  Calamine alone and the intake take turns; the ratio is the middle one of the rounds. Workbooks of a kind that was met before are read by
  their plain parts (decision 0006); what is not plain costs what it cost before, calamine's time and half as much again.
  Both with the start of their processes. A listing for each town (a workbook with a row for every village) is no table of a town or county
  and costs as much as all the reading; it is shown apart. Memory is looked at every hundred files while they are read."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="60 villages once and 500 instead of 20,000: does it work at all?")
    parser.add_argument("--repeat", type=int, default=5, help="rounds of the 300 villages")
    parser.add_argument("--only", choices=("small", "large"), default="", help="one half of it")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    if options.write and (options.quick or options.only):
        parser.error("--write belongs to the full benchmark")
    return options


if __name__ == "__main__":
    main()
