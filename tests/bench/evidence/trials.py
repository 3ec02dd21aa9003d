"""The trials of the benchmark: one seed, one county, every method on the same records. Each trial returns plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from methods.evidence.records import Roles
from methods.evidence.registry import DETECTORS
from methods.evidence.roles import roles_of
from methods.simulate.patterns.kinds import ONE_DESK, TOWN_WIDE
from methods.simulate.patterns.nuisance import Regime
from methods.simulate.patterns.records import Judged, simulate_judged
from schemas.dictionary import Dictionary, load_dictionary
from tests.bench.evidence import score
from tests.bench.evidence.baselines import BASELINES
from tests.bench.evidence.verdicts import Verdict, until, verdicts_of

OURS = "cunbao"
Row = dict[str, Any]

MADE_FOR: Mapping[str, tuple[str, ...]] = {
    "copy_forward": ("copy_forward",),
    "constant_lag": ("lag_copy",),
    "last_year": ("lag_copy",),
    "duplicated_rows": ("duplicate_rows",),
    "neighbour_copy": ("neighbour_copy",),
    "smoothed": ("under_dispersion",),
    "heaped": ("heaping", "digit_preference"),
    "target_bunching": ("target_bunching",),
    "constant_ratio": ("constant_ratio",),
    "empty_reporting": ("empty_reporting",),
    "constant_growth": ("constant_growth",),
    "plugged_balance": ("plugged_balance",),
    "births_omitted": ("below_second_source",),
    "girls_omitted": ("order_by_sex",),
    "exits_omitted": ("mirror_moves",),
    "invented": ("alternating",),
    "even_sexes": ("even_split",),
    TOWN_WIDE: ("dependent_villages",),
    ONE_DESK: ("same_moment",),
}
"""Planted kind → the detectors made for it, which are left out when it is asked how much the rest still finds."""


class Setting(NamedTuple):
    """One county to be judged. villages: the range from which its size is drawn."""

    seed: int
    regime: Regime = "ordinary"
    share: float = 0.05
    kinds: tuple[str, ...] | None = None
    villages: tuple[int, int] = (400, 600)
    months: int = 36


@lru_cache(maxsize=1)
def knowledge() -> tuple[Dictionary, Roles]:
    """The shipped dictionary and the roles of its codes."""
    dictionary = load_dictionary(extra=[])
    return dictionary, roles_of(dictionary, dictionary.codes)


def county_of(setting: Setting) -> Judged:
    """Invent the county of a setting."""
    dictionary, roles = knowledge()
    rng = np.random.default_rng(setting.seed)
    return simulate_judged(
        rng,
        dictionary,
        roles,
        regime=setting.regime,
        share=setting.share,
        kinds=setting.kinds,
        villages=int(rng.integers(setting.villages[0], setting.villages[1] + 1)),
        months=setting.months,
    )


def is_planted(judged: Judged) -> NDArray[np.bool_]:
    """Which villages of the panel have a planted pattern."""
    return np.isin(np.array(judged.records.panel.villages), judged.planted["village_code"].to_numpy(dtype=str))


def measured(verdict: Verdict, planted: NDArray[np.bool_]) -> Row:
    """The figures of one method on one county."""
    return {
        "ap": score.average_precision(verdict.score, planted),
        "top20": score.precision_at(verdict.score, planted),
        "recall_listed": score.recall(verdict.listed, planted),
        "recall_strong": score.recall(verdict.strong, planted),
        "false_listed": score.false_share(verdict.listed, planted),
        "false_strong": score.false_share(verdict.strong, planted),
        "listed": int(verdict.listed.sum()),
        "strong": int(verdict.strong.sum()),
    }


class Trial(NamedTuple):
    """methods: a row a method. planted, honest: a row a village, with what our lists say of it; honest: every look-alike, and the
    other honest villages (kind '') that are on a list.
    """

    methods: list[Row]
    planted: list[Row]
    honest: list[Row]


def whole_county(setting: Setting, baselines: Sequence[str] = tuple(BASELINES)) -> Trial:
    """Every method on one county."""
    judged, (dictionary, _) = county_of(setting), knowledge()
    truth = is_planted(judged)
    verdicts = {OURS: verdicts_of(judged.records, dictionary)[0]} | {name: BASELINES[name](judged.records) for name in baselines}
    methods = [{"seed": setting.seed, "regime": setting.regime, "method": name, **measured(v, truth)} for name, v in verdicts.items()]
    ours = verdicts[OURS]
    rank = np.empty(len(truth), dtype=np.int64)
    rank[np.argsort(-ours.score, kind="stable")] = np.arange(1, len(truth) + 1)
    position = {code: n for n, code in enumerate(judged.records.panel.villages)}
    size = np.nanmedian(sum(judged.records.panel.of(c) for c in judged.records.roles.population), axis=0)

    def said(code: str) -> Row:
        n = position[code]
        return {
            "seed": setting.seed,
            "regime": setting.regime,
            "code": code,
            "rank": int(rank[n]),
            "listed": bool(ours.listed[n]),
            "strong": bool(ours.strong[n]),
            "size": float(size[n]),
        }

    planted = [{**said(p.village_code), "kind": p.kind, "strength": p.strength, "start": p.start} for p in judged.planted.itertuples()]
    alike = [{**said(a.village_code), "kind": a.kind} for a in judged.lookalikes.itertuples()]
    plain = set(position) - set(judged.planted["village_code"]) - set(judged.lookalikes["village_code"])
    alike += [{**row, "kind": ""} for code in sorted(plain) if (row := said(code))["listed"] or row["strong"]]
    return Trial(methods, planted, alike)


def one_kind(seed: int, kind: str, regime: Regime = "ordinary", villages: tuple[int, int] = (300, 300)) -> Row:
    """Average precision where only `kind` is planted: with all detectors, without those made for it, without all of their families."""
    judged, (dictionary, _) = county_of(Setting(seed, regime, kinds=(kind,), villages=villages)), knowledge()
    truth = is_planted(judged)
    families = {d.family for d in DETECTORS if d.id in MADE_FOR[kind]}
    kin = frozenset(d.id for d in DETECTORS if d.family in families)
    every, rest, strangers = verdicts_of(judged.records, dictionary, [frozenset(), frozenset(MADE_FOR[kind]), kin])
    return {
        "seed": seed,
        "kind": kind,
        "planted": int(truth.sum()),
        "ap": score.average_precision(every.score, truth),
        "ap_left_out": score.average_precision(rest.score, truth),
        "ap_family_out": score.average_precision(strangers.score, truth),
        "recall": score.recall(every.listed, truth),
        "recall_left_out": score.recall(rest.listed, truth),
    }


def detection(setting: Setting, step: int = 3) -> list[Row]:
    """For every planted village, after how many months of its pattern it is first listed (looking every `step` months), NaN if never."""
    judged, (dictionary, _) = county_of(setting), knowledge()
    position = {code: n for n, code in enumerate(judged.records.panel.villages)}
    found: dict[str, int] = {}
    for months in range(6, setting.months + 1, step):
        verdict = verdicts_of(until(judged.records, months), dictionary)[0]
        for p in judged.planted.itertuples():
            if verdict.listed[position[p.village_code]] and months > p.start:
                found.setdefault(p.village_code, months - p.start)
    return [
        {"seed": setting.seed, "kind": p.kind, "strength": p.strength, "start": p.start, "months": found.get(p.village_code, float("nan"))}
        for p in judged.planted.itertuples()
    ]
