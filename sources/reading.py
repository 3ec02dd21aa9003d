"""Bytes of one file → what it says: records of places with values, states and cell addresses, and every problem met.

Runs in reading workers: imports nothing heavy, touches no store, and never raises for what a file contains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sources.form import plan_form
from sources.heads import add_inline, sheet_heads
from sources.layout import Plan, ReadingKit, ReadyLayout, candidates
from sources.listing import blocks, plan_listing
from sources.memory import FormMemory, KnownForm
from sources.persons import where_persons_are
from sources.records import MOST_PROBLEMS, PlaceRecord, Problem, RecordMaker
from sources.text import address
from sources.workbook import FileFault, Sheet, read_sheets

MIN_SCORE = 0.5
"""A layout is accepted when at least this share of what it expects (form) or of the headings (list) was recognised."""


class FileReading(NamedTuple):
    """What one file says. `status`: read, refused or quarantined; `plans`: plan id → JSON of its cell addresses.

    `members`: the files of a bundle (.zip) by their name in it, each with its own reading; the bundle itself has no records.
    """

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
    members: tuple[tuple[str, FileReading], ...] = ()


class _SheetReading(NamedTuple):
    """What one sheet says under the layout that fits it best."""

    score: float
    layout: ReadyLayout
    runner_up: str
    records: Sequence[PlaceRecord] = ()
    plans: Mapping[str, str] = {}
    problems: Sequence[Problem] = ()


class FileReader:
    """Reads files with one kit, remembering the forms it has met."""

    def __init__(self, kit: ReadingKit) -> None:
        self.kit = kit
        self._maker = RecordMaker(kit)
        self._memory = FormMemory()

    def read(self, data: bytes, file_name: str) -> FileReading:
        """Read one file. What is wrong with it comes back as problems, never as an exception."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            kind, sheets = read_sheets(data)
        except FileFault as fault:
            return FileReading(digest, len(data), "", "refused", problems=(Problem(fault.name, details=fault.details),))
        if (where := where_persons_are(kind, data, sheets)) is not None:
            return FileReading(digest, len(data), kind, "quarantined", problems=(Problem("personal_data", details={"sheet": where}),))
        tries = [t for sheet in sheets if sheet.is_visible and sheet.rows and (t := self._read_sheet(sheet, file_name)) is not None]
        return _file_reading(digest, len(data), kind, tries)

    def _read_sheet(self, sheet: Sheet, file_name: str) -> _SheetReading | None:
        known = self._memory.recall(sheet)
        return self._again(sheet, known) if known is not None else self._understand(sheet, file_name)

    def _again(self, sheet: Sheet, known: KnownForm) -> _SheetReading:
        """A filling of a form met before: cells are taken by position."""
        cells = sheet.flat
        heads: dict[str, Any] = {field: cells[at] for field, at in known.heads.items() if cells[at] != ""}
        add_inline(heads, (cells[at] for at in known.inline), known.layout)
        if "report_month" not in heads:
            heads = {**sheet_heads(sheet, known.layout, ""), **heads}
        problems = _skipped(sheet, known.layout, known.plan)
        record = self._maker.record(sheet, known.layout, known.plan, known.plan_id, heads, problems, cells=known.take(cells))
        return _finished(sheet, known.score, known.layout, known.runner_up, [record], {known.plan_id: known.plan_json}, problems)

    def _understand(self, sheet: Sheet, file_name: str) -> _SheetReading | None:
        """Try every layout whose title stands in the sheet; the best one comes with its records."""
        scored: list[tuple[float, ReadyLayout, Plan]] = []
        for layout in candidates(self.kit.layouts, sheet):
            plan = plan_form(sheet, layout) if layout.kind == "form" else plan_listing(sheet, layout)
            if plan is not None and (plan.cells or plan.sums):
                scored.append((_score(layout, plan), layout, plan))
        if not scored:
            return None
        scored.sort(key=lambda item: -item[0])
        score, layout, plan = scored[0]
        runner_up = f"{scored[1][1].id} {scored[1][0]:.2f}" if len(scored) > 1 else ""
        if score < MIN_SCORE:
            return _SheetReading(score, layout, runner_up)
        text = json.dumps({"layout": plan.layout, "sheet": plan.sheet, "cells": plan.addresses()}, ensure_ascii=False, sort_keys=True)
        plan_id = hashlib.sha256(text.encode()).hexdigest()[:16]
        problems = _skipped(sheet, layout, plan)
        if layout.kind == "form":
            self._memory.remember(sheet, layout, plan, plan_id, text, score, runner_up)
            heads: dict[str, Any] = {field: sheet.rows[r][c] for field, (r, c) in plan.heads.items() if sheet.rows[r][c] != ""}
            heads = {**sheet_heads(sheet, layout, file_name), **heads}
            records = [self._maker.record(sheet, layout, plan, plan_id, heads, problems)]
        else:
            problems += [Problem("unmatched_heading", sheet.name, address(r, c), {"label": label}) for label, r, c in plan.unmatched]
            records = self._list_records(sheet, layout, plan, plan_id, file_name, problems)
        return _finished(sheet, score, layout, runner_up, records, {plan_id: text}, problems)

    def _list_records(
        self, sheet: Sheet, layout: ReadyLayout, plan: Plan, plan_id: str, file_name: str, problems: list[Problem]
    ) -> list[PlaceRecord]:
        shared = sheet_heads(sheet, layout, file_name)
        if layout.level == "village" and "village_name" in shared:  # 填报单位 above a list of villages is the town
            shared.setdefault("town_name", shared.pop("village_name"))
        made = []
        for block in blocks(sheet, layout, plan):
            if block.is_total:
                if layout.stated_level is not None:
                    stated = layout.stated_level
                    total = self._maker.record(sheet, layout, plan, plan_id, shared, problems, base=block.row, role="stated", level=stated)
                    made.append(total)
                continue
            heads = dict(shared)
            for field, (_, column) in plan.heads.items():
                cells = [line[column] for line in sheet.rows[block.row : block.row + plan.record_rows] if column < len(line)]
                value = next((cell for cell in cells if cell != ""), "")
                if value != "":
                    heads[field] = value
            made.append(self._maker.record(sheet, layout, plan, plan_id, heads, problems, base=block.row))
        return made


