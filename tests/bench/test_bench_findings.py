"""The benchmark of the findings runs and compares every method on the same figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_quick_benchmark_compares_all_methods_and_localises() -> None:
    command = [sys.executable, "-W", "ignore", str(ROOT / "tests/bench/bench_findings.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=240, check=False)

    assert done.returncode == 0, done.stderr
    made = json.loads((ROOT / "out/bench/findings-quick.json").read_text("utf-8"))
    precision = {row["method"]: row["average precision"] for row in made["detection"]}
    assert set(precision) == {"cunbao A+B", "hard edits alone", "DHIS2 z", "DHIS2 modified z", "DHIS2 min–max"}
    assert precision["cunbao A+B"] == max(precision.values())
    assert made["quiet"]["hard findings on them"] == 0
    assert made["single"]["in the first set"] >= 0.70
    assert made["single"]["in the first three"] >= 0.90
    assert made["single"]["where only one set will do"] == 1.0
