"""Bytes of one file → what it says: records of places with values, states and cell addresses, and every problem met.

Runs in reading workers: imports nothing heavy, touches no store, and never raises for what a file contains.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from array import array
from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Any, NamedTuple

from schemas.states import MISSING, NOT_COLLECTED, REPORTED, UNREADABLE
from sources.form import inline_heads, plan_form, title_of
from sources.layout import Plan, ReadingKit, ReadyLayout, candidates
from sources.listing import blocks, plan_listing
from sources.months import parse_month
from sources.persons import has_person_rows
from sources.text import address
from sources.workbook import FileFault, Sheet, read_sheets

MIN_SCORE = 0.5
"""A layout is accepted when at least this share of what it expects (form) or of the headings (list) was recognised."""
_MOST_PROBLEMS = 20
_TEXT_FIELDS = ("form_version", "filled_by", "checked_by", "date_sent")


class Problem(NamedTuple):
    """Something to tell the sender: `name` is an entry of the message catalogue, `details` fill its wording."""

    name: str
    sheet: str = ""
    cell: str = ""
    details: Mapping[str, str] = {}


class PlaceRecord(NamedTuple):
    """One place's figures in one file. `values`: float64 for every indicator of the dictionary; `states`: one byte each."""

    role: str
    level: str
    place_code: str
    place_name: str
    parent_name: str
    month: str
    texts: tuple[str, ...]
    plan_id: str
    row_no: int
    values: bytes
    states: bytes
    wrong_sums: str


class FileReading(NamedTuple):
    """What one file says. `status`: read, refused or quarantined; `plans`: plan id → JSON of its cell addresses."""

    sha256: str
    size: int
    kind: str
    status: str
    layout: str = ""
    returns: str = ""
    score: float = 0.0
    runner_up: str = ""
    records: tuple[PlaceRecord, ...] = ()
    plans: Mapping[str, str] = {}
    problems: tuple[Problem, ...] = ()


class _Known(NamedTuple):
    """A form's plan together with every text that stands outside its value cells: equal texts mean an equal form."""

    layout: ReadyLayout
    plan: Plan
    plan_id: str
    plan_json: str
    free: frozenset[int]
    texts: Mapping[int, str]
    score: float
    runner_up: str


