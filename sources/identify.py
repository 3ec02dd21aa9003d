"""Which place of the registry each record is about, and what head cells, sheet, file and folder say of place and month.

Head cells win where they name a place. Where they are blank or name several, the sheet's name, then the file's, then the folder's
decide, by a code or an exact name only. Whatever is merely like a name is suggested to a person (`suggestions`), never taken.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from schemas.derived import frame_digest, of_frame
from sources.claims import NOTHING, Claim, ClaimReader
from sources.gazetteer import Gazetteer, Suggestion
from sources.months import settle_month, shifted
from sources.places import resolve_places
from sources.settled import settled
from sources.text import fold_name

SOURCES = ("cells", "sheet", "file", "folder")


def identify(
    readings: pd.DataFrame,
    places: pd.DataFrame,
    month: str,
    *,
    sheets: Mapping[str, str] | None = None,
    events: pd.DataFrame | None = None,
    shifts: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """The readings with the place of each and with the evidence for it; a total of another place gets that place's level.

    Args:
        readings: the store's readings (with `path` of the submission, where file and folder are to be heard).
        places: the registry.
        month: whose boundaries count, and what the files were sent for.
        sheets: plan id → name of the sheet.
        events: the lineage, for suggestions.
        shifts: plan id → months from the month that a file's or sheet's name says to that of the figures (`Layout.month_shift`).

    Returns:
        The columns of `readings` (role and place of rows called like totals or notes as `sources.settled` has them; `month` as the form
        says it, else as the file's or the sheet's name does) and: form_month (as the form says it), place (code, or ''), place_from (one
        of `SOURCES`, or ''), is_known (the code is in the registry at some time), is_name_match, is_town_match; other_place (code of the
        other village that the name cell names, or ''), is_claim_match (sheet, file and folder name no other place), sheet (its name),
        sheet_says, file_says, folder_says (their words about a place that is not the record's, '' where they agree or say nothing),
        file_month (the month in the file's or the sheet's name, '' when none), suggestions (JSON list of `Suggestion`).
    """
    gazetteer, reader = _registry(places, month, events)
    readings = settled(readings, gazetteer)
    code = resolve_places(readings, places, month)
    source = code.ne("").map({True: "cells", False: ""}).astype("str")
    _find_folded(code, source, readings, gazetteer, reader)
    claims = _claims(readings, reader, sheets or {})
    _fill_in(code, source, readings, claims, gazetteer)
    name, parent, levels = (_looked_up(code, of) for of in (gazetteer.name, gazetteer.parent, gazetteer.level))
    parent_name = _looked_up(parent, gazetteer.name)
    grand_name = _looked_up(_looked_up(parent, gazetteer.parent), gazetteer.name)
    found = readings.assign(
        place=code,
        place_from=source,
        level=levels.where(levels.notna() & (readings["role"] == "stated"), readings["level"]).astype("str"),
        is_known=_among(code, of_frame(places, "codes", lambda: set(places["code"].tolist()))),
        is_name_match=_is_named(readings["place_name"], name, parent_name, grand_name),
        is_town_match=_is_named(readings["parent_name"], parent_name, grand_name),
    )
    found = found.assign(**_differing(found, claims, gazetteer, month, shifts or {}))
    if "title_month" in found:
        titled = [settle_month(stated, month) for stated in found["title_month"].tolist()]
        found = found.assign(title_month=pd.Series(titled, index=found.index, dtype="str"))
    names = [(sheets or {}).get(plan, "") for plan in found["plan_id"].tolist()]
    found = found.assign(sheet=pd.Series(names, index=found.index, dtype="str"))
    return found.assign(**_second_thoughts(found, gazetteer, claims))


def towns_of_paths(paths: Iterable[str], places: pd.DataFrame, month: str) -> dict[str, str]:
    """Path → code of the one town that its folder, else its name, speaks of (itself, or by a village of it); where there is one."""
    wanted = list(dict.fromkeys(paths))
    if not wanted:
        return {}
    gazetteer, reader = _registry(places, month, None)
    found: dict[str, str] = {}
    for path in wanted:
        for claim in (reader.of_folder(path), reader.of_file(path)):
            towns = {c for c in claim.above if gazetteer.level[c] == "town"} or {gazetteer.parent[c] for c in claim.villages}
            if len(towns) == 1:
                found[path] = towns.pop()
                break
    return found


def villages_of_paths(paths: Iterable[str], places: pd.DataFrame, month: str) -> dict[str, str]:
    """Path → code of the one village that the file's name speaks of, within the town of its folder where that names one."""
    gazetteer, reader = _registry(places, month, None)
    found: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        named, folder = reader.of_file(path), reader.of_folder(path)
        villages = named.villages or (folder.villages if not named.above else frozenset())
        towns = {code for code in named.above | folder.above if gazetteer.level[code] == "town"}
        within = {code for code in villages if gazetteer.parent[code] in towns} or villages
        if len(within) == 1:
            found[path] = next(iter(within))
    return found


def _looked_up(codes: pd.Series, of: Mapping[str, str]) -> pd.Series:
    """What a table says of codes, NaN where it has none."""
    return pd.Series([of.get(code) for code in codes.tolist()], index=codes.index, dtype="str")


def villages_and_towns(places: pd.DataFrame, month: str) -> tuple[dict[str, str], dict[str, str]]:
    """Village in force → its town; and name → code of the towns that have villages, of names that only one of them has."""

    def worked_out() -> tuple[dict[str, str], dict[str, str]]:
        gazetteer, _ = _registry(places, month, None)
        town_of = {code: gazetteer.parent[code] for code, level in gazetteer.level.items() if level == "village"}
        named: dict[str, list[str]] = {}
        for town in dict.fromkeys(town_of.values()):
            named.setdefault(gazetteer.name.get(town, ""), []).append(town)
        return town_of, {name: codes[0] for name, codes in named.items() if len(codes) == 1}

    return of_frame(places, ("villages and towns", month), worked_out)


_known: dict[tuple[str, str, str], tuple[Gazetteer, ClaimReader]] = {}
_MOST_KNOWN = 4


def _registry(places: pd.DataFrame, month: str, events: pd.DataFrame | None) -> tuple[Gazetteer, ClaimReader]:
    """The gazetteer, and the reader with every name that it has understood: a run asks three times about the same files.

    Where the lineage does not matter, one that knows it serves as well.
    """
    digest = frame_digest(places)
    lineage = frame_digest(events) if events is not None and len(events) else ""
    key = next((k for k in _known if k[0] == digest and k[2] == month and (k[1] == lineage or events is None)), (digest, lineage, month))
    if key not in _known:
        while len(_known) >= _MOST_KNOWN:
            _known.pop(next(iter(_known)))
        gazetteer = Gazetteer(places, month, events)
        _known[key] = (gazetteer, ClaimReader(gazetteer, month))
    return _known[key]


# -- what sheet, file and folder say ---------------------------------------------------------------------------------


def _claims(readings: pd.DataFrame, reader: ClaimReader, sheets: Mapping[str, str]) -> dict[str, list[Claim]]:
    """Source → one claim a record. Villages are heard only for a sheet or file with one record: a list speaks of its town."""
    n = len(readings)
    nothing = {source: [NOTHING] * n for source in SOURCES[1:]}
    if "path" not in readings or not n:
        return nothing
    paths = readings["path"].tolist()
    of_path = {path: reader.of_file(path) for path in dict.fromkeys(paths)}
    of_folder = {folder: reader.of_folder(f"{folder}/") for folder in {path.rpartition("/")[0] for path in of_path}}
    of_sheet = {plan: reader.read(sheet) for plan, sheet in sheets.items()}
    of_file = ["path", "submission_id"] if "submission_id" in readings else ["path"]
    alone = ~readings.duplicated(of_file, keep=False)
    plans = readings["plan_id"].tolist()
    alone_on_sheet = ~readings.duplicated([*of_file, "plan_id"], keep=False)
    return {
        "sheet": [_heard(of_sheet.get(p, NOTHING), is_alone) for p, is_alone in zip(plans, alone_on_sheet, strict=True)],
        "file": [_heard(of_path[p], is_alone) for p, is_alone in zip(paths, alone, strict=True)],
        "folder": [_heard(of_folder[p.rpartition("/")[0]], is_alone) for p, is_alone in zip(paths, alone, strict=True)],
    }


def _heard(claim: Claim, is_alone: bool) -> Claim:
    return claim if is_alone or not claim.villages else claim._replace(villages=frozenset())


def _find_folded(code: pd.Series, source: pd.Series, readings: pd.DataFrame, gazetteer: Gazetteer, reader: ClaimReader) -> None:
    """Names in traditional or variant characters, with another word for the same kind of unit, or behind that of their town: the same
    name, if it is one place.
    """
    open_ones = (code == "") & (readings["place_name"] != "")
    written = (readings.loc[open_ones, column].tolist() for column in ("level", "place_name", "parent_name"))
    for at, level, name, parent in zip(code.index[open_ones], *written, strict=True):
        parents = _parents(parent, gazetteer)
        found = gazetteer.named(name, level, parents) if parents or not parent else []
        if not found and level == "village" and (claim := reader.read(name)).above and claim.says == fold_name(name):  # 青溪镇龙泉村
            found = sorted(_within(set(claim.villages), claim.villages, claim.above | set(parents), gazetteer))
        if len(found) == 1:
            code[at], source[at] = found[0], "cells"


def _parents(name: str, gazetteer: Gazetteer) -> list[str]:
    """Towns (or counties) of that name, the county's name before it allowed."""
    return [c for level in ("town", "county") for c in gazetteer.named(name, level)] if name else []


def _fill_in(code: pd.Series, source: pd.Series, readings: pd.DataFrame, claims: dict[str, list[Claim]], gazetteer: Gazetteer) -> None:
    """A village whose head cells are blank, or whose name several villages bear: the first source that names exactly one decides."""
    is_open = (code == "") & (readings["role"] == "report") & (readings["level"] == "village")
    for position in is_open.to_numpy().nonzero()[0].tolist():
        row = readings.iloc[position]
        here = [(s, claims[s][position]) for s in SOURCES[1:] if claims[s][position].is_about_a_place]
        parents = _parents(row["parent_name"], gazetteer)
        towns = frozenset(parents) or next((c.above for _, c in reversed(here) if c.above), frozenset[str]())
        if row["place_name"]:
            candidates = set(gazetteer.named(row["place_name"], "village"))
            narrowed = [(s, _within(candidates, c.villages, c.above, gazetteer)) for s, c in here]
        else:
            narrowed = [(s, _within(set(c.villages), c.villages, towns | c.above, gazetteer)) for s, c in here]
        for name, codes in narrowed:
            if len(codes) == 1 and (not parents or gazetteer.parent[next(iter(codes))] in parents):
                code.iloc[position], source.iloc[position] = next(iter(codes)), name
                break


def _within(candidates: set[str], villages: frozenset[str], above: frozenset[str], gazetteer: Gazetteer) -> set[str]:
    """Candidates that the claim allows: among its villages, if it names any, and inside every town or county it names."""
    found = candidates & villages if villages else candidates
    if above:
        inside = {c for c in found if above & set(gazetteer.ancestors(c))}
        towns = {c for c in above if gazetteer.level[c] == "town"}
        found = {c for c in inside if not towns or towns & set(gazetteer.ancestors(c))}
    return found if villages or above else set()


def _differing(
    found: pd.DataFrame, claims: dict[str, list[Claim]], gazetteer: Gazetteer, month: str, shifts: Mapping[str, int]
) -> dict[str, pd.Series]:
    """Which sources name another place than the record's, in their own words, and the month they name.

    That month counts where the form has none.
    """
    lines: dict[str, frozenset[str]] = {c: frozenset(gazetteer.ancestors(c)) for c in set(found["place"]) if c in gazetteer.name}
    places = found["place"].tolist()
    says = {
        source: [
            c.says if c.says and _is_elsewhere(c, lines.get(p), gazetteer) else "" for c, p in zip(claims[source], places, strict=True)
        ]
        for source in SOURCES[1:]
    }
    months = [f.month or s.month for f, s in zip(claims["file"], claims["sheet"], strict=True)]
    if shifts:
        months = [shifted(name, shifts.get(plan, 0)) for name, plan in zip(months, found["plan_id"].tolist(), strict=True)]
    columns = {f"{source}_says": pd.Series(words, index=found.index, dtype="str") for source, words in says.items()}
    columns["file_month"] = pd.Series(months, index=found.index, dtype="str")
    agrees = (columns["sheet_says"] == "") & (columns["file_says"] == "") & (columns["folder_says"] == "")
    on_form = [settle_month(stated, month) for stated in found["month"].tolist()]
    columns["form_month"] = pd.Series(on_form, index=found.index, dtype="str")
    columns["month"] = columns["form_month"].where(columns["form_month"] != "", columns["file_month"])
    return {**columns, "is_claim_match": agrees}


def _is_elsewhere(claim: Claim, line: frozenset[str] | None, gazetteer: Gazetteer) -> bool:
    """Whether a claim names a village or a town, and not one of the line from the record's village to its county."""
    if not line or not claim.is_about_a_place:
        return False
    if claim.villages and not claim.villages & line:
        # a bare or shared name may be the town's as well (青溪 in 青溪镇)
        return not any(claim.says and claim.says in gazetteer.name[c] for c in line)
    towns = [c for c in claim.above if gazetteer.level[c] == "town"]
    return bool(towns and not line.intersection(towns)) or bool(claim.above and not claim.above & line)


# -- names that disagree, and what may be meant ----------------------------------------------------------------------


def _second_thoughts(found: pd.DataFrame, gazetteer: Gazetteer, claims: dict[str, list[Claim]]) -> dict[str, pd.Series]:
    """For names that are not the registry's, codes that are not in force, and records without a place: what may be meant."""
    suggestions, others = [""] * len(found), [""] * len(found)
    is_village = ((found["role"] == "report") & (found["level"] == "village")).to_numpy()
    is_there = _among(found["place"], gazetteer.name).to_numpy()
    doubtful = is_village & (~is_there | ~found["is_name_match"].to_numpy())
    columns = ("place", "place_name", "parent_name")
    for position in doubtful.nonzero()[0].tolist():
        place, name, parent = (found[c].iloc[position] for c in columns)
        towns = _parents(parent, gazetteer) or [c for c in (gazetteer.parent.get(place), place[:9]) if c and c in gazetteer.children]
        if not towns:
            towns = [c for s in ("folder", "file") for c in claims[s][position].above if gazetteer.level[c] == "town"]
        made = gazetteer.successors(place) if not is_there[position] else []
        made += [s for s in gazetteer.suggest(name, "village", towns) if s.code != place and s not in made]
        if is_there[position]:
            same = [s.code for s in made if s.why == "same"]  # in the same town, or in the town that the form names
            others[position] = same[0] if len(same) == 1 else ""
        elif not name:
            made += [Suggestion("near", c, gazetteer.name[c], 1.0) for s in SOURCES[1:] for c in sorted(claims[s][position].villages)[:3]]
        suggestions[position] = json.dumps(made[:3], ensure_ascii=False) if made else ""
    index = found.index
    return {"suggestions": pd.Series(suggestions, index=index, dtype="str"), "other_place": pd.Series(others, index=index, dtype="str")}


def _among(codes: pd.Series, known: Collection[str]) -> pd.Series:
    """Which codes are among the known ones; pandas would first make a column of all of these, for one record too."""
    return pd.Series([code in known for code in codes.tolist()], index=codes.index, dtype=bool)


def _agrees(written: pd.Series, registered: pd.Series) -> pd.Series:
    """Nothing written, nothing registered, or the same name (an administrative suffix may be left out)."""
    pairs = zip(written.tolist(), registered.fillna("").tolist(), strict=True)
    return pd.Series([not w or not r or w == r or _same(fold_name(w), fold_name(r)) for w, r in pairs], index=written.index, dtype=bool)


def _is_named(written: pd.Series, registered: pd.Series, *above: pd.Series) -> pd.Series:
    """As `_agrees`, with the names of what the place lies in before its own, or without."""
    agrees, whole = _agrees(written, registered), registered.fillna("")
    for name in above:
        rest = agrees.index[~agrees]
        whole = name.fillna("") + whole
        agrees[rest] = _agrees(written[rest], whole[rest])
    return agrees


_SUFFIXES = ("村民委员会", "居民委员会", "村委会", "居委会", "社区", "街道", "村", "镇", "乡")


def _same(written: str, registered: str) -> bool:
    if written == registered or _bare(written) == _bare(registered):
        return True
    from sources.names import fold_place  # traditional characters are the exception

    return _bare(fold_place(written)) == _bare(fold_place(registered))


def _bare(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name
