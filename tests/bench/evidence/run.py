"""The benchmark of pattern evidence: `make bench-evidence`, or python -m tests.bench.evidence.run [--quick] [--development] [--write].

Seeds: development uses those below 1,000, the evaluation 10,000 and above; nothing was tuned on the latter. See docs/evidence-benchmark.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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


QUICK = Plan(1, 1, 1, 1, 0, 0, ("copy_forward",), (100, 100), (100, 100), 14, 0, 0)


def main() -> None:
    """Run the plan in two processes, keep the rows, and write the page if asked."""
    options = _options()
    plan, first = QUICK if options.quick else Plan(), DEVELOPMENT if options.development else EVALUATION
    console, begin = Console(width=120), time.perf_counter()
    found: dict[str, Any] = {"rows": {}, "quick": options.quick, "development": options.development}
    with ProcessPoolExecutor(WORKERS) as pool:
        waiting = [(name, pool.submit(call, *given)) for name, call, given in tasks(plan, first)]
        for done, (name, future) in enumerate(waiting, start=1):
            _keep(found["rows"], name, future.result())
            if done % 10 == 0 or done == len(waiting):
                console.print(f"{done} of {len(waiting)} counties, {time.perf_counter() - begin:.0f} s", style="dim")
    source = taiwan.folder()
    if source is None:
        console.print("CUNBAO_SHARED_DATA names no folder of real figures: the real villages are left out.")
    elif plan.taiwan:
        found["rows"]["taiwan"], found["rows"]["taiwan_planted"] = taiwan.trial(source, range(first + 600, first + 600 + plan.taiwan))
    if plan.counties:
        found["rows"]["speed"] = [speed.timed(first + 700, 1, 300), speed.timed(first + 700, plan.counties, plan.county)]
    found |= {"machine": f"{platform.machine()}, Python {platform.python_version()}", "seconds": time.perf_counter() - begin}
    target = ROOT / "out" / "bench" / f"evidence{'-quick' if options.quick else ''}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    for line in criteria(found["rows"]):
        console.print(f"{line.verdict:8s} {line.name}: {line.shown} (goal {line.goal})", highlight=False)
    console.print(f"Kept in {target.relative_to(ROOT)}; {found['seconds']:.0f} s")
    if options.write:
        page.write(ROOT / "docs", found, plan)
        console.print("Wrote docs/evidence-benchmark.md")


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
    parser.add_argument("--development", action="store_true", help="seeds below 1,000")
    parser.add_argument("--write", action="store_true", help="write docs/evidence-benchmark.md and its pictures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
