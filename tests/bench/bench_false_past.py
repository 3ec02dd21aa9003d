"""How often right reports are asked about because of their past: every month from the second on, and right after months without reports.

python bench_false_past.py [--quick] [--write]: prints Markdown; `--write` puts it into docs/false-past.md. Real villages (the folder that
CUNBAO_SHARED_DATA names; Taiwan, July to December 2018, as published) and invented counties without a planted mistake. A gap is made by
leaving months out of the history. Counted are questions of `unusual_change`, and how many of 200 figures made ten times, half again,
or a fifth larger are asked about.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from bench_findings import table  # noqa: E402

from methods.implausible import expect, flagged, questions_of_columns, test_for  # noqa: E402
from methods.panel import Panel, panel_of, with_successors  # noqa: E402
from methods.simulate.county import simulate_county  # noqa: E402
from schemas.dictionary import Dictionary, load_dictionary  # noqa: E402
from tests.bench.evidence import taiwan  # noqa: E402

PAGE = ROOT / "docs/false-past.md"
SEEDS = tuple(range(9301, 9309))
SLIPS = {"times ten": 10.0, "half again": 1.5, "a fifth more": 1.2}
PLANTED, ROUNDS = 200, 4


@dataclass(frozen=True)
class Case:
    """One month's reports and the history that is left: months known before it, months without reports right before it."""

    county: str
    panel: Panel
    known: int
    gap: int


def cut(county: str, panel: Panel, last: int, known: int, gap: int) -> Case:
    """The panel with month number `last` at its end, `gap` months left out before it and `known` months before those."""
    kept = [*range(last - gap - known, last - gap), last]
    months = tuple(panel.months[m] for m in kept)
    return Case(county, Panel(months, panel.villages, panel.codes, panel.values[kept]), known, gap)


def real_cases() -> Iterator[Case]:
    """Every month and every gap that six months allow."""
    source = taiwan.folder()
    if source is None:
        return
    with taiwan.place_scheme() as dictionary:
        panel = with_all_codes(taiwan.read_villages(source, dictionary).panel, dictionary)
    for last in range(1, 6):
        for gap in range(last):
            for known in range(1, last - gap + 1):
                if gap == 0 and known < last:
                    continue  # months that exist are known
                yield cut("Taiwan", panel, last, known, gap)


def invented_cases(dictionary: Dictionary, seeds: Sequence[int], villages: int) -> Iterator[Case]:
    """Every month from the second on, and gaps of 3, 6 and 12 months after one, two, six and twelve months of history."""
    months = [f"{2021 + n // 12}-{n % 12 + 1:02d}" for n in range(30)]
    for seed in seeds:
        county = simulate_county(np.random.default_rng(seed), dictionary, months=months, villages=villages, plant_mistakes=False)
        steady = county.figures["village_code"].value_counts()
        joined = with_successors(county.figures, county.lineage, list(dictionary.codes), months[-1])
        panel = panel_of(joined, dictionary.codes, sorted(steady[steady == len(months)].index), months)
        for last in (1, 2, 3, 4, 6, 9, 12, 18, 24, 29):
            yield cut("sample", panel, last, last, 0)
        for gap in (3, 6, 12):
            for known in (1, 2, 3, 6, 12):
                for last in (known + gap, known + gap + 3):
                    yield cut("sample", panel, last, known, gap)


def with_all_codes(panel: Panel, dictionary: Dictionary) -> Panel:
    """The panel with a column for every indicator."""
    values = np.full((*panel.values.shape[:2], len(dictionary.codes)), np.nan)
    values[:, :, [dictionary.codes.index(code) for code in panel.codes]] = panel.values
    return Panel(panel.months, panel.villages, tuple(dictionary.codes), values)


def measured(case: Case, dictionary: Dictionary) -> dict[str, object]:
    """Questions of unusual_change a 100 reports, and the share of planted slips that are asked about."""
    stock = np.array([test_for(dictionary, dictionary.indicators[c]) == "stock" for c in case.panel.codes], dtype=bool)
    asked = flagged(expect(case.panel, dictionary), dictionary) & stock
    of = questions_of_columns(case.panel.codes, dictionary)
    questions = len({(row, of[column]) for row, column in np.argwhere(asked).tolist()})
    row = {"county": case.county, "month": case.panel.months[-1], "known": case.known, "gap": case.gap, "reports": len(asked)}
    row |= {"questions": questions, "figures": int(asked.sum()), "villages": int(asked.any(axis=1).sum())}
    at = case.panel.codes.index("population_end_m")
    # Few at a time: a month in which a tenth of a county's figures is wrong is judged by another measure.
    size, rounds = min(PLANTED, max(2, len(asked) // 100)), ROUNDS if len(asked) < 1000 else 1
    chosen = np.random.default_rng(5).choice(len(asked), size * rounds, replace=False).reshape(rounds, size)
    for name, factor in SLIPS.items():
        found_in = []
        for villages in chosen:
            values = case.panel.values.copy()
            values[-1, villages, at] = np.round(values[-1, villages, at] * factor)
            found = flagged(expect(replace(case.panel, values=values), dictionary), dictionary)
            found_in.append(float(found[villages, at].mean()))
        row[name] = float(np.mean(found_in))
    return row


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a county, gap and number of months known."""
    of = rows.groupby(["county", "gap", "known"])
    sums = of[["reports", "questions", "figures", "villages"]].sum()
    rates = {"a 100 reports": 100 * sums["questions"] / sums["reports"], "worst month": of["rate"].max()}
    return pd.concat([sums.assign(**rates), of[list(SLIPS)].mean()], axis=1).reset_index()


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    dictionary = load_dictionary([])
    seeds, size = (SEEDS[:1], 100) if options.quick else (SEEDS, 300)
    cases = [*real_cases(), *invented_cases(dictionary, seeds, size)]
    rows = pd.DataFrame([measured(case, dictionary) for case in cases])
    rows["rate"] = 100 * rows["questions"] / rows["reports"]
    page = "\n".join(
        [
            "# What is asked because of the past\n",
            "Written by `python tests/bench/bench_false_past.py --write`. Figures as reported, no mistake planted (real villages may have",
            "made some): `unusual_change` questions a 100 reports, by how many months were known and how many were left out right before",
            "the month; stocks that move together are one question. Target: at most "
            f"{dictionary.implausible.false_questions_per_100}. The last columns: share of wrong figures that "
            "were planted into `population_end_m` and are asked about.\n",
            table(summary(rows)),
            "",
        ]
    )
    print(page)
    if options.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
