"""The benchmark runs and says what it compares. How long things take is not a matter for tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_quick_benchmark_compares_equal_totals_and_prints_ratios() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/bench/bench_month.py"), "--quick"], capture_output=True, text=True, cwd=ROOT, timeout=480
    )

    assert done.returncode == 0, done.stderr
    assert "ours ÷ peer" in done.stdout
    assert "ours ÷ calamine alone" in done.stdout
    made = json.loads((ROOT / "out/bench/quick.json").read_text("utf-8"))
    assert made["small"]["figures_compared"] > 50
    assert made["small"]["stages"]["counts"]["accepted"] == 60
    assert made["large"]["ours"]["counts"]["accepted"] == 500
    assert all(row["value"] > 0 for row in made["goals"])
