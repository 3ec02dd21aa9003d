"""The benchmark of pattern evidence: `make bench-evidence`, or python -m tests.bench.evidence.run --help.

Seeds: development uses those below 1,000, the evaluation 10,000 and above; nothing was tuned on the latter. See docs/evidence-benchmark.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.evidence import page, speed, taiwan
from tests.bench.evidence.criteria import criteria
from tests.bench.evidence.trials import MADE_FOR, Setting, detection, one_kind, whole_county

ROOT = Path(__file__).resolve().parents[3]
DEVELOPMENT, EVALUATION = 0, 10_000
WORKERS = 2


@dataclass(frozen=True)
class Plan:
    """How many seeds each part has, the counties' sizes, and which kinds are tried alone."""

    ordinary: int = 40
    harder: int = 20
    nothing: int = 50
    each_kind: int = 3
    detection: int = 4
    taiwan: int = 3
    kinds: tuple[str, ...] = tuple(MADE_FOR)
    villages: tuple[int, int] = (400, 600)
    alone: tuple[int, int] = (300, 300)
    months: int = 36
    counties: int = 40
    county: int = 500

    def reduced(self, fraction: float) -> Plan:
        """The same with a fraction of the seeds, at least one each."""
        counts = ("ordinary", "harder", "nothing", "each_kind", "detection", "taiwan")
        return replace(self, **{name: max(1, round(fraction * getattr(self, name))) for name in counts})


QUICK = Plan(1, 1, 1, 1, 0, 0, ("copy_forward",), (100, 100), (100, 100), 14, 0, 0)
PARTS = ("ordinary", "harder", "nothing", "kinds", "detection", "taiwan", "speed")


def main() -> None:
    """Run the parts asked for in two processes, keep the rows, and write the page if asked."""
    options = _options()
    plan, first = QUICK if options.quick else Plan().reduced(options.fraction), DEVELOPMENT if options.development else EVALUATION
    console, begin = Console(width=120), time.perf_counter()
    target = ROOT / "out" / "bench" / f"evidence{'-quick' if options.quick else ''}.json"
    found: dict[str, Any] = {"rows": {}, "seconds": 0.0}
    if options.keep and target.exists():
        found = json.loads(target.read_text("utf-8"))
        found["rows"] = {name: rows for name, rows in found["rows"].items() if name.split("_")[0] not in options.parts}
    found["rows"] |= _rows(plan, first, options.parts, console)
    found |= {
        "development": options.development,
        "trees": {part: tree for part, tree in found.get("trees", {}).items() if part not in options.parts}
        | dict.fromkeys(options.parts, _tree()),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "seconds": found["seconds"] + time.perf_counter() - begin,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    for line in criteria(found["rows"]):
        console.print(f"{line.verdict:8s} {line.name}: {line.shown} (goal {line.goal})", highlight=False)
    console.print(f"Kept in {target.relative_to(ROOT)}; {time.perf_counter() - begin:.0f} s")
    if options.write:
        page.write(ROOT / "docs", found)
        console.print("Wrote docs/evidence-benchmark.md")


def _tree() -> str:
    """The commit that is measured, with '-dirty' where files differ from it; empty outside of a repository."""
    made = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return made.stdout.strip()


def _rows(plan: Plan, first: int, parts: Sequence[str], console: Console) -> dict[str, Any]:
    begin, rows = time.perf_counter(), dict[str, Any]()
    with ProcessPoolExecutor(WORKERS) as pool:
        waiting = [(name, pool.submit(call, *given)) for name, call, given in tasks(plan, first) if name in parts]
        for done, (name, future) in enumerate(waiting, start=1):
            _keep(rows, name, future.result())
            if done % 10 == 0 or done == len(waiting):
                console.print(f"{done} of {len(waiting)} counties, {time.perf_counter() - begin:.0f} s", style="dim")
    source = taiwan.folder()
    if "taiwan" in parts and source is None:
        console.print("CUNBAO_SHARED_DATA names no folder of real figures: the real villages are left out.")
    elif "taiwan" in parts and source is not None and plan.taiwan:
        rows["taiwan"], rows["taiwan_planted"] = taiwan.trial(source, range(first + 600, first + 600 + plan.taiwan))
    if "speed" in parts and plan.counties:
        rows["speed"] = [speed.timed(first + 700, 1, 300), speed.timed(first + 700, plan.counties, plan.county)]
    return rows


def tasks(plan: Plan, first: int) -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """(name, function, arguments) of every county, the longest first."""
    size = {"villages": plan.villages, "months": plan.months}
    for n in range(plan.detection):
        yield "detection", detection, (Setting(first + 400 + n, villages=plan.alone),)
    for k, kind in enumerate(plan.kinds):
        for n in range(plan.each_kind):
            yield "kinds", one_kind, (first + 300 + plan.each_kind * k + n, kind, "ordinary", plan.alone)
    for n in range(plan.ordinary):
        yield "ordinary", whole_county, (Setting(first + n, **size),)
    for n in range(plan.harder):
        yield "harder", whole_county, (Setting(first + 100 + n, "harder", **size), ("isolation forest",))
    for n in range(plan.nothing):
        yield "nothing", whole_county, (Setting(first + 200 + n, share=0.0, **size), ())


def _keep(rows: dict[str, Any], name: str, result: Any) -> None:
    if isinstance(result, tuple):
        for part, found in result._asdict().items():
            rows.setdefault(f"{name}_{part}", []).extend(found)
    else:
        rows.setdefault(name, []).extend(result if isinstance(result, list) else [result])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small county of each part, to see that everything runs")
    parser.add_argument("--fraction", type=float, default=1.0, help="of the seeds of every part")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts to run, of {','.join(PARTS)}")
    parser.add_argument("--keep", action="store_true", help="keep the rows of the other parts from the last run")
    parser.add_argument("--development", action="store_true", help="seeds below 1,000")
    parser.add_argument("--write", action="store_true", help="write docs/evidence-benchmark.md and its pictures")
    options = parser.parse_args()
    options.parts = options.only.split(",")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
