"""Real villages as a background: Taiwan, July to December 2018, as published, and with patterns planted into some of them.

The figures are the Ministry of the Interior's open data, read with pandas from the folder that CUNBAO_SHARED_DATA names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from methods.evidence.records import Records
from methods.evidence.roles import roles_of
from methods.panel import panel_of
from methods.simulate.patterns.plant import Planted, plant
from schemas.dictionary import Dictionary, load_dictionary
from tests.bench.evidence.baselines import BASELINES
from tests.bench.evidence.trials import OURS, Row, measured
from tests.bench.evidence.verdicts import verdicts_of

MONTHS = tuple(f"2018-{number:02d}" for number in range(7, 13))
_VITAL = {
    "birth_total_m": "births_m",
    "birth_total_f": "births_f",
    "death_m": "deaths_m",
    "death_f": "deaths_f",
    "marry_pair": "marriages",
    "divorce_pair": "divorces",
}
_PEOPLE = {"戶數": "households_end", "男性人口": "population_end_m", "女性人口": "population_end_f"}
# Two districts of Kaohsiung have two registration offices each, which the vital file tells apart by the eighth digit.
_OFFICES = {"64000051": "64000050", "64000052": "64000050", "64000121": "64000120", "64000122": "64000120"}


def folder() -> Path | None:
    """Where the real figures are, None if nobody says so."""
    name = os.environ.get("CUNBAO_SHARED_DATA", "")
    path = Path(name) / "taiwan-2018h2"
    return path if name and path.is_dir() else None


@contextmanager
def place_scheme(code: str = "tw11") -> Iterator[Dictionary]:
    """The dictionary while the codes of places are Taiwan's."""
    before = os.environ.get("CUNBAO_PLACE_SCHEME")
    os.environ["CUNBAO_PLACE_SCHEME"] = code
    try:
        yield load_dictionary(extra=[])
    finally:
        if before is None:
            del os.environ["CUNBAO_PLACE_SCHEME"]
        else:
            os.environ["CUNBAO_PLACE_SCHEME"] = before


def read_villages(source: Path, dictionary: Dictionary) -> Records:
    """Every village that both files name in all six months; nothing else is known of it."""
    frames = []
    for month in MONTHS:
        vital = pd.read_csv(source / "vital" / f"{month}.csv", skiprows=[1], dtype=str, encoding="utf-8-sig")
        code = vital["district_code"].str.strip()
        vital["village_code"] = code.str[:8].replace(_OFFICES) + code.str[8:]
        people = pd.read_csv(source / "population" / f"{month}.csv", dtype=str)
        people["village_code"] = people["村里代碼"].str.replace("-", "")
        both = vital.rename(columns=_VITAL).merge(people.rename(columns=_PEOPLE), on="village_code", validate="1:1")
        numbers = [*_VITAL.values(), *_PEOPLE.values()]
        frames.append(both[numbers].astype(float).assign(village_code=both["village_code"], month=month))
    found = pd.concat(frames)
    often = found["village_code"].value_counts()
    villages = sorted(often[often == len(MONTHS)].index)
    codes = [c for c in dictionary.codes if c in found]
    return Records(panel_of(found, codes, villages, MONTHS), tuple(v[:8] for v in villages), roles_of(dictionary, codes))


def planted_into(records: Records, dictionary: Dictionary, seed: int, share: float = 0.05) -> tuple[Records, list[Planted]]:
    """A copy of the records with patterns in `share` of the villages, those that six months and these figures can carry."""
    values = records.panel.values.copy()
    town = np.unique(np.array(records.towns), return_inverse=True)[1]
    free = np.ones(len(town), dtype=bool)
    made = plant(np.random.default_rng(seed), dictionary, records.panel.codes, values, town, free, round(share * len(town)))
    panel = type(records.panel)(records.panel.months, records.panel.villages, records.panel.codes, values)
    return Records(panel, records.towns, records.roles), made


def trial(source: Path, seeds: Sequence[int]) -> tuple[list[Row], list[Row]]:
    """Rows of methods (seed −1: as published, nothing planted) and rows of planted villages."""
    methods: list[Row] = []
    villages: list[Row] = []
    with place_scheme() as dictionary:
        records = read_villages(source, dictionary)
        nothing = np.zeros(len(records.towns), dtype=bool)
        published = verdicts_of(records, dictionary)[0]
        methods.append({"seed": -1, "method": OURS, **measured(published, nothing), "villages": len(nothing)})
        for seed in seeds:
            changed, made = planted_into(records, dictionary, seed)
            truth = nothing.copy()
            truth[[p.village for p in made]] = True
            verdicts = {OURS: verdicts_of(changed, dictionary)[0], **{name: rule(changed) for name, rule in BASELINES.items()}}
            methods += [{"seed": seed, "method": name, **measured(v, truth), "villages": len(truth)} for name, v in verdicts.items()]
            ours = verdicts[OURS]
            villages += [
                {
                    "seed": seed,
                    "kind": p.kind,
                    "strength": p.strength,
                    "listed": bool(ours.listed[p.village]),
                    "strong": bool(ours.strong[p.village]),
                }
                for p in made
            ]
    return methods, villages
