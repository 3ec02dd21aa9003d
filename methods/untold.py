"""Failures that turn out to say nothing: they become 'cannot tell', never a pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from methods.confront import CANNOT_TELL, Confrontation


def untold(found: Confrontation, report: pd.DataFrame, says_nothing: Callable[[int, str], bool]) -> Confrontation:
    """The confrontation, with failures that say nothing turned into 'cannot tell'.

    Args:
        found: confrontation of `report`.
        report: VillageReport frame.
        says_nothing: (row, rule id) of a failure → whether it is no question.
    """
    towns = report["town_code"].to_numpy()
    column = {i.id: n for n, i in enumerate(found.instances)}
    excess, outcomes = found.excess.to_numpy(copy=True), found.outcomes.copy()
    results = found.results.copy(order="F")
    at = {key: n for n, key in enumerate(zip(outcomes["rule_id"], outcomes["town_code"], strict=True))}
    fails, unknown = outcomes["n_fail"].to_numpy(copy=True), outcomes["n_cannot_tell"].to_numpy(copy=True)
    keep = np.ones(len(found.failures), dtype=bool)
    for n, (row, rule_id) in enumerate(zip(found.failures["row"].tolist(), found.failures["rule_id"].tolist(), strict=True)):
        if says_nothing(row, rule_id):
            keep[n] = False
            excess[row, column[rule_id]] = np.nan
            results[row, column[rule_id]] = CANNOT_TELL
            fails[at[rule_id, towns[row]]] -= 1
            unknown[at[rule_id, towns[row]]] += 1
    return replace(
        found,
        excess=pd.DataFrame(excess, columns=found.excess.columns),
        results=results,
        failures=found.failures[keep].reset_index(drop=True),
        outcomes=outcomes.assign(n_fail=fails, n_cannot_tell=unknown),
    )


def compared_with_last_month(found: Confrontation) -> dict[str, list[str]]:
    """Rule instance → the figures of last month that it compares with; those that compare with none are left out."""
    of = {
        i.id: [n.code for n in (*i.observed.names, *i.expected.names) if n.namespace == "previous"] for i in found.instances if not i.parts
    }
    return {rule_id: codes for rule_id, codes in of.items() if codes}
