"""What files tell without a look at any figure or person: the same bytes under two names, the same moment and style, versions just before
the deadline.

Null hypothesis of all three: the village does it as often as the county's other villages, at least one time in 20. A file that holds a
list of many villages is no copy; a town that sends all its villages' files together is no coincidence: only groups of two or three
villages count. Minimum: six reported months.
Source: methods.md, submission forensics.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.evidence.county import Block, County, Flags
from methods.evidence.evenness import blank
from methods.evidence.weight import Outcome, of_matches

_LEAST_SHARE = 0.05
_MOST_VILLAGES = 3
_BEFORE = pd.Timedelta(minutes=30)


def same_file(county: County) -> Outcome:
    """The very same file was sent for two or three villages, again and again."""
    posted = _posted(county, "sha256")
    if posted is None:
        return blank(county)
    return _more_often(county, posted, _in_small_groups(posted, ["sha256"]))


def same_moment(county: County) -> Outcome:
    """Files of two or three villages arrive at the same second in the same style, again and again, and are not the same file."""
    posted = _posted(county, "style")
    if posted is None:
        return blank(county)
    together = (
        _in_small_groups(posted, ["arrived_at"]) & _in_small_groups(posted, ["arrived_at", "style"]) & (posted["style"] != "").to_numpy()
    )
    return _more_often(county, posted, together & ~_in_small_groups(posted, ["sha256"]))


def before_deadline(county: County) -> Outcome:
    """A later version arrives within half an hour before the deadline, month after month."""
    posted = _posted(county, "arrived_at")
    if posted is None or not county.deadlines:
        return blank(county)
    arrived = pd.to_datetime(posted["arrived_at"])
    if arrived.dt.tz is not None:
        arrived = arrived.dt.tz_localize(None)
    due = posted["t"].map(dict(enumerate(pd.to_datetime(list(county.deadlines)))))
    is_later = posted.groupby(["t", "n"])["arrived_at"].rank(method="first") > 1
    return _more_often(county, posted, (is_later & (arrived <= due) & (arrived > due - _BEFORE)).to_numpy())


def _posted(county: County, needed: str) -> pd.DataFrame | None:
    """Submissions of the panel's months and villages with their positions t, n; None when nothing is known."""
    frame = county.submissions
    if frame.empty or needed not in frame:
        return None
    months, villages = {m: t for t, m in enumerate(county.panel.months)}, {v: n for n, v in enumerate(county.panel.villages)}
    frame = frame.assign(t=frame["month"].map(months), n=frame["village_code"].map(villages)).dropna(subset=["t", "n"])
    return frame.astype({"t": int, "n": int}).sort_values("arrived_at", kind="stable") if len(frame) else None


def _in_small_groups(posted: pd.DataFrame, keys: list[str]) -> Flags:
    size = posted.groupby(["t", *keys])["n"].transform("nunique")
    return np.asarray((size >= 2) & (size <= _MOST_VILLAGES))


def _more_often(county: County, posted: pd.DataFrame, is_hit: Flags) -> Outcome:
    shape = (len(county.panel.months), len(county.panel.villages), 1)
    asked, hit = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    asked[posted["t"], posted["n"], 0] = True
    there = posted[is_hit]
    hit[there["t"], there["n"], 0] = True
    others = (hit.sum(axis=1, keepdims=True) - hit + 1) / (asked.sum(axis=1, keepdims=True) - asked + 2)
    chance: Block = np.log(np.clip(others, _LEAST_SHARE, 1.0))
    return of_matches(county, [(hit, chance, asked)], asked * 1.0, fields=((),), spare_field=False)
