"""A first draft of the registry from the reports themselves, for an office that has none. A person checks it before use."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

import pandas as pd

from schemas.dictionary import Dictionary
from sources.places import PLACE_COLUMNS
from sources.records import PlaceRecord


def draft_registry(records: Iterable[PlaceRecord], dictionary: Dictionary) -> pd.DataFrame:
    """Places that village records name, as the registry's columns; towns and counties from the codes' leading characters.

    A village is valid from the first month it reports (open when that is the first month of all) to the last (likewise).
    A town's name that begins with its county's is split: 新北市板橋區 → 新北市 and 板橋區.
    """
    lengths = {level.code: level.length for level in dictionary.place_scheme.levels}
    villages: dict[str, tuple[str, str]] = {}
    seen: dict[str, tuple[str, str]] = {}
    for record in records:
        if record.role == "report" and record.level == "village" and len(record.place_code) == lengths["village"] and record.month:
            name, parent = villages.get(record.place_code, ("", ""))
            villages[record.place_code] = (record.place_name or name, record.parent_name or parent)  # a file without names takes none away
            first, last = seen.get(record.place_code, (record.month, record.month))
            seen[record.place_code] = (min(first, record.month), max(last, record.month))
    if not villages:
        return pd.DataFrame(columns=list(PLACE_COLUMNS), dtype="str")
    start, end = min(f for f, _ in seen.values()), max(t for _, t in seen.values())
    towns: dict[str, str] = {}
    for code, (_, town) in sorted(villages.items()):
        towns[code[: lengths["town"]]] = town or towns.get(code[: lengths["town"]], "")
    counties = {code[: lengths["county"]]: "" for code in towns}
    for county in counties:
        counties[county] = _shared_beginning([name for code, name in towns.items() if code.startswith(county)])
    rows = [("county", code, name or code, "", "", "") for code, name in counties.items()]
    for code, name in towns.items():
        county = code[: lengths["county"]]
        rows.append(("town", code, name.removeprefix(counties[county]) or name or code, county, "", ""))
    for code, (name, _) in sorted(villages.items()):
        first, last = seen[code]
        rows.append(("village", code, name or code, code[: lengths["town"]], "" if first == start else first, "" if last == end else last))
    frame = pd.DataFrame(rows, columns=["level", "code", "name", "parent_code", "valid_from", "valid_to"], dtype="str")
    return frame.assign(name_en="", urban_rural="")[list(PLACE_COLUMNS)].astype("str")


def _shared_beginning(names: list[str]) -> str:
    """The county's name that all its towns' names begin with, when it ends like one."""
    first, last = (min(names), max(names)) if len(set(names)) > 1 else ("", "")
    prefix = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    while prefix and prefix[-1] not in "縣市县区區州盟旗":
        prefix = prefix[:-1]
    return prefix