def _file_reading(digest: str, size: int, kind: str, tries: Sequence[_SheetReading]) -> FileReading:
    """All sheets that fit the best sheet's layout, together."""
    best = max(tries, key=lambda t: t.score, default=None)
    if best is None or best.score < MIN_SCORE:
        details = {"nearest": best.layout.id if best else "—", "score": f"{100 * best.score:.0f}" if best else "0"}
        return FileReading(digest, size, kind, "refused", problems=(Problem("unknown_form", details=details),))
    chosen = [t for t in tries if t.layout.id == best.layout.id and t.score >= MIN_SCORE]
    records = tuple(record for t in chosen for record in t.records)
    problems = tuple(problem for t in chosen for problem in t.problems)[:MOST_PROBLEMS]
    layout = best.layout
    if not records:
        return FileReading(digest, size, kind, "refused", layout.id, problems=(Problem("no_rows"), *problems))
    plans = {plan_id: text for t in chosen for plan_id, text in t.plans.items()}
    return FileReading(digest, size, kind, "read", layout.id, layout.returns, best.score, best.runner_up, records, plans, problems)


def _finished(
    sheet: Sheet,
    score: float,
    layout: ReadyLayout,
    runner_up: str,
    records: list[PlaceRecord],
    plans: Mapping[str, str],
    problems: list[Problem],
) -> _SheetReading:
    """Told once a sheet: a record without a month will be taken for the month it was sent for."""
    if any(not record.month for record in records):
        problems.append(Problem("month_not_found", sheet.name))
    return _SheetReading(score, layout, runner_up, records, plans, problems)


def _score(layout: ReadyLayout, plan: Plan) -> float:
    """Form: share of the expected indicators that were found. List: share of the headings that were understood."""
    if layout.kind == "form":
        return min(1.0, len(plan.cells) / max(1, layout.expected))
    matched = (len(plan.cells) + len(plan.sums)) / plan.record_rows + len(plan.heads) + len(plan.skipped)
    return matched / max(1.0, matched + len(plan.unmatched))


def _skipped(sheet: Sheet, layout: ReadyLayout, plan: Plan) -> list[Problem]:
    """Columns of old forms that are recognised and not loaded; told once a sheet, not once a village."""
    words, found = layout.book.vocabulary, []
    for label, code, row, column in plan.skipped:
        if code in words.silent:
            continue
        zh, en = layout.ignored.get(code) or words.reasons[code]
        details = {"label": words.labels.get(code, label), "reason": zh, "reason_en": en}
        found.append(Problem("not_collected", sheet.name, address(row, column), details))
    return found
