"""Small invented counties for the tests of patterns: counts that follow the null hypotheses exactly, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from methods.evidence.county import County, arrange
from methods.evidence.records import Records
from methods.evidence.roles import roles_of
from methods.panel import Panel
from schemas.dictionary import load_dictionary

DICTIONARY = load_dictionary([])
YEARLY = {  # per 1,000 persons
    "births": 9.0,
    "deaths": 8.0,
    "moved_in": 20.0,
    "moved_out": 20.0,
    "marriages": 6.0,
    "divorces": 3.0,
    "preconception_checks": 10.0,
    "contraceptive_consultations": 40.0,
}
LARGE = 3
"""Position of a village of 3,000 persons."""
PAIRS = {"satisfaction_forms": ("satisfaction_forms_satisfied", 0.9), "pension_support_eligible": ("pension_support_paid", 0.95)}


def records(seed: int, villages: int = 60, months: int = 36, towns: int = 4, dispersion: float = 6.0) -> Records:
    """Villages whose levels are gamma and whose months are Poisson; stocks follow from flows; parts are binomial; hospitals miss some
    births."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(7.1, 0.5, villages))
    size[LARGE] = 3000
    season = 1 + 0.25 * np.sin(np.arange(months) * 2 * np.pi / 12)[:, None]
    figures: dict[str, np.ndarray] = {}
    for concept, rate in YEARLY.items():
        mean = rate / 12_000 * size * rng.gamma(dispersion, 1 / dispersion, villages) * (season if concept != "deaths" else 1.0)
        counts = rng.poisson(np.broadcast_to(mean, (months, villages)))
        codes = DICTIONARY.sums[concept]
        if len(codes) == 2:
            first = rng.binomial(counts, 0.5)
            figures |= {codes[0]: first, codes[1]: counts - first}
        else:
            figures[concept] = counts
    for sex in "mf":
        net = figures[f"births_{sex}"] - figures[f"deaths_{sex}"] + figures[f"moved_in_{sex}"] - figures[f"moved_out_{sex}"]
        end = np.rint(size / 2)[None] + np.cumsum(net, axis=0)
        figures |= {f"population_end_{sex}": end, f"population_start_{sex}": end - net, f"late_births_{sex}": np.zeros_like(net)}
    births = figures["births_m"] + figures["births_f"]
    figures["births_order_1"] = rng.binomial(births, 0.5)
    figures["births_order_2"] = births - figures["births_order_1"]
    ahead = np.vstack([births[6:], rng.poisson(births.mean(axis=0), (6, villages))])
    figures["antenatal_first_visits"] = rng.binomial(ahead, 0.9)
    figures["satisfaction_forms"] = rng.poisson(10, (months, villages))
    figures["pension_support_eligible"] = np.broadcast_to(np.rint(size * 0.05), (months, villages)) + rng.integers(
        -3, 4, (months, villages)
    )
    inflow, outflow = (
        np.broadcast_to(np.rint(size * share), (months, villages)) + rng.integers(-3, 4, (months, villages)) for share in (0.05, 0.2)
    )
    figures |= {"inflow_total": inflow, "outflow_total": outflow}
    noise = rng.integers(-2, 3, (months, villages))
    figures |= {
        "resident_population_m": figures["population_end_m"] + inflow + noise,
        "resident_population_f": figures["population_end_f"] - outflow,
    }
    for whole, (part, share) in PAIRS.items():
        figures[part] = rng.binomial(figures[whole].astype(int), share)
    codes = tuple(c for c in DICTIONARY.codes if c in figures)
    values = np.stack([figures[c] for c in codes], axis=2).astype(np.float64)
    town = tuple(f"99010110{n % towns}" for n in range(villages))
    names = tuple(f"{town[n]}{200 + n:03d}" for n in range(villages))
    panel = Panel(month_names(months), names, codes, values)
    seconds = {"hospital_births": rng.binomial(births, 0.9).astype(np.float64), "moved_out_elsewhere": _seen(rng, figures)}
    return Records(panel, town, roles_of(DICTIONARY, codes), seconds, np.zeros((months, villages), dtype=bool))


def _seen(rng: np.random.Generator, figures: dict[str, np.ndarray]) -> np.ndarray:
    return rng.binomial((figures["moved_out_m"] + figures["moved_out_f"]).astype(int), 0.5).astype(np.float64)


def month_names(count: int) -> tuple[str, ...]:
    """`count` months that end with December 2024."""
    return tuple(str(m) for m in pd.period_range(end="2024-12", periods=count, freq="M"))


def county(made: Records) -> County:
    """Arranged."""
    return arrange(made, DICTIONARY)


def changed(made: Records, village: int, figures: dict[str, np.ndarray]) -> Records:
    """The same records with a village's last months replaced: code → figures of as many last months."""
    values = made.panel.values.copy()
    for code, series in figures.items():
        values[len(values) - len(series) :, village, made.panel.codes.index(code)] = series
    return replace(made, panel=Panel(made.panel.months, made.panel.villages, made.panel.codes, values))


def events_of(made: Records) -> list[str]:
    """Codes of events that stand alone."""
    return [code for group in made.roles.concepts for code in group]


def lasting(made: Records, village: int, months: int, source: np.ndarray) -> Records:
    """The village's last `months` rows of events are those of `source` (months × codes, in the order of `events_of`)."""
    return changed(made, village, {code: source[:months, k] for k, code in enumerate(events_of(made))})


def rows_of(made: Records, village: int) -> np.ndarray:
    """T × events of a village."""
    return np.stack([made.panel.of(code)[:, village] for code in events_of(made)], axis=1)
