"""Pattern evidence on the records of a county or of many: every test on every window, combined into two lists and an order.

The promise (see docs): for each month's list by itself, among 'please check' flags the expected share of villages whose figures were
simply counted is at most 10 %, and among 'strong' ones at most 5 %. Looking again each month at overlapping windows is not one
experiment; so a village that a reviewer has looked at is silent until six new months exist, and from then on only windows made of new
months speak. Nothing is promised of villages that are not on the lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.evidence.combine import benjamini_hochberg, cauchy, e_benjamini_hochberg, e_of, empirical_null
from methods.evidence.county import Block, County, arrange
from methods.evidence.records import Records
from methods.evidence.registry import DETECTORS, Detector
from methods.evidence.towns import pool_towns
from methods.evidence.weight import Outcome
from methods.panel import Panel
from schemas.dictionary import Dictionary
from schemas.frames import EVIDENCE_COLUMNS, FLAG_COLUMNS

FEWEST_MONTHS = 6
_KEPT_P = 0.01
_INFLUENCE = (0.2, 5.0)
_INFLUENCE_MONTHS = 12


@dataclass(frozen=True)
class Examined:
    """evidence: Evidence frame (tests with p ≤ 0.01, and every test of a flagged village that says anything). flags: PatternFlag frame,
    all villages."""

    evidence: pd.DataFrame
    flags: pd.DataFrame


@dataclass(frozen=True)
class _Judged:
    """One county: villages, p by test × window × n (empirical null applied), outcomes, influence."""

    county: County
    towns: tuple[str, ...]
    detectors: tuple[Detector, ...]
    outcomes: tuple[Outcome, ...]
    p: Block
    influence: Block
    town_rows: pd.DataFrame


def examine(records: Records, dictionary: Dictionary, *, leave_out: Sequence[str] = (), seed: int = 0) -> Examined:
    """Look for patterns.

    Args:
        records: T months × n villages, of one county or more; counties are told apart by the place scheme of the dictionary.
        dictionary: words, roles, place scheme.
        leave_out: ids of tests not to run.
        seed: of the permutations of towns.

    Raises:
        ValueError: a name in `leave_out` is no test.
    """
    unknown = set(leave_out) - {d.id for d in DETECTORS}
    if unknown:
        raise ValueError(f"no such test: {', '.join(sorted(unknown))}")
    detectors = tuple(d for d in DETECTORS if d.id not in leave_out)
    if len(records.panel.months) < FEWEST_MONTHS:
        return _nothing(records)
    rng = np.random.default_rng(seed)
    judged = [_judge(part, dictionary, detectors, rng) for part in by_county(records, dictionary)]
    village = [i for i, d in enumerate(detectors) if d.level == "village"]
    combined = np.concatenate([cauchy(np.stack([cauchy(j.p[i]) for i in village])) for j in judged])
    e = np.concatenate([_mean_e(j.p[village]) for j in judged])
    influence = np.concatenate([j.influence for j in judged])
    seen = ~np.isnan(combined)
    is_check = benjamini_hochberg(combined)
    is_strong = e_benjamini_hochberg(e, seen) & is_check
    # On the list, strength × influence; below it, where little but chance is left, strength alone: else large villages would stand there.
    order = np.lexsort((-np.where(seen, np.log(e) + np.where(is_check, np.log(influence), 0.0), -np.inf), ~is_check))
    rank = np.empty(len(e), dtype=np.int64)
    rank[order] = np.arange(1, len(e) + 1)
    evidence, lines = _evidence(judged, is_check)
    codes = [code for j in judged for code in j.county.panel.villages]
    flags = pd.DataFrame(
        {
            "village_code": codes,
            "p": np.where(seen, combined, 1.0),
            "e": e,
            "is_check": is_check,
            "is_strong": is_strong,
            "rank_order": rank,
            "influence": influence,
            "lines": lines,
        },
        columns=list(FLAG_COLUMNS),
    ).sort_values("rank_order", ignore_index=True)
    return Examined(evidence, flags)


def _nothing(records: Records) -> Examined:
    """Nothing is said from fewer months: every village is on neither list."""
    n = len(records.panel.villages)
    given = {"village_code": list(records.panel.villages), "p": 1.0, "e": 1.0, "is_check": False, "is_strong": False}
    flags = pd.DataFrame({**given, "rank_order": np.arange(1, n + 1), "influence": 1.0, "lines": ""}, columns=list(FLAG_COLUMNS))
    return Examined(pd.DataFrame(columns=list(EVIDENCE_COLUMNS)), flags)


def by_county(records: Records, dictionary: Dictionary) -> list[Records]:
    """The records of each county, villages in their order; all together where codes do not tell counties."""
    length = next((level.length for level in dictionary.place_scheme.levels if level.code == "county"), 0)
    county = np.array([code[:length] for code in records.panel.villages])
    return [_of(records, np.flatnonzero(county == code)) for code in np.unique(county)]


def _of(records: Records, at: NDArray[np.int64]) -> Records:
    panel = records.panel
    villages = tuple(panel.villages[i] for i in at)
    posted = records.submissions
    return replace(
        records,
        panel=Panel(panel.months, villages, panel.codes, panel.values[:, at]),
        towns=tuple(records.towns[i] for i in at),
        second_sources={name: block[:, at] for name, block in records.second_sources.items()},
        is_changed=None if records.is_changed is None else records.is_changed[:, at],
        reviewed_until=None if records.reviewed_until is None else records.reviewed_until[at],
        submissions=posted if posted.empty else posted[posted["village_code"].isin(villages)],
    )


def _judge(records: Records, dictionary: Dictionary, detectors: tuple[Detector, ...], rng: np.random.Generator) -> _Judged:
    county = arrange(records, dictionary)
    if not county.windows:
        nothing = np.full((len(detectors), 1, len(records.towns)), np.nan)
        return _Judged(county, records.towns, detectors, (), nothing, _influence(county), pd.DataFrame(columns=list(EVIDENCE_COLUMNS)))
    outcomes = tuple(detector.run(county) for detector in detectors)
    p = np.stack(
        [empirical_null(o.p, may_tighten=d.may_tighten) if d.level == "village" else o.p for d, o in zip(detectors, outcomes, strict=True)]
    )
    if records.reviewed_until is not None:
        new_months = len(records.panel.months) - 1 - records.reviewed_until
        too_long = np.array(county.windows)[:, None] > new_months[None]
        p = np.where(too_long[None] & (records.reviewed_until >= 0)[None, None], np.nan, p)
    town_rows = pool_towns(county, records.towns, detectors, p, rng)
    return _Judged(county, records.towns, detectors, outcomes, p, _influence(county), town_rows)


def _mean_e(p: Block) -> Block:
    """n: mean over tests (those that say something) of the mean over windows of e."""
    told = ~np.isnan(p)
    by_test = np.where(told, e_of(p), 0.0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    count = told.any(axis=1).sum(axis=0)
    return np.where(count > 0, by_test.sum(axis=0) / np.maximum(count, 1), 1.0)


def _influence(county: County) -> Block:
    """n: the village's share of the county's events in the last twelve months, averaged over concepts; 1 is the average village. Within
    0.2 to 5."""
    recent = np.nan_to_num(county.totals[-_INFLUENCE_MONTHS:]).sum(axis=0)
    whole = recent.sum(axis=0)
    share = recent[:, whole > 0] / whole[whole > 0]
    mean = share.mean(axis=1) * len(share) if share.shape[1] else np.ones(len(share))
    return np.clip(mean, *_INFLUENCE)


def _evidence(judged: Sequence[_Judged], is_check: NDArray[np.bool_]) -> tuple[pd.DataFrame, list[str]]:
    """Evidence rows, and for each village its families in order of strength."""
    frames: list[pd.DataFrame] = []
    lines: list[str] = []
    begin = 0
    for j in judged:
        n = len(j.county.panel.villages)
        flagged = is_check[begin : begin + n]
        begin += n
        by_test = np.where(np.isnan(j.p), 1.0, j.p).min(axis=1)
        for i in range(n):
            strength: dict[str, float] = {}
            for d, p in zip(j.detectors, by_test[:, i], strict=True):
                if d.level == "village" and p <= _KEPT_P:
                    strength[d.family] = min(p, strength.get(d.family, 1.0))
            lines.append(",".join(sorted(strength, key=lambda f: strength[f])))
        rows = [_row(j, d, w, i) for d, w, i in zip(*np.nonzero(_kept(j, flagged)), strict=True)]
        frames.append(pd.DataFrame(rows, columns=list(EVIDENCE_COLUMNS)))
        frames.append(j.town_rows)
    filled = [f for f in frames if len(f)]
    return (pd.concat(filled, ignore_index=True) if filled else frames[0]), lines


def _kept(j: _Judged, flagged: NDArray[np.bool_]) -> NDArray[np.bool_]:
    p = np.where(np.isnan(j.p), 1.0, j.p)
    village = np.array([d.level == "village" for d in j.detectors])[:, None, None]
    return village & ((p <= _KEPT_P) | (flagged[None, None] & (p <= 0.05)))


def _row(j: _Judged, detector: int, window_at: int, village: int) -> tuple[object, ...]:
    d, outcome, county = j.detectors[detector], j.outcomes[detector], j.county
    window = county.windows[window_at]
    cells = outcome.gain[-window:, village]
    by_month, by_field = cells.sum(axis=1), cells.sum(axis=0)
    months = [county.panel.months[len(county.panel.months) - window + t] for t in np.flatnonzero(by_month > 0)]
    codes = [code for k in np.argsort(-by_field) if by_field[k] > 0 for code in outcome.fields[k]]
    partner = -1 if outcome.partner is None else int(outcome.partner[village])
    p = float(j.p[detector, window_at, village])
    return (
        county.panel.villages[village],
        j.towns[village],
        d.id,
        d.family,
        window,
        p,
        float(e_of(np.array(p))),
        float(outcome.observed[window_at, village]),
        float(outcome.expected[window_at, village]),
        ",".join(months),
        ",".join(dict.fromkeys(codes)),
        county.panel.villages[partner] if partner >= 0 else "",
    )