class FileReader:
    """Reads files with one kit. Remembers the forms it has met, so that a form filled 300 times is understood once."""

    def __init__(self, kit: ReadingKit) -> None:
        self.kit = kit
        self.position = {code: n for n, code in enumerate(kit.codes)}
        self.known: dict[tuple[int, int, str], list[_Known]] = {}
        self.not_collected = bytes([NOT_COLLECTED]) * len(kit.codes)
        self.blank = array("d", [nan]) * len(kit.codes)

    def read(self, data: bytes, file_name: str) -> FileReading:
        """Read one file. What is wrong with it comes back as problems, never as an exception."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            kind, sheets = read_sheets(data)
        except FileFault as fault:
            return FileReading(digest, len(data), "", "refused", problems=(Problem(fault.name, details=fault.details),))
        for sheet in sheets:
            if _holds_persons(sheet):
                # The name of a hidden sheet may itself be somebody's name: only its position is told.
                number = str(1 + sheets.index(sheet))
                return FileReading(digest, len(data), kind, "quarantined", problems=(Problem("personal_data", details={"sheet": number}),))
        return self._read_sheets(digest, len(data), kind, sheets, file_name)

    def _read_sheets(self, digest: str, size: int, kind: str, sheets: Sequence[Sheet], file_name: str) -> FileReading:
        tries: list[tuple[float, ReadyLayout, list[PlaceRecord], dict[str, str], list[Problem], str]] = []
        for sheet in sheets:
            if not sheet.is_visible or not sheet.rows:
                continue
            known = self._recall(sheet)
            if known is not None:
                record, problems = self._form_record(sheet, known.layout, known.plan, known.plan_id, file_name)
                tries.append((known.score, known.layout, [record], {known.plan_id: known.plan_json}, problems, known.runner_up))
                continue
            tries += self._understand(sheet, file_name)
        tries = [t for t in tries if t[0] > 0]
        if not tries or max(t[0] for t in tries) < MIN_SCORE:
            nearest = max(tries, key=lambda t: t[0], default=None)
            details = {"nearest": nearest[1].id if nearest else "—", "score": f"{100 * nearest[0]:.0f}" if nearest else "0"}
            return FileReading(digest, size, kind, "refused", problems=(Problem("unknown_form", details=details),))
        best = max(tries, key=lambda t: t[0])
        chosen = [t for t in tries if t[1].id == best[1].id and t[0] >= MIN_SCORE]
        records = [record for t in chosen for record in t[2]]
        problems = [problem for t in chosen for problem in t[4]]
        if not records:
            return FileReading(digest, size, kind, "refused", best[1].id, problems=(Problem("no_rows", best[1].id), *problems))
        plans = {plan_id: text for t in chosen for plan_id, text in t[3].items()}
        return FileReading(
            digest,
            size,
            kind,
            "read",
            best[1].id,
            best[1].returns,
            best[0],
            best[5],
            tuple(records),
            plans,
            tuple(problems[:_MOST_PROBLEMS]),
        )

    # -- forms -------------------------------------------------------------------------------------------------

    def _recall(self, sheet: Sheet) -> _Known | None:
        rows = sheet.rows
        group = self.known.get((len(rows), len(rows[0]), sheet.name))
        if not group:
            return None
        width = len(rows[0])
        texts = {r * width + c: cell for r, row in enumerate(rows) for c, cell in enumerate(row) if type(cell) is str and cell}
        for known in group:
            free = known.free
            if len(texts) >= len(known.texts) and {k: v for k, v in texts.items() if k not in free} == known.texts:
                return known
        return None

    def _understand(
        self, sheet: Sheet, file_name: str
    ) -> list[tuple[float, ReadyLayout, list[PlaceRecord], dict[str, str], list[Problem], str]]:
        """Try every layout whose title stands in the sheet; the best one comes with its records."""
        scored: list[tuple[float, ReadyLayout, Plan]] = []
        for layout in candidates(self.kit.layouts, sheet):
            plan = plan_form(sheet, layout) if layout.kind == "form" else plan_listing(sheet, layout)
            if plan is not None and (plan.cells or plan.sums):
                scored.append((_score(layout, plan), layout, plan))
        if not scored:
            return []
        scored.sort(key=lambda item: -item[0])
        score, layout, plan = scored[0]
        runner_up = f"{scored[1][1].id} {scored[1][0]:.2f}" if len(scored) > 1 else ""
        if score < MIN_SCORE:
            return [(score, layout, [], {}, [], runner_up)]
        plan_json = json.dumps({"layout": plan.layout, "sheet": plan.sheet, "cells": plan.addresses()}, ensure_ascii=False, sort_keys=True)
        plan_id = hashlib.sha256(plan_json.encode()).hexdigest()[:16]
        if layout.kind == "form":
            self._remember(sheet, _Known(layout, plan, plan_id, plan_json, frozenset(), {}, score, runner_up))
            record, problems = self._form_record(sheet, layout, plan, plan_id, file_name)
            return [(score, layout, [record], {plan_id: plan_json}, problems, runner_up)]
        records, problems = self._list_records(sheet, layout, plan, plan_id, file_name)
        return [(score, layout, records, {plan_id: plan_json}, problems, runner_up)]

    def _remember(self, sheet: Sheet, known: _Known) -> None:
        rows, width = sheet.rows, len(sheet.rows[0])
        if any(len(row) != width for row in rows):
            return
        inside = {r * width + c for r, c in (*known.plan.cells.values(), *known.plan.heads.values())}
        inside |= {r * width + c for r, c, _ in known.plan.sums}
        inline = {
            r * width + c
            for r, row in enumerate(rows)
            for c, cell in enumerate(row)
            if type(cell) is str and any(True for _ in inline_heads(cell, known.layout.book))
        }
        free = frozenset(inside | inline)
        texts = {
            r * width + c: cell
            for r, row in enumerate(rows)
            for c, cell in enumerate(row)
            if type(cell) is str and cell and r * width + c not in free
        }
        group = self.known.setdefault((len(rows), width, sheet.name), [])
        if len(group) < 16:
            group.append(known._replace(free=free, texts=texts))

    def _form_record(
        self, sheet: Sheet, layout: ReadyLayout, plan: Plan, plan_id: str, file_name: str
    ) -> tuple[PlaceRecord, list[Problem]]:
        heads: dict[str, Any] = {field: sheet.rows[r][c] for field, (r, c) in plan.heads.items() if sheet.rows[r][c] != ""}
        for field, value in _sheet_heads(sheet, layout, file_name).items():
            heads.setdefault(field, value)
        problems = _skipped_problems(sheet, layout, plan)
        record = self._record(sheet, layout, plan, plan_id, 0, heads, layout.role, layout.level, problems)
        return record, problems + _month_problem(sheet, [record])

    # -- lists -------------------------------------------------------------------------------------------------

    def _list_records(
        self, sheet: Sheet, layout: ReadyLayout, plan: Plan, plan_id: str, file_name: str
    ) -> tuple[list[PlaceRecord], list[Problem]]:
        shared = _sheet_heads(sheet, layout, file_name)
        if layout.level == "village" and "village_name" in shared:  # 填报单位 above a list of villages is the town
            shared.setdefault("town_name", shared.pop("village_name"))
        problems = _skipped_problems(sheet, layout, plan)
        problems += [Problem("unmatched_heading", sheet.name, address(r, c), {"label": label}) for label, r, c in plan.unmatched]
        made = []
        for block in blocks(sheet, layout, plan):
            heads = dict(shared)
            if block.is_total:
                if layout.stated_level is None:
                    continue
                made.append(self._record(sheet, layout, plan, plan_id, block.row, heads, "stated", layout.stated_level, problems))
                continue
            for field, (_, column) in plan.heads.items():
                cells = [line[column] for line in sheet.rows[block.row : block.row + plan.record_rows] if column < len(line)]
                value = next((cell for cell in cells if cell != ""), "")
                if value != "":
                    heads[field] = value
            made.append(self._record(sheet, layout, plan, plan_id, block.row, heads, layout.role, layout.level, problems))
        return made, problems + _month_problem(sheet, made)

    # -- one record --------------------------------------------------------------------------------------------

    def _record(
        self,
        sheet: Sheet,
        layout: ReadyLayout,
        plan: Plan,
        plan_id: str,
        base: int,
        heads: Mapping[str, Any],
        role: str,
        level: str,
        problems: list[Problem],
    ) -> PlaceRecord:
        values, states = array("d", self.blank), bytearray(self.not_collected)
        rows, position, read = sheet.rows, self.position, self.kit.values.read
        for code, (row, column) in plan.cells.items():
            at = position[code]
            line = rows[base + row]
            cell = line[column] if column < len(line) else ""
            if type(cell) is float:
                values[at], states[at] = cell, REPORTED
                continue
            values[at], states[at] = read(cell)
            if states[at] == UNREADABLE and len(problems) < _MOST_PROBLEMS:
                problems.append(
                    Problem("unreadable_cell", sheet.name, address(base + row, column), {"label": layout.book.vocabulary.labels[code]})
                )
        wrong = self._wrong_sums(sheet, layout, plan, base, values, states, problems)
        code_field, name_field, parent_field = (f"{level}_code", f"{level}_name", _parent_field(level))

        def head(field: str, as_text: Callable[[object], str]) -> str:
            text, source = as_text(heads.get(field, "")), layout.head.get(field)
            return source.tidy(text) if source is not None and text else text

        return PlaceRecord(
            role=role,
            level=level,
            place_code=head(code_field, _code),
            place_name=head(name_field, _name),
            parent_name=head(parent_field, _name),
            month=parse_month(heads.get("report_month", "")),
            texts=tuple(_name(heads.get(field, layout.form_version if field == "form_version" else "")) for field in _TEXT_FIELDS),
            plan_id=plan_id,
            row_no=base,
            values=values.tobytes(),
            states=bytes(states),
            wrong_sums=wrong,
        )

    def _wrong_sums(
        self,
        sheet: Sheet,
        layout: ReadyLayout,
        plan: Plan,
        base: int,
        values: array[float],
        states: bytearray,
        problems: list[Problem],
    ) -> str:
        """Addresses of written totals that are not the sum of their parts; only where every part and the total are there."""
        wrong = []
        for row, column, codes in plan.sums:
            line = sheet.rows[base + row]
            stated, state = self.kit.values.read(line[column] if column < len(line) else "")
            parts = [self.position[code] for code in codes]
            if state != REPORTED or any(states[at] != REPORTED for at in parts):
                continue
            if abs(stated - sum(values[at] for at in parts)) > 0.005:
                wrong.append(address(base + row, column))
                if len(problems) < _MOST_PROBLEMS:
                    label = layout.book.vocabulary.labels[codes[0]].split("（")[0]
                    problems.append(Problem("stated_sum", sheet.name, wrong[-1], {"label": label}))
        return f"{sheet.name}!{','.join(wrong)}" if wrong else ""


def _score(layout: ReadyLayout, plan: Plan) -> float:
    if layout.kind == "form":
        return min(1.0, len(plan.cells) / max(1, layout.expected))
    matched = len(plan.cells) / max(1, plan.record_rows) + len(plan.sums) / max(1, plan.record_rows) + len(plan.heads) + len(plan.skipped)
    return matched / max(1.0, matched + len(plan.unmatched))


def _holds_persons(sheet: Sheet) -> bool:
    texts = [cell for row in sheet.rows for cell in row if type(cell) is str and cell]
    numbers = [cell for row in sheet.rows for cell in row if type(cell) is float and cell >= 13e9]
    return has_person_rows(texts, numbers)


def _month_problem(sheet: Sheet, records: Sequence[PlaceRecord]) -> list[Problem]:
    """Said once a sheet when a record has no month: it will be taken for the month it was sent for."""
    return [Problem("month_not_found", sheet.name)] if any(not record.month for record in records) else []


def _skipped_problems(sheet: Sheet, layout: ReadyLayout, plan: Plan) -> list[Problem]:
    """Columns of old forms that are recognised and not loaded; said once a file, not once a village."""
    book, found = layout.book, []
    for label, code, row, column in plan.skipped:
        if code in book.vocabulary.silent:
            continue
        zh, en = layout.ignored.get(code) or book.vocabulary.reasons[code]
        text = book.vocabulary.labels.get(code, label)
        found.append(Problem("not_collected", sheet.name, address(row, column), {"label": text, "reason": zh, "reason_en": en}))
    return found


def _sheet_heads(sheet: Sheet, layout: ReadyLayout, file_name: str) -> dict[str, Any]:
    """Head fields that stand outside rows: in titles and feet, in the sheet's or the file's name."""
    heads: dict[str, Any] = {}
    titles = title_of(sheet)
    for field, source in layout.head.items():
        for pattern, texts in ((source.pattern, titles), (source.sheet_name, [sheet.name]), (source.file_name, [file_name])):
            found = next((m for text in texts if pattern is not None and (m := pattern.search(text))), None)
            if found is not None:
                heads.setdefault(field, found[1] if found.groups() else found[0])
        if source.constant is not None:
            heads.setdefault(field, source.constant)
    for row in (*sheet.rows[:8], *sheet.rows[-6:]) if len(sheet.rows) > 14 else sheet.rows:
        for cell in row:
            if type(cell) is str and cell:
                for field, value in inline_heads(cell, layout.book):
                    if value:
                        heads.setdefault(field, value)
    if "report_month" not in heads:
        month = next((text for text in titles if "年" in text and parse_month(text)), None)
        if month is not None:
            heads["report_month"] = month
    return heads


def _parent_field(level: str) -> str:
    return {"village": "town_name", "town": "county_name", "county": "prefecture_name"}.get(level, "")


def _code(cell: object) -> str:
    text = str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)
    return "".join(unicodedata.normalize("NFKC", text).split())


def _name(cell: object) -> str:
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip() if cell != "" else ""


__all__ = ["MIN_SCORE", "MISSING", "FileReader", "FileReading", "PlaceRecord", "Problem"]
