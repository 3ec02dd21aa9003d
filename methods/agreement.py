"""Whether two libraries that were given the same gaps found the same."""

from __future__ import annotations

import pandas as pd

_COUNTS = ("n_fail", "n_cannot_tell", "n_broken")


def disagreements(outcomes: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Rules of which the two do not tell the same.

    Args:
        outcomes: RuleOutcome frame, pandera's: a row a rule and town. Tests of single figures (position -1) are no rules.
        seen: what Great Expectations found: batch ('village' or 'place'), rule_id, n_fail, n_cannot_tell, error.

    Returns:
        batch, rule_id, what, pandera, great_expectations: a row a rule and count that differs; a rule that one of them does not know
        has -1 there. n_broken is 1 where the check itself broke.
    """
    rules = outcomes[outcomes["position"] >= 0]
    ours = rules.assign(batch=rules["place_level"].where(rules["place_level"] == "village", "place"))
    ours = ours.groupby(["batch", "rule_id"])[list(_COUNTS)].sum()
    theirs = seen.assign(n_broken=(seen["error"] != "").astype("int64")).set_index(["batch", "rule_id"])[list(_COUNTS)]
    ours["n_broken"] = (ours["n_broken"] > 0).astype("int64")
    both = ours.merge(theirs, left_index=True, right_index=True, how="outer", suffixes=("_ours", "_theirs"))
    both = both.fillna(-1).astype("int64").reset_index()
    found = [
        both.loc[both[f"{what}_ours"] != both[f"{what}_theirs"], ["batch", "rule_id", f"{what}_ours", f"{what}_theirs"]]
        .set_axis(["batch", "rule_id", "pandera", "great_expectations"], axis=1)
        .assign(what=what)
        for what in _COUNTS
    ]
    return pd.concat(found, ignore_index=True)[["batch", "rule_id", "what", "pandera", "great_expectations"]]
