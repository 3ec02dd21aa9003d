"""The registry of places: read from CSV, checked, and asked which place a code or a name is."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Collection, Mapping
from math import isnan
from pathlib import Path

import pandas as pd

from schemas.derived import of_frame
from schemas.dictionary import Dictionary
from sources.text import fold_name

PLACE_COLUMNS = ("code", "level", "name", "name_en", "parent_code", "urban_rural", "valid_from", "valid_to")
EVENT_COLUMNS = ("date", "kind", "from_code", "to_code", "share")
EVENT_KINDS = ("merge", "split", "transfer", "rename")
_MONTH = re.compile(r"\d{4}-\d{2}")


class RegistryError(ValueError):
    """A line of the registry cannot be used."""

    def __init__(self, path: Path, line: int, why: str, why_zh: str = "") -> None:
        super().__init__(f"{path.name}, line {line}: {why}")
        self.path, self.line, self.why, self.why_zh = path, line, why, why_zh or why


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
            raise RegistryError(
                path, line, f"level “{row['level']}” is none of {', '.join(lengths)}", f"级别“{row['level']}”不是 {'、'.join(lengths)} 之一"
            )
        if len(row["code"]) != lengths[row["level"]]:
            n = lengths[row["level"]]
            scheme = dictionary.place_scheme.code
            en = f"code “{row['code']}” of a {row['level']} must have {n} characters in the scheme {scheme}"
            zh = f"代码“{row['code']}”（{row['level']}）应有 {n} 位（代码制 {scheme}；另一种代码制用 CUNBAO_PLACE_SCHEME 指定）"
            raise RegistryError(path, line, f"{en} (another one is set by CUNBAO_PLACE_SCHEME)", zh)
        if not row["name"]:
            raise RegistryError(path, line, f"code “{row['code']}” has no name", f"代码“{row['code']}”没有名称")
        if (row["code"], row["valid_from"]) in seen:
            raise RegistryError(
                path, line, f"code “{row['code']}” is given twice for the same time", f"代码“{row['code']}”在同一时间出现两次"
            )
        seen.add((row["code"], row["valid_from"]))
        _check_validity(path, line, row)
        at = order.index(row["level"])
        if not row["parent_code"] and at > 0:
            row["parent_code"] = row["code"][: lengths[order[at - 1]]]
        rows.append(row)
    if not rows:
        raise RegistryError(path, 1, "holds no place", "里面没有任何单位")
    return pd.DataFrame(rows, columns=list(PLACE_COLUMNS), dtype="str")


def _check_validity(path: Path, line: int, row: Mapping[str, str]) -> None:
    for column in ("valid_from", "valid_to"):
        if row[column] and not _is_month(row[column]):
            what = f"{column} “{row[column]}”"
            raise RegistryError(path, line, f"{what} is no month like 2024-03", f"{what} 不是 2024-03 这样的月份")
    if row["valid_from"] and row["valid_to"] and row["valid_to"] < row["valid_from"]:
        en, zh = f"code “{row['code']}” ends before it begins", f"代码“{row['code']}”的终止早于开始"
        raise RegistryError(path, line, en, zh)


def _is_month(text: str) -> bool:
    return _MONTH.fullmatch(text) is not None and 1 <= int(text[5:7]) <= 12 and text[:4] >= "1900"


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and dt.date.fromisoformat(text).year >= 1900
    except ValueError:
        return False


def read_events(path: Path, places: pd.DataFrame | None = None) -> pd.DataFrame:
    """The lineage CSV: `EVENT_COLUMNS`, text but `share` (float64, NaN where none is given).

    Args:
        path: the file.
        places: the registry, whose codes alone may stand in it; None where nobody asks.

    Raises:
        RegistryError: a kind of event that is not known, a day that does not exist, the same line twice, a share that is none, or a code
            that the registry never had.
    """
    known = set(places["code"].tolist()) if places is not None else None
    rows = []
    seen: set[tuple[str, ...]] = set()
    for line, raw in _lines(path, EVENT_COLUMNS[:4]):
        row: dict[str, object] = {column: (raw.get(column) or "").strip() for column in EVENT_COLUMNS}
        if row["kind"] not in EVENT_KINDS:
            zh = f"类别“{row['kind']}”不是 {'、'.join(EVENT_KINDS)} 之一"
            raise RegistryError(path, line, f"kind “{row['kind']}” is none of {', '.join(EVENT_KINDS)}", zh)
        _check_event(path, line, {column: str(row[column]) for column in EVENT_COLUMNS}, known, seen)
        try:
            row["share"] = float(str(row["share"])) if row["share"] else float("nan")
        except ValueError:
            raise RegistryError(path, line, f"share “{row['share']}” is no number", f"比例“{row['share']}”不是数字") from None
        if not isnan(float(str(row["share"]))) and not 0 <= float(str(row["share"])) <= 1:
            raise RegistryError(path, line, f"share “{row['share']}” is not between 0 and 1", f"比例“{row['share']}”不在 0 与 1 之间")
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    return frame.astype(dict.fromkeys(EVENT_COLUMNS[:4], "str") | {"share": "float64"})


def _check_event(path: Path, line: int, row: Mapping[str, str], known: Collection[str] | None, seen: set[tuple[str, ...]]) -> None:
    what = tuple(row[column] for column in EVENT_COLUMNS[:4])
    if not _is_day(row["date"]):
        raise RegistryError(path, line, f"date “{row['date']}” is no day like 2024-03-01", f"日期“{row['date']}”不是 2024-03-01 这样的日子")
    if what in seen:
        raise RegistryError(path, line, "says the same as a line above", "与前面的一行重复")
    seen.add(what)
    for column in ("from_code", "to_code"):
        if not row[column]:
            raise RegistryError(path, line, f"{column} is blank", f"{column} 是空的")
        if known is not None and row[column] not in known:
            zh = f"{column}“{row[column]}”不在名录里（撤销的单位也要留在名录里，填上 valid_to）"
            en = f"{column} “{row[column]}” is not in the registry (places that are gone stay in it, with their valid_to)"
            raise RegistryError(path, line, en, zh)


def _lines(path: Path, required: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in required if c not in (reader.fieldnames or ())]
            if missing:
                raise RegistryError(path, 1, f"column {', '.join(missing)} is missing", f"缺少 {'、'.join(missing)} 列")
            return list(enumerate(reader, start=2))
    except UnicodeDecodeError:
        raise RegistryError(path, 1, "is not UTF-8; save it as “CSV UTF-8”", "不是 UTF-8；请另存为“CSV UTF-8”") from None


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
