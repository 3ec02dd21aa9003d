"""The benchmark of pattern evidence runs from end to end, and its scorer counts as others do. How good tests are is not asked here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from methods.evidence.registry import DETECTORS
from methods.simulate.patterns.kinds import KINDS, SHARED
from tests.bench.evidence import score
from tests.bench.evidence.baselines import BASELINES
from tests.bench.evidence.criteria import criteria
from tests.bench.evidence.trials import MADE_FOR, OURS, Setting, county_of, is_planted, measured

ROOT = Path(__file__).resolve().parents[3]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 10))
def test_average_precision_is_what_scikit_learn_computes_when_no_scores_are_tied(seed: int, planted: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.zeros(40, dtype=bool)
    truth[rng.choice(40, planted, replace=False)] = True
    scores = rng.permutation(40).astype(float)
    assert score.average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores))


def test_ties_are_scored_in_the_worst_order() -> None:
    truth = np.array([True, False, False, False])
    assert score.average_precision(np.ones(4), truth) == 0.25
    assert score.precision_at(np.ones(4), truth, 2) == 0.0


def test_an_empty_list_has_no_false_share_and_no_recall() -> None:
    truth, empty = np.array([True, False, True]), np.zeros(3, dtype=bool)
    assert (score.false_share(empty, truth), score.recall(empty, truth)) == (0.0, 0.0)
    assert score.false_share(~empty, truth) == pytest.approx(1 / 3)


def test_every_kind_names_tests_that_exist() -> None:
    assert set(MADE_FOR) == {*KINDS, *SHARED}
    assert {name for names in MADE_FOR.values() for name in names} <= {d.id for d in DETECTORS}


def test_baselines_judge_every_village_and_find_more_than_nothing_of_what_is_glaring() -> None:
    judged = county_of(Setting(9, kinds=("empty_reporting",), villages=(120, 120), months=24))
    truth = is_planted(judged)
    for name, rule in BASELINES.items():
        verdict = rule(judged.records)
        assert verdict.score.shape == verdict.listed.shape == truth.shape
        assert np.isfinite(verdict.score).all(), name
    assert measured(BASELINES["isolation forest"](judged.records), truth)["ap"] > 3 * truth.mean()


def test_a_criterion_is_missed_when_the_figures_say_so() -> None:
    row = {
        "method": OURS,
        "seed": 1,
        "ap": 0.79,
        "top20": 0.95,
        "recall_listed": 0.5,
        "false_listed": 0.3,
        "false_strong": 0.0,
        "strong": 0,
        "listed": 1,
    }
    said = {line.name: line.verdict for line in criteria({"ordinary_methods": [row]})}
    assert said["average precision"] == said["recall of the list 'please check'"] == "MISSED"
    assert said["precision in the top 20"] == "met"
    assert said["average precision under harder nuisance"] == "not run"


@pytest.mark.slow
def test_the_quick_benchmark_runs_from_end_to_end() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.evidence.run", "--quick", "--development"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=240,
    )

    assert done.returncode == 0, done.stderr
    rows = json.loads((ROOT / "out/bench/evidence-quick.json").read_text("utf-8"))["rows"]
    assert {row["method"] for row in rows["ordinary_methods"]} == {OURS, *BASELINES}
    assert len(rows["ordinary_planted"]) >= 5
    assert rows["kinds"][0]["ap"] >= rows["kinds"][0]["ap_left_out"] > 0
    assert all(row["recall_listed"] is None or row["recall_listed"] != row["recall_listed"] for row in rows["nothing_methods"])
    assert "average precision" in done.stdout
