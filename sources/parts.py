"""Plans as they are kept, and records of one place that stand in several tables: put together where no figure stands in two."""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.states import NOT_COLLECTED
from sources.departments import totals_of, totals_text
from sources.layout import Plan
from sources.reasons import joined_reasons
from sources.records import PlaceRecord
from sources.text import fold_name

_RELATIVE = re.compile(r"\+(\d+):([A-Z]+)")


def plan_text(plan: Plan) -> tuple[str, str]:
    """A plan's id and its JSON: {layout, sheet, cells: {code: 'E7' or '+1:E'}}, and {factors: {code: 10000}} where figures are scaled."""
    content: dict[str, Any] = {"layout": plan.layout, "sheet": plan.sheet, "cells": plan.addresses()}
    if factors := plan.factors():
        content["factors"] = factors
    if plan.month_shift:
        content["month_shift"] = plan.month_shift
    return _kept(content)


def _kept(content: Mapping[str, Any]) -> tuple[str, str]:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16], text


def merge_parts(records: Sequence[PlaceRecord], plans: dict[str, str]) -> tuple[Sequence[PlaceRecord], dict[str, str]]:
    """Put records of one place and month together where they are parts of one report: from different tables, no figure in both.

    Two records that both have a figure are left as they are: they are two reports, and a person has to say which counts.
    """
    if len(plans) < 2 or len(records) < 2:
        return records, plans
    codes = _codes_of_names(records)
    groups: dict[tuple[str, ...], list[PlaceRecord]] = {}
    for record in records:
        groups.setdefault(_about(record, codes), []).append(record)
    parts = {key: group for key, group in groups.items() if len(group) > 1 and key[2] and _are_parts(group)}
    if not parts:
        return records, plans
    made: list[PlaceRecord] = []
    kept: dict[str, str] = {}
    for record in records:
        group = parts.get(_about(record, codes))
        if group is None:
            kept[record.plan_id] = plans[record.plan_id]
            made.append(record)
        elif record is group[0]:
            plan_id, text = _joined([(r, json.loads(plans[r.plan_id])) for r in group])
            kept[plan_id] = text
            made.append(_together(group, plan_id))
    return made, kept


def _codes_of_names(records: Sequence[PlaceRecord]) -> Mapping[str, str]:
    """Name → the one code that stands beside it: the next table may give the name alone."""
    found: dict[str, set[str]] = {}
    for record in records:
        if record.place_code and record.place_name:
            found.setdefault(fold_name(record.place_name), set()).add(record.place_code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def _about(record: PlaceRecord, codes: Mapping[str, str]) -> tuple[str, ...]:
    """Whom and what period a record is about: the same place however its name is spaced (龙 泉 村)."""
    name = fold_name(record.place_name)
    return record.role, record.level, record.place_code or codes.get(name, name), record.month, record.period, record.returns


def _are_parts(group: Sequence[PlaceRecord]) -> bool:
    """From different tables, and no indicator collected in two of them."""
    if len({record.plan_id for record in group}) < len(group):
        return False
    return all(sum(state != NOT_COLLECTED for state in states) <= 1 for states in zip(*(record.states for record in group), strict=True))


def _together(group: Sequence[PlaceRecord], plan_id: str) -> PlaceRecord:
    values, states = array("d", group[0].values), bytearray(group[0].states)
    for record in group[1:]:
        others = memoryview(record.values).cast("d")
        for at, state in enumerate(record.states):
            if state != NOT_COLLECTED:
                values[at], states[at] = others[at], state
    first = group[0]
    return first._replace(
        place_code=next((r.place_code for r in group if r.place_code), ""),
        place_name=next((r.place_name for r in group if r.place_name), ""),
        parent_name=next((r.parent_name for r in group if r.parent_name), ""),
        texts=tuple(next((r.texts[n] for r in group if r.texts[n]), "") for n in range(len(first.texts))),
        plan_id=plan_id,
        row_no=0,
        values=values.tobytes(),
        states=bytes(states),
        wrong_sums=", ".join(r.wrong_sums for r in group if r.wrong_sums),
        row_note=next((r.row_note for r in group if r.row_note), ""),
        reasons=joined_reasons(r.reasons for r in group),
        totals=totals_text({code: total for r in reversed(group) for code, total in totals_of(r.totals).items()}),
    )


def _joined(parts: Sequence[tuple[PlaceRecord, Mapping[str, Any]]]) -> tuple[str, str]:
    """One plan for one place, its cells as they stand in the sheets (a cell of another sheet with that sheet's name)."""
    sheets = {plan["sheet"] for _, plan in parts}
    cells: dict[str, str] = {}
    factors: dict[str, int] = {}
    for record, plan in parts:
        for code, cell in plan["cells"].items():
            found = [_absolute(one, record.row_no) for one in cell.split("&")]
            cells.setdefault(code, "&".join(one if len(sheets) == 1 else f"{plan['sheet']}!{one}" for one in found))
        factors |= plan.get("factors", {})
    content: dict[str, Any] = {"layout": parts[0][1]["layout"], "sheet": sheets.pop() if len(sheets) == 1 else "", "cells": cells}
    shift = next((plan["month_shift"] for _, plan in parts if "month_shift" in plan), 0)
    return _kept(content | ({"factors": factors} if factors else {}) | ({"month_shift": shift} if shift else {}))


def _absolute(cell: str, row_no: int) -> str:
    relative = _RELATIVE.fullmatch(cell)
    return cell if relative is None else f"{relative[2]}{row_no + int(relative[1]) + 1}"
