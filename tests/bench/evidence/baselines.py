"""What others do: DHIS2's three rules, the WHO's, and an isolation forest, as ways to rank and to flag villages. For the benchmark only.

DHIS2 and the WHO judge cells; a village's score is the number of its outlying cells (the largest deviation breaks ties), and it is flagged
when a cell of the last month is outlying. All history counts, the tested value included, as DHIS2 does it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from methods.evidence.records import Records
from tests.bench.evidence.verdicts import Verdict

Numbers = NDArray[np.float64]
RECENT = 1


def _cells(records: Records) -> Numbers:
    """Event figures, T × n × F; those that do not concern a village are noughts."""
    values = records.panel.values[:, :, [records.panel.codes.index(c) for c in records.roles.events]]
    return np.where(np.isnan(values).all(axis=0), 0.0, values)


def _by_cells(deviation: Numbers, limit: float) -> Verdict:
    """deviation: T × n × F in units such that `limit` is the rule's threshold; NaN where the rule is silent."""
    deviation = np.where(np.isfinite(deviation), deviation, 0.0)
    outlying = deviation >= limit
    largest = deviation.max(axis=(0, 2))
    listed = outlying[-RECENT:].any(axis=(0, 2))
    return Verdict(outlying.sum(axis=(0, 2)) + largest / (1 + largest), listed, listed)


def _spread(values: Numbers) -> tuple[Numbers, Numbers]:
    return np.nanmean(values, axis=0), np.nanstd(values, axis=0)


def dhis2_z(records: Records) -> Verdict:
    """|x − mean| / sd of the population ≥ 3; silent where sd is 0."""
    values = _cells(records)
    mean, sd = _spread(values)
    return _by_cells(np.abs(values - mean) / np.where(sd > 0, sd, np.nan), 3.0)


def dhis2_modified_z(records: Records) -> Verdict:
    """0.6745 · |x − median| / MAD ≥ 3.5; silent where MAD is 0."""
    values = _cells(records)
    off = np.abs(values - np.nanmedian(values, axis=0))
    mad = np.nanmedian(off, axis=0)
    return _by_cells(0.6745 * off / np.where(mad > 0, mad, np.nan), 3.5)


def dhis2_min_max(records: Records) -> Verdict:
    """Outside mean ± 2 sd, the bounds rounded to whole numbers. The deviation is 1 on the bound and more outside."""
    values = _cells(records)
    mean, sd = _spread(values)
    low, high = np.rint(mean - 2 * sd), np.rint(mean + 2 * sd)
    return _by_cells(np.maximum(values - high, low - values) + 1, 2.0)


def who(records: Records) -> Verdict:
    """WHO data quality review: extreme beyond 3 sd, or moderate beyond 2 sd and modified z over 3.5 (1.2533 · MeanAD where MAD is 0)."""
    values = _cells(records)
    mean, sd = _spread(values)
    off = np.abs(values - np.nanmedian(values, axis=0))
    mad, mean_off = np.nanmedian(off, axis=0), np.nanmean(off, axis=0)
    scale = np.where(mad > 0, 1.486 * mad, 1.2533 * mean_off)
    z = np.abs(values - mean) / np.where(sd > 0, sd, np.nan)
    modified = off / np.where(scale > 0, scale, np.nan)
    moderate = np.where((z >= 2) & (modified >= 3.5), 3.0 + modified / 1000, 0.0)
    return _by_cells(np.fmax(np.where(z >= 3, z, 0.0), moderate), 3.0)


def isolation_forest(records: Records, share: float = 0.05) -> Verdict:
    """scikit-learn's isolation forest on features of each village; the `share` most isolated are flagged."""
    features = village_features(records)
    found = -IsolationForest(n_estimators=200, random_state=0, n_jobs=1).fit(features).score_samples(features)
    listed = found >= np.quantile(found, 1 - share)
    return Verdict(found, listed, listed)


def village_features(records: Records) -> Numbers:
    """What a data scientist would compute of each village, n × features, standardised robustly and without gaps.

    By event: level against the county per head, index of dispersion, share of noughts, share equal to last month's and to last
    year's, lag-one correlation, share of figures over 9 that end in 0 or 5. By pair: mean and spread of the share. Outside counts over
    births; boys among births; correlation of natural increase with the other change.
    """
    values = _cells(records)
    people = sum(np.nan_to_num(records.panel.of(c)) for c in records.roles.population)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        mean, var = np.nanmean(values, axis=0), np.nanvar(values, axis=0)
        size = np.where(people > 0, people, np.nan)
        level = np.log((mean + 0.05) / np.nanmean(size, axis=0)[:, None])
        made = [level, np.log((var + 0.05) / (mean + 0.05)), np.nanmean(values == 0, axis=0)]
        made += [
            np.nanmean(np.where(np.isnan(values[lag:] + values[:-lag]), np.nan, values[lag:] == values[:-lag]), axis=0)
            for lag in (1, 12)
            if lag < len(values)
        ]
        centred = values - mean
        made.append(np.nanmean(centred[1:] * centred[:-1], axis=0) / (var + 0.05))
        large = np.where(values > 9, values % 5 == 0, np.nan)
        made.append(np.nanmean(large, axis=0))
        for pair in records.roles.pairs:
            whole = sum(records.panel.of(c) for c in pair.sum_of)
            ratio = records.panel.of(pair.part) / np.where(whole > 0, whole, np.nan)
            made += [np.nanmean(ratio, axis=0)[:, None], np.log(np.nanstd(ratio, axis=0) + 0.01)[:, None]]
        births = np.nansum([np.nansum(records.panel.of(m) + records.panel.of(f), axis=0) for m, f in records.roles.by_sex[:1]], axis=0)
        made += [np.log((np.nansum(s, axis=0) + 1) / (births + 1))[:, None] for s in records.second_sources.values()]
        made += [
            ((np.nansum(records.panel.of(m), axis=0) + 1) / (np.nansum(records.panel.of(m) + records.panel.of(f), axis=0) + 2))[:, None]
            for m, f in records.roles.by_sex
        ]
        features = np.concatenate(made, axis=1)
        middle = np.nanmedian(features, axis=0)
        spread = np.nanmedian(np.abs(features - middle), axis=0)
    return np.clip(np.nan_to_num((features - middle) / np.where(spread > 0, spread, 1.0)), -20, 20)


BASELINES: Mapping[str, Callable[[Records], Verdict]] = {
    "isolation forest": isolation_forest,
    "DHIS2 z ≥ 3": dhis2_z,
    "DHIS2 modified z ≥ 3.5": dhis2_modified_z,
    "DHIS2 min–max": dhis2_min_max,
    "WHO": who,
}
