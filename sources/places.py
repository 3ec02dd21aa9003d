"""The registry of places: read from CSV, checked, and asked which place a code or a name is."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from schemas.derived import of_frame
from schemas.dictionary import Dictionary
from sources.text import fold_name

PLACE_COLUMNS = ("code", "level", "name", "name_en", "parent_code", "urban_rural", "valid_from", "valid_to")
EVENT_COLUMNS = ("date", "kind", "from_code", "to_code", "share")
EVENT_KINDS = ("merge", "split", "transfer", "rename")


class RegistryError(ValueError):
    """A line of the registry cannot be used."""

    def __init__(self, path: Path, line: int, why: str) -> None:
        super().__init__(f"{path.name}, line {line}: {why}")
        self.path, self.line, self.why = path, line, why


def read_places(path: Path, dictionary: Dictionary) -> pd.DataFrame:
    """The registry's CSV as text columns `PLACE_COLUMNS`; a missing parent is taken from the code.

    Raises:
        RegistryError: a level that the scheme does not have, a code of the wrong length, the same code twice at once.
    """
    lengths = {level.code: level.length for level in dictionary.place_scheme.levels}
    order = list(lengths)
    rows: list[dict[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for line, raw in _lines(path, PLACE_COLUMNS[:3]):
        row = {column: (raw.get(column) or "").strip() for column in PLACE_COLUMNS}
        if row["level"] not in lengths:
            raise RegistryError(path, line, f"level “{row['level']}” is none of {', '.join(lengths)}")
        if len(row["code"]) != lengths[row["level"]]:
            raise RegistryError(path, line, f"code “{row['code']}” of a {row['level']} must have {lengths[row['level']]} characters")
        if not row["name"]:
            raise RegistryError(path, line, f"code “{row['code']}” has no name")
        if (row["code"], row["valid_from"]) in seen:
            raise RegistryError(path, line, f"code “{row['code']}” is given twice for the same time")
        seen.add((row["code"], row["valid_from"]))
        at = order.index(row["level"])
        if not row["parent_code"] and at > 0:
            row["parent_code"] = row["code"][: lengths[order[at - 1]]]
        rows.append(row)
    if not rows:
        raise RegistryError(path, 1, "holds no place")
    return pd.DataFrame(rows, columns=list(PLACE_COLUMNS), dtype="str")


def read_events(path: Path) -> pd.DataFrame:
    """The lineage CSV: `EVENT_COLUMNS`, text but `share` (float64, NaN where none is given).

    Raises:
        RegistryError: a kind of event that is not known.
    """
    rows = []
    for line, raw in _lines(path, EVENT_COLUMNS[:4]):
        row: dict[str, object] = {column: (raw.get(column) or "").strip() for column in EVENT_COLUMNS}
        if row["kind"] not in EVENT_KINDS:
            raise RegistryError(path, line, f"kind “{row['kind']}” is none of {', '.join(EVENT_KINDS)}")
        try:
            row["share"] = float(str(row["share"])) if row["share"] else float("nan")
        except ValueError:
            raise RegistryError(path, line, f"share “{row['share']}” is no number") from None
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    return frame.astype(dict.fromkeys(EVENT_COLUMNS[:4], "str") | {"share": "float64"})


def _lines(path: Path, required: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in required if c not in (reader.fieldnames or ())]
            if missing:
                raise RegistryError(path, 1, f"column {', '.join(missing)} is missing")
            return list(enumerate(reader, start=2))
    except UnicodeDecodeError:
        raise RegistryError(path, 1, "is not UTF-8; save it as “CSV UTF-8”") from None


def villages_of(places: pd.DataFrame, month: str) -> pd.DataFrame:
    """Villages in force in `month` with the town and county they belonged to then.

    Columns: village_code, village_name, town_code, town_name, county_code, county_name; in order of code. Not to be changed.
    """
    return of_frame(places, ("villages", month), lambda: _villages_of(places, month))


def _villages_of(places: pd.DataFrame, month: str) -> pd.DataFrame:
    now = in_force(places, month)
    code, name, parent = (now[c].tolist() for c in ("code", "name", "parent_code"))
    names, parents = dict(zip(code, name, strict=True)), dict(zip(code, parent, strict=True))
    villages = sorted(c for c, level in zip(code, now["level"].tolist(), strict=True) if level == "village")
    towns = [parents[village] for village in villages]
    counties = [parents.get(town, "") for town in towns]
    return pd.DataFrame(
        {
            "village_code": villages,
            "village_name": [names[village] for village in villages],
            "town_code": towns,
            "town_name": [names.get(town, "") for town in towns],
            "county_code": counties,
            "county_name": [names.get(county, "") for county in counties],
        },
        dtype="str",
    )


def in_force(places: pd.DataFrame, month: str) -> pd.DataFrame:
    """The version of every place that was valid in `month` (validity in months, both inclusive, open when blank). Not to be changed."""
    return of_frame(places, ("in force", month), lambda: _in_force(places, month))


def _in_force(places: pd.DataFrame, month: str) -> pd.DataFrame:
    valid = (places["valid_from"] <= month) & ((places["valid_to"] == "") | (places["valid_to"] >= month))
    return places[valid].drop_duplicates("code", keep="last")


def resolve_places(records: pd.DataFrame, places: pd.DataFrame, month: str) -> pd.Series:
    """Code of the place each record is about.

    Args:
        records: columns level, place_code, place_name, parent_name (as written in the file).
        places: the registry.
        month: whose boundaries count.

    Returns:
        str, same index: the code written in the file if there is one (known or not); otherwise the one place of that level whose
        name is written, within the parent whose name is written (or that parent itself); '' when there is none or several.
    """
    codes = records["place_code"].astype("str").copy()
    blank = codes == ""
    if not blank.any():
        return codes
    now = in_force(places, month)
    by_name: dict[str, list[str]] = {}
    for code, name in zip(now["code"], now["name"], strict=True):
        by_name.setdefault(fold_name(name), []).append(code)
    level = dict(zip(now["code"], now["level"], strict=True))
    parent = dict(zip(now["code"], now["parent_code"], strict=True))

    def find(wanted: str, name: str, parent_name: str) -> str:
        named = by_name.get(fold_name(name), [])
        parents = set(by_name.get(fold_name(parent_name), ())) if parent_name else set()
        exact = [c for c in named if level[c] == wanted and (not parents or parent[c] in parents)]
        if not exact and name and fold_name(name) == fold_name(parent_name):
            exact = named  # the parent's own row on the sheet of its children
        if not exact and not parents:
            exact = [c for c in named if level[c] != "village"]
        return exact[0] if len(exact) == 1 else ""

    found = [find(*key) for key in zip(records["level"][blank], records["place_name"][blank], records["parent_name"][blank], strict=True)]
    codes.update(pd.Series(found, index=codes.index[blank], dtype="str"))
    return codes
