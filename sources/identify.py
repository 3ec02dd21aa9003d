"""Which place of the registry each record is about, and whether the names on the form agree with it."""

from __future__ import annotations

import pandas as pd

from sources.places import in_force, resolve_places
from sources.text import fold_name


def identify(readings: pd.DataFrame, places: pd.DataFrame, month: str) -> pd.DataFrame:
    """Add `place` (code or ''), `is_known`, `is_name_match`, `is_town_match`; a total of another place gets that place's level.

    Args:
        readings: the store's readings.
        places: the registry.
        month: whose boundaries count.
    """
    code = resolve_places(readings, places, month)
    now = in_force(places, month).drop_duplicates("code").set_index("code")
    name, parent = code.map(now["name"]), code.map(now["parent_code"])
    parent_name = parent.map(now["name"])
    grand_name = parent.map(now["parent_code"]).map(now["name"])
    levels = code.map(now["level"])
    known = code.isin(set(places["code"]))
    return readings.assign(
        place=code,
        level=levels.where(levels.notna() & (readings["role"] == "stated"), readings["level"]).astype("str"),
        is_known=known,
        is_name_match=_agrees(readings["place_name"], name),
        is_town_match=_agrees(readings["parent_name"], parent_name)
        | _agrees(readings["parent_name"], grand_name.fillna("") + parent_name.fillna("")),
    )


def _agrees(written: pd.Series, registered: pd.Series) -> pd.Series:
    """Nothing written, nothing registered, or the same name (an administrative suffix may be left out)."""
    pairs = zip(written, registered.fillna(""), strict=True)
    return pd.Series([not w or not r or _same(fold_name(w), fold_name(r)) for w, r in pairs], index=written.index, dtype=bool)


_SUFFIXES = ("村民委员会", "居民委员会", "村委会", "居委会", "社区", "街道", "村", "镇", "乡")


def _same(written: str, registered: str) -> bool:
    return written == registered or _bare(written) == _bare(registered)


def _bare(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name
