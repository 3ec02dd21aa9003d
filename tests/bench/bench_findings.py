"""What the review finds of planted mistakes, beside what others flag by, on the same figures in the same run.

python bench_findings.py [--quick] [--write] [--seeds 2]: prints Markdown; `--write` puts it into docs/findings-benchmark.md.
Evaluation seeds (from 9001) are no development seeds. Nothing here is learnt from the planted labels: they are looked at afterwards.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from baselines import THRESHOLDS  # noqa: E402
from detection import EDITS, OURS, Month, flagged_by, review_county  # noqa: E402
from planted import localised_single_cells  # noqa: E402

from schemas.dictionary import load_dictionary  # noqa: E402

FIRST_SEED = 9001
PAGE = ROOT / "docs/findings-benchmark.md"
METHODS = (OURS, EDITS, *THRESHOLDS)
TOP = 20


def average_precision(is_mistake: np.ndarray, score: np.ndarray) -> float:  # type: ignore[type-arg]
    """Mean of precision at each mistake, of all village-months in order of score; ties in order of code."""
    hits = is_mistake[np.argsort(-score, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def detection(months: list[Month]) -> pd.DataFrame:
    """A row a method: average precision, recall in the top 20 a month, villages asked about a month, share that is right, recall."""
    v = pd.concat([m.villages for m in months], ignore_index=True)
    truth, rows = v["is_mistake"].to_numpy(), []
    for name in METHODS:
        top = v.sort_values(name, ascending=False, kind="stable").groupby(["seed", "month"]).head(TOP)
        asked = flagged_by(name, v).to_numpy()
        row = {"method": name, "average precision": average_precision(truth, v[name].to_numpy())}
        row |= {f"recall in top {TOP}": top["is_mistake"].sum() / truth.sum(), "asked a month": asked.sum() / len(months)}
        rows.append({**row, "of them mistakes": truth[asked].mean(), "mistakes asked": asked[truth].mean()})
    return pd.DataFrame(rows)


def by_kind(months: list[Month]) -> pd.DataFrame:
    """A row a kind of mistake: how many, share asked about, share in which an edit is broken, localisation."""
    v = pd.concat([m.villages for m in months], ignore_index=True)
    bad = v[v["is_mistake"]]
    seen = bad.assign(asked=flagged_by(OURS, bad), edit=bad["n_hard"] > 0).groupby("kind")[["asked", "edit"]].mean()
    located = pd.concat([m.located for m in months], ignore_index=True)
    ranks = located.assign(first=located["rank"] == 1, three=located["rank"].between(1, 3)).groupby("kind")[["first", "three"]].mean()
    return seen.assign(planted=bad.groupby("kind").size()).join(ranks).reset_index()


def quiet(months: list[Month]) -> dict[str, float]:
    """Findings on villages that made no mistake in the month, and none in the month before that still shows."""
    v = pd.concat([m.villages for m in months], ignore_index=True)
    clean, echo = v[~v["is_mistake"] & ~v["is_echo"]], v[~v["is_mistake"] & v["is_echo"]]
    return {
        "untouched village-months": len(clean),
        "hard findings on them": int(clean["n_hard"].sum()),
        "verify findings a 100": 100 * clean["n_verify"].sum() / len(clean),
        "village-months after a mistake": len(echo),
        "hard findings on those": int(echo["n_hard"].sum()),
    }


def table(frame: pd.DataFrame) -> str:
    """Markdown; shares with three places."""

    def shown(value: object) -> str:
        if isinstance(value, float):
            return "–" if value != value else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
        return str(value)

    head = "| " + " | ".join(map(str, frame.columns)) + " |"
    lines = ["| " + " | ".join(shown(v) for v in row) + " |" for row in frame.itertuples(index=False)]
    return "\n".join([head, "|---|" + "---:|" * (len(frame.columns) - 1), *lines])


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    dictionary, count, size = load_dictionary([]), 3 if options.quick else 36, 60 if options.quick else 300
    months = [f"{2022 + n // 12}-{n % 12 + 1:02d}" for n in range(count)]
    seeds = range(FIRST_SEED, FIRST_SEED + (1 if options.quick else options.seeds))
    usual = [m for s in seeds for m in review_county(s, months, dictionary, villages=size)]
    wide = [m for s in seeds for m in review_county(s + 100, months, dictionary, wide=True, villages=size)]
    single = localised_single_cells(FIRST_SEED + 200, dictionary, villages=size, months=min(count, 8))
    seconds = pd.DataFrame([m.seconds for m in usual if m.seconds]).fillna(0.0)
    parts = [
        "# What the review finds\n",
        f"Written by `make bench-findings` on {time.strftime('%Y-%m-%d')}: {len(seeds)} invented counties of {size} villages, {count}"
        f" months, seeds {seeds[0]}–{seeds[-1]} (and + 100, + 200), which were not looked at while the methods were made.",
        "All methods see the same figures in the same run. A row of the tables counts village-months; a mistake is one in the figures.\n",
        "## The sample county's own mistakes\n",
        table(detection(usual)),
        "",
        table(by_kind(usual)),
        "",
        "\n".join(f"- {name}: {value:.2f}" if isinstance(value, float) else f"- {name}: {value}" for name, value in quiet(usual).items()),
        "\n## More kinds of mistakes, as many in all\n",
        table(detection(wide)),
        "",
        table(by_kind(wide)),
        "",
        "\n".join(f"- {name}: {value:.2f}" if isinstance(value, float) else f"- {name}: {value}" for name, value in quiet(wide).items()),
        "\n## Which cell: one mistake planted into one cell (or two for a swap) of reports that were right\n",
        single.page(),
        "\n## Processor seconds a month of 300 villages\n" if not options.quick else "\n## Processor seconds a month\n",
        table(seconds.agg(["mean", "max"]).T.reset_index(names="stage")),
        "",
    ]
    page = "\n".join(parts)
    print(page)
    out = ROOT / "out/bench"
    out.mkdir(parents=True, exist_ok=True)
    made = {"detection": detection(usual).to_dict("records"), "wide": detection(wide).to_dict("records"), "quiet": quiet(usual)}
    name = "findings-quick.json" if options.quick else "findings.json"
    (out / name).write_text(json.dumps({**made, "single": single.shares()}, indent=1), "utf-8")
    if options.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
