"""Honest figures raise no hard finding and hardly a question, whatever the rules look at: months before, the town, other domains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from methods.confront import confront
from methods.panel import panel_of
from methods.past import month_before, past_of_panel
from methods.simulate.county import simulate_county
from schemas.states import REPORTED, state_column
from tests.methods.made import DICTIONARY

MONTHS = tuple(month_before("2025-01", n) for n in range(14, 0, -1))
CODES = list(DICTIONARY.codes)


@pytest.mark.slow
def test_untouched_villages_are_asked_at_most_twice_in_a_hundred_months() -> None:
    """Neighbours and earlier months have the mistakes that were planted; villages without any are looked at."""
    county = simulate_county(np.random.default_rng(20260), DICTIONARY, months=MONTHS, towns=5, villages=100)
    truth = county.figures.set_index(["month", "village_code"])
    sent = pd.concat([county.submissions[["month", "village_code", "arrival"]], county.shown], axis=1).sort_values("arrival")
    figures = sent.drop_duplicates(["month", "village_code"], keep="last").copy()
    states = figures[[state_column(code) for code in CODES]].to_numpy()
    figures = figures.assign(**dict(zip(CODES, np.where(states == REPORTED, figures[CODES].to_numpy(float), np.nan).T, strict=True)))
    panel = panel_of(figures, CODES, sorted(set(figures["village_code"])), MONTHS)
    touched = {(month, code) for m in county.mistakes for month in (m.month, m.echo_month) for code in m.village_codes}
    asked, n = {"mandatory": 0, "near_mandatory": 0, "verify": 0}, 0
    for month in MONTHS:
        report = figures[figures["month"] == month].reset_index(drop=True)
        keys = pd.MultiIndex.from_arrays([report["month"], report["village_code"]])
        towns = truth["town_code"].reindex(keys).to_numpy()
        facts = {"status": "accepted", **dict.fromkeys(DICTIONARY.attributes, 0.0)}
        facts |= {"town_code": towns, "county_code": pd.Series(towns).str[:6]}
        report = pd.concat([report, pd.DataFrame(facts, index=report.index)], axis=1)
        found = confront(report, None, DICTIONARY, month, past_of_panel(panel, DICTIONARY, month))
        assert found.broken == {}
        before = month_before(month, 1)
        honest = np.array([not {(month, code), (before, code)} & touched for code in report["village_code"]])
        n += int(honest.sum())
        severity = {i.id: i.rule.severity for i in found.instances}
        for row, rule_id in found.failures.itertuples(index=False):
            asked[severity[rule_id]] += int(honest[row])
    assert n > 900
    assert (asked["mandatory"], asked["near_mandatory"]) == (0, 0)
    assert asked["verify"] <= 0.02 * n
