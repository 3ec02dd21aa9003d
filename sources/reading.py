"""Bytes of one file → what it says: records of places with values, states and cell addresses, and every problem met.

Runs in reading workers: imports nothing heavy, touches no store, and never raises for what a file contains.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sources.corrections import Corrections
from sources.doubts import NO_DOUBTS, Doubts, listed
from sources.fieldcount import apart_in_form, apart_in_list
from sources.form import plan_forms
from sources.heads import add_inline, as_code, as_name, month_in_cells, place_names, sheet_heads
from sources.hidden import NO_HIDING, Hiding, prefer_visible
from sources.kinds import style_of
from sources.layout import PARENT_LEVEL, Plan, ReadingKit, ReadyLayout, Window, candidates
from sources.listing import blocks, plan_lists
from sources.memory import FormMemory, KnownForm
from sources.merges import doubts_of
from sources.monthcolumns import MonthView, month_views
from sources.months import shifted, stated_month
from sources.opened import opened
from sources.parts import merge_parts, plan_text
from sources.periodrows import period_rows
from sources.periodsheets import mark_period, of_the_month, settle_period
from sources.persons import PersonsSeen, persons_in_plain_text, where_persons_are
from sources.proven import ProvenReader
from sources.records import MOST_PROBLEMS, PlaceRecord, Problem, RecordMaker
from sources.respelt import narrowed, respelt
from sources.rolled import ListRow, hidden_counted, rolled_up
from sources.rows import WHOLE, RowNote, row_note
from sources.scores import NEAR, Try, notes_of, score_of
from sources.spans import spans_in_form, spans_in_list
from sources.tables import only_table
from sources.text import address, column_letters
from sources.totalled import totalled
from sources.workbook import FileFault, Sheet, read_sheets

_LOOKED_INTO_ELSEWHERE = frozenset(("bundle", "encrypted_file"))
"""Faults of files whose members are looked through one by one, or that nobody can look into."""
_MOST_SHEETS = 12
_PLACE_CODE = re.compile(r"\d{9,}")
MIN_SCORE = 0.5
"""A layout is accepted when at least this share of what it expects (form) or of the headings (list) was recognised."""


class FileReading(NamedTuple):
    """What one file says. `plans`: plan id → JSON of its cell addresses.

    `status`: read, refused, quarantined (it has rows about persons) or sealed (it may have such rows).

    `members`: the files of a bundle (.zip) by their name in it, each with its own reading; the bundle itself has no records.
    `style`: see `sources.kinds.style_of`.
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
    style: str = ""


class _SheetReading(NamedTuple):
    """What one sheet says under the layout that fits it best."""

    sheet: str
    score: float
    layout: ReadyLayout
    runner_up: str
    records: Sequence[PlaceRecord] = ()
    plans: Mapping[str, str] = {}
    problems: Sequence[Problem] = ()


class FileReader:
    """Reads files with one kit, remembering the forms it has met."""

    def __init__(self, kit: ReadingKit, *, is_trial: bool = False) -> None:
        """`is_trial`: places are read as well under a layout that gives no heading a meaning yet, to see which they are."""
        self.kit, self._is_trial = kit, is_trial
        self._maker = RecordMaker(kit)
        self._memory = FormMemory(kit)
        self._proven = ProvenReader()
        self._corrections = Corrections(kit.corrections)
        self._hidden = NO_HIDING

    def read(self, data: bytes, file_name: str, *, is_let_through: bool = False) -> FileReading:
        """Read one file. What is wrong with it comes back as problems, never as an exception.

        is_let_through: a person in charge has decided that what only may be about persons is not; what certainly is, still counts.
        """
        digest, size = hashlib.sha256(data).hexdigest(), len(data)
        try:
            kind, data, sheets = self._opened(data)
            seen = where_persons_are(kind, data, sheets, self.kit.persons)
        except FileFault as fault:
            seen = persons_in_plain_text(data, self.kit.persons) if fault.name not in _LOOKED_INTO_ELSEWHERE else None
            if seen is not None and (seen.is_certain or not is_let_through):
                return _set_aside(digest, size, "", seen)
            return FileReading(digest, size, "", "refused", problems=(Problem(fault.name, details=fault.details),))
        if seen is not None and (seen.is_certain or not is_let_through):
            return _set_aside(digest, size, kind, seen)
        self._hidden = Hiding(kind, data, sheets)
        tries = [t for sheet in sheets if sheet.is_visible and sheet.rows for t in self._read_sheet(sheet, file_name)]
        unseen = [p for sheet in sheets if not sheet.is_visible and sheet.rows and (p := self._unseen(sheet)) is not None]
        told = [Problem(remark.name, sheet.name, remark.cell, remark.details) for sheet in sheets for remark in sheet.told]
        if not tries:
            refused = _refuse(digest, size, kind, self._nearest(sheets), self._titled_list(sheets))
            return refused._replace(problems=(*refused.problems, *told, *unseen))
        reading = _file_reading(digest, size, kind, tries, self.kit.codes)
        if reading.records and (where := self._corrections.outside(data, [sheet.frame for sheet in sheets])):
            told.append(Problem(f"corrected_{where}"))
        rest = [p for p in reading.problems if not any(p[:3] == first[:3] for first in told)] if told else reading.problems
        return reading._replace(style=style_of(data), problems=tuple(_said_once([*told, *rest, *unseen])[:MOST_PROBLEMS]))

    def _opened(self, data: bytes) -> tuple[str, bytes, list[Sheet]]:
        """Kind, bytes and sheets of a workbook, without the password that Excel opens by itself, and spelt the usual way."""
        data = respelt(data)
        try:
            kind, sheets = read_sheets(data, self._proven)
        except FileFault as fault:
            plain = opened(data) if fault.name == "encrypted_file" else narrowed(data) if fault.name == "wide_parts" else None
            if plain is None:
                raise
            data = plain
            kind, sheets = read_sheets(data, self._proven)
        return kind, data, sheets

    def _unseen(self, sheet: Sheet) -> Problem | None:
        """A hidden sheet that holds figures of a known form: it is not loaded, and that is said."""
        shown = Sheet(sheet.name, sheet.rows)
        found = next((t for t in _tries(shown, candidates(self.kit.layouts, shown)) if t.score >= MIN_SCORE), None)
        if found is None or not any(cell for plan in found.plans for cell in _figures_in(shown, plan)):
            return None
        zh, en = found.layout.label
        return Problem("hidden_sheet", sheet.name, details={"title": zh, "title_en": en})

    def _read_sheet(self, sheet: Sheet, file_name: str) -> list[_SheetReading]:
        """What a sheet says: mostly one reading, none where no layout fits; one a month where columns are headed by months."""
        known = self._memory.recall(sheet) if not self._says_period(file_name) else None
        if known is not None:
            return [self._again(sheet, known)]
        layouts = candidates(self.kit.layouts, sheet)
        whole = [layout for layout in layouts if not layout.table and not layout.month_columns]
        ways = [[self._understand(sheet, file_name, whole)]] if whole else []
        for layout in layouts:
            if layout.table or layout.month_columns:
                part = only_table(sheet, layout.table, layout.values) if layout.table else sheet
                if part is None:
                    continue
                views = month_views(part, layout) if layout.month_columns else []
                by_month = [self._understand(view.sheet, file_name, [layout], view) for view in views]
                ways.append(by_month or [self._understand(part, file_name, [layout])])
        found = [[reading for reading in way if reading is not None] for way in ways]
        return max(found, key=lambda way: max((reading.score for reading in way), default=-1.0), default=[])

    def _says_period(self, file_name: str) -> bool:
        """Whether the name of a file may say that its figures are not the month's: then a form is not understood by another file's."""
        without_code = _PLACE_CODE.sub("", file_name)  # so that most names are alike
        return any(layout.book.vocabulary.periods.is_other(without_code) for layout in self.kit.layouts[:1])

    def _again(self, sheet: Sheet, known: KnownForm) -> _SheetReading:
        """A filling of a form met before: cells are taken by position."""
        cells = sheet.flat
        heads: dict[str, Any] = {field: cells[at] for field, at in known.heads.items() if cells[at] != ""}
        add_inline(heads, (cells[at] for at in known.inline), known.layout)
        if "report_month" not in heads:
            heads = {**sheet_heads(sheet, known.layout, ""), **heads}
        if month := month_in_cells(sheet, known.plan):
            heads["report_month"] = month
        problems = notes_of(sheet.name, known.layout, known.plan)
        held: Doubts = doubts_of(sheet.rows, known.plan.spans) if known.plan.spans else NO_DOUBTS
        if sheet.is_text:
            held = {**held, **apart_in_form(sheet, known.plan)}
        record = self._maker.record(sheet, known.layout, known.plan, known.plan_id, heads, problems, cells=known.take(cells), held=held)
        return _finished(sheet, known.score, known.layout, known.runner_up, [record], {known.plan_id: known.plan_json}, problems)

    def _understand(
        self, sheet: Sheet, file_name: str, layouts: Sequence[ReadyLayout], view: MonthView | None = None
    ) -> _SheetReading | None:
        """Try the layouts whose title stands in the sheet; the best one comes with its records. `view`: for which month it is looked at."""
        tries = _tries(sheet, layouts, is_trial=self._is_trial)
        if not tries:
            return None
        best, second = tries[0], tries[1] if len(tries) > 1 else None
        runner_up = f"{second.layout.id} {second.score:.2f}" if second else ""
        if best.score < MIN_SCORE:
            aside = [p for plan in best.plans for p in notes_of(sheet.name, best.layout, plan) if p.name == "only_other_period"]
            return _SheetReading(sheet.name, best.score, best.layout, runner_up, problems=aside)
        problems: list[Problem] = []
        if view is not None:
            problems += _without_month(view, best, file_name)
        if any(plan.doubtful for plan in best.plans):
            hidden = self._hidden.of(sheet)
            passed = sorted({column for plan in best.plans for column in prefer_visible(plan, hidden)})
            if passed:
                columns = ", ".join(map(column_letters, passed))
                problems.append(Problem("hidden_columns", sheet.name, address(0, passed[0]), {"columns": columns}))
        if second is not None and best.score - second.score < NEAR and best.differs_from(second):
            details = {"best": best.layout.id, "second": second.layout.id, "score": f"{100 * second.score:.0f}"}
            problems.append(Problem("layout_tie", sheet.name, details=details))
        if all(plan.is_unclear for plan in best.plans):
            unclear = [
                p._replace(name="columns_unclear")
                for plan in best.plans
                for p in notes_of(sheet.name, best.layout, plan)
                if p.name == "several_figures"
            ]
            return _SheetReading(sheet.name, best.score, best.layout, runner_up, problems=unclear[:1])
        if best.layout.kind == "form":
            records, plans = self._form_records(sheet, best, runner_up, file_name, problems, is_only=second is None)
        else:
            records, plans = self._list_records(sheet, best, file_name, problems)
        if cells := self._corrections.in_cells(sheet, best.plans):
            where = [address(*cell) for cell in cells]
            problems.append(Problem("corrected_beside", sheet.name, where[0], {"cells": listed(where), "n": str(len(where))}))
        if view is not None:
            month = shifted(view.month, best.layout.month_shift)
            records = [record._replace(month=month, title_month="") for record in records]
        return _finished(sheet, best.score, best.layout, runner_up, records, plans, problems)

    def _form_records(
        self, sheet: Sheet, found: Try, runner_up: str, file_name: str, problems: list[Problem], *, is_only: bool
    ) -> tuple[list[PlaceRecord], dict[str, str]]:
        layout, records, plans = found.layout, [], {}
        first: Mapping[str, Any] = {}
        for window, plan in zip(found.windows, found.plans, strict=True):
            plan_id, text = plan_text(plan)
            plans[plan_id] = text
            problems += notes_of(sheet.name, layout, plan)
            plan.spans = spans_in_form(sheet, layout, plan)
            month = month_in_cells(sheet, plan)
            plan.by_content = plan.by_content or month != "" or layout.month_columns or layout.table > 0
            if is_only and len(found.plans) == 1 and not self._says_period(file_name) and not self._corrections.in_cells(sheet, [plan]):
                self._memory.remember(sheet, layout, plan, plan_id, text, found.score, runner_up)
            heads: dict[str, Any] = {field: sheet.rows[r][c] for field, (r, c) in plan.heads.items() if sheet.rows[r][c] != ""}
            heads = {**sheet_heads(window, layout, file_name, place_names(heads, layout)), **heads}
            mark_period(window, layout, [plan], place_names(heads, layout), file_name, heads.get("report_month", ""))
            if month:
                heads["report_month"] = month
            problems += settle_period(window, layout, [plan], heads)
            for field in ("report_month", f"{PARENT_LEVEL[layout.level]}_name"):  # said once for all forms of a sheet
                if field not in heads and field in first:
                    heads[field] = first[field]
            first = first or heads
            held = doubts_of(sheet.rows, plan.spans)
            if sheet.is_text:
                held |= apart_in_form(sheet, plan)
            records.append(self._maker.record(sheet, layout, plan, plan_id, heads, problems, held=held))
        return records, plans

    def _list_records(self, sheet: Sheet, found: Try, file_name: str, problems: list[Problem]) -> tuple[list[PlaceRecord], dict[str, str]]:
        layout, made, own, plans = found.layout, list[ListRow](), list[PlaceRecord](), dict[str, str]()
        shared = sheet_heads(sheet, layout, file_name)
        if layout.level == "village" and "village_name" in shared:  # 填报单位 above a list of villages is the town
            shared.setdefault("town_name", shared.pop("village_name"))
        town = str(shared.get(f"{PARENT_LEVEL[layout.level]}_name", ""))
        mark_period(sheet, layout, found.plans, place_names(shared, layout), file_name, shared.get("report_month", ""))
        problems += settle_period(sheet, layout, found.plans, shared)
        month = stated_month(shared.get("report_month", ""))
        month = month if len(month) in (3, 7) else ""
        tables = [(plan, period_rows(sheet, layout, plan, list(blocks(sheet, layout, plan, town)), month)) for plan in found.plans]
        for plan, rows in tables:
            plan.unmatched = [heading for heading in plan.unmatched if heading[2] != rows.column]
        lines = [(plan, [block._replace(row=line.row) for block, line in rows.readings]) for plan, rows in tables]
        held = doubts_of(sheet.rows, spans_in_list(sheet, layout, lines))
        for plan, of_plan in lines if sheet.is_text else ():
            held |= apart_in_list(sheet, plan, [row for block in of_plan for row in range(block.row, block.row + plan.record_rows)])
            plan.strays = [at for at in plan.strays if not any(row == at[0] for row, _ in held)]
        for plan, rows in tables:
            plan_id, text = plan_text(plan)
            problems += rows.told(sheet.name)
            if plan_id not in plans:  # else the headings are repeated on a further page
                plans[plan_id] = text
                problems += notes_of(sheet.name, layout, plan)
            for block, line in rows.readings:
                period = line.quote if line.is_held else ""
                if block.is_broken:
                    problems.append(Problem("row_alone", sheet.name, address(block.row, 0), {"row": str(block.row + 1)}))
                    continue
                if block.is_total:
                    if (stated := layout.stated_level) is not None:
                        about = {field: value for field, value in shared.items() if field != f"{layout.level}_name"}
                        if block.is_own:
                            about |= _own_heads(layout, stated, *_called(sheet, layout, plan, block.row))
                        total = self._maker.record(
                            sheet,
                            layout,
                            plan,
                            plan_id,
                            about,
                            problems,
                            base=line.row,
                            role="stated",
                            level=stated,
                            period=period,
                            held=held,
                        )
                        if block.is_own:  # whatever adds up beside it, it is that place's own
                            own.append(total)
                        else:
                            made.append(ListRow(total, RowNote(WHOLE, *_called(sheet, layout, plan, block.row), block.row + 1)))
                    continue
                heads = dict(shared)
                for field, (_, column) in plan.heads.items():
                    cells = [line[column] for line in sheet.rows[block.row : block.row + plan.record_rows] if column < len(line)]
                    value = next((cell for cell in cells if cell != ""), "")
                    if value != "":
                        heads[field] = value
                if line.said:
                    heads |= line.heads(layout, shared)
                told = problems if not block.seems else []
                record = self._maker.record(sheet, layout, plan, plan_id, heads, told, base=line.row, period=period, held=held)
                note = row_note(record.row_note) if record.row_note else None
                if block.seems:
                    note = RowNote(block.seems, record.place_name, record.place_code, block.row + 1)
                made.append(ListRow(record, note, block.is_below))
        if rows_hidden := self._hidden.of(sheet).rows:
            unseen = [row for row in made if row.record.role == "report" and row.record.row_no in rows_hidden]
            for row in unseen:
                row.is_hidden = True
            problems += hidden_counted(unseen, made, sheet.name)
        return [*rolled_up(made, layout, self.kit.codes), *own], plans

    def _titled_list(self, sheets: Sequence[Sheet]) -> Problem | None:
        """For a file of which nothing was read: a sheet under the title of a known list, which lacks a column of villages."""
        for sheet in sheets:
            for layout in candidates(self.kit.layouts, sheet):
                if layout.kind == "list" and layout.titles:
                    zh, en = layout.label
                    return Problem("no_place_heading", sheet.name, details={"title": zh, "title_en": en})
        return None

    def _nearest(self, sheets: Sequence[Sheet]) -> Try | None:
        """For a file without a known title: the layout whose labels fit best, to be named to the sender. Nothing is read by it."""
        found = [
            t
            for sheet in sheets[:_FEW]
            if sheet.is_visible and sheet.rows
            for t in _tries(Sheet(sheet.name, [row[:_SOME] for row in sheet.rows[:_SOME]]), self.kit.layouts)
        ]
        return max(found, key=lambda t: t.score, default=None)


_FEW, _SOME = 4, 200


def _figures_in(sheet: Sheet, plan: Plan) -> Iterator[bool]:
    """Of the cells of a plan (of a list: all of their columns), whether they hold a figure other than 0."""
    for row, column in plan.cells.values():
        lines = sheet.rows[plan.first_row :] if plan.first_row else sheet.rows[row : row + 1]
        yield from (type(line[column]) is float and line[column] != 0 for line in lines if column < len(line))


def _called(sheet: Sheet, layout: ReadyLayout, plan: Plan, row: int) -> tuple[str, str]:
    """Name and code that a row of a total has."""
    line = sheet.rows[row]
    code, name = (plan.heads.get(field, (0, len(line)))[1] for field in layout.place_fields[:2])
    return as_name(line[name]) if name < len(line) else "", as_code(line[code]) if code < len(line) else ""


def _own_heads(layout: ReadyLayout, level: str, name: str, code: str) -> dict[str, str]:
    """Head fields of a row that is the town's own: its name, and its code without the noughts of the levels below."""
    length = layout.own_length
    is_long = len(code) > length > 0 and not code[length:].strip("0")
    return {f"{level}_name": name, f"{level}_code": code[:length] if is_long else code}


def _without_month(view: MonthView, found: Try, file_name: str) -> list[Problem]:
    """Leave figures under no month to the month that the sheet states; those that are left out are told."""
    heads = sheet_heads(view.sheet, found.layout, file_name)
    for plan in found.plans if found.layout.kind == "form" else ():
        row, column = plan.heads.get("report_month", (0, 0))
        if "report_month" in plan.heads:
            heads["report_month"] = view.sheet.rows[row][column]
    stated = stated_month(heads.get("report_month", ""))
    is_month = len(stated) in (3, 7)
    left = sorted(view.keep_only(found.plans, stated if is_month else ""))
    if is_month or not left:
        return []
    return [Problem("figure_without_month", view.sheet.name, address(*left[0]), {"n": str(len(left))})]


def _tries(sheet: Sheet, layouts: Sequence[ReadyLayout], *, is_trial: bool = False) -> list[Try]:
    """What each layout finds in a sheet, the best first."""
    found: list[Try] = []
    for layout in layouts:
        if layout.kind == "form":
            planned = plan_forms(sheet, layout)
            windows, plans = [w for w, _ in planned], [p for _, p in planned]
        else:
            plans = plan_lists(sheet, layout)
            windows = [Window(sheet.name, sheet.rows, ())] * len(plans)
        has_places = is_trial and layout.expected == 0 and any(plan.heads for plan in plans)
        if has_places or any(plan.cells or plan.sums or plan.of_other_period for plan in plans):
            found.append(Try(score_of(layout, plans), layout, windows, plans))
    return sorted(found, key=lambda t: -t.score)


def _set_aside(digest: str, size: int, kind: str, seen: PersonsSeen) -> FileReading:
    """Not read further: quarantined where rows are certainly about persons, sealed where they may be."""
    if seen.is_certain:
        return FileReading(digest, size, kind, "quarantined", problems=(Problem("personal_data", details={"sheet": seen.where}),))
    return FileReading(
        digest, size, kind, "sealed", problems=(Problem("persons_suspected", details={"where": seen.where, "why": seen.why}),)
    )


def _refuse(digest: str, size: int, kind: str, nearest: Try | None, titled: Problem | None) -> FileReading:
    if titled is not None and (nearest is None or nearest.score < MIN_SCORE):
        return FileReading(digest, size, kind, "refused", problems=(titled,))
    details = {"nearest": nearest.layout.id if nearest else "—", "score": f"{100 * nearest.score:.0f}" if nearest else "0"}
    name = "title_missing" if nearest is not None and nearest.score >= MIN_SCORE else "unknown_form"
    return FileReading(digest, size, kind, "refused", problems=(Problem(name, details=details),))


def _file_reading(digest: str, size: int, kind: str, tries: Sequence[_SheetReading], codes: Sequence[str]) -> FileReading:
    """All sheets that fit the best sheet's layout, and those of layouts that say `beside_others`; what another would read is told."""
    best = max(tries, key=lambda t: t.score)
    if best.score < MIN_SCORE:
        details = {"nearest": best.layout.id, "score": f"{100 * best.score:.0f}"}
        aside = tuple(problem for t in tries for problem in t.problems)  # a known form, with figures of another period alone
        return FileReading(digest, size, kind, "refused", problems=aside or (Problem("unknown_form", details=details),))
    ways: dict[str, list[_SheetReading]] = {best.layout.id: []}
    for t in tries:
        is_asked = t.layout.id == best.layout.id or (t.layout.is_beside_others and t.layout.role == best.layout.role)
        if is_asked and t.score >= MIN_SCORE:
            ways.setdefault(t.layout.id, []).append(t)
    chosen = [t for way in ways.values() for t in way]
    found, left_out = list[PlaceRecord](), list[Problem]()
    for way in ways.values():
        of_way, told_of_way = _weighed(way, codes)
        returns = way[0].layout.returns
        found += of_way if returns == best.layout.returns else [record._replace(returns=returns) for record in of_way]
        left_out += told_of_way
    records, plans = merge_parts(found, {key: text for t in chosen for key, text in t.plans.items()})
    others = [
        Problem("sheet_not_read", t.sheet, details={"layout": t.layout.id, "score": f"{100 * t.score:.0f}"})
        for t in tries
        if not any(t is c for c in chosen)
    ]
    problems = (*left_out, *(problem for t in chosen for problem in t.problems), *others)
    problems = tuple(_said_once(problems) if len(chosen) > 1 or others else problems)[:MOST_PROBLEMS]
    layout = best.layout
    if not records:
        is_told = any(problem.name == "columns_unclear" for problem in problems)
        told = problems if is_told else (Problem("no_rows"), *problems)
        return FileReading(digest, size, kind, "refused", layout.id, problems=told)
    return FileReading(digest, size, kind, "read", layout.id, layout.returns, best.score, best.runner_up, tuple(records), plans, problems)


def _said_once(problems: Sequence[Problem]) -> list[Problem]:
    """What is told of several sheets as a whole is told once, with the sheets' names; what has a cell stands by itself."""
    if len(problems) < 2:
        return list(problems)
    sheets: dict[Any, list[str]] = {}
    for problem in problems:
        key = id(problem) if problem.cell else (problem.name, repr(sorted(problem.details.items())))
        sheets.setdefault(key, []).append(problem.sheet)
    said, made = set(), list[Problem]()
    for problem in problems:
        key = id(problem) if problem.cell else (problem.name, repr(sorted(problem.details.items())))
        if key not in said:
            said.add(key)
            names = list(dict.fromkeys(sheets[key]))
            shown = "、".join(names[:_MOST_SHEETS]) + ("…" if len(names) > _MOST_SHEETS else "")
            made.append(problem._replace(sheet=shown) if len(names) > 1 else problem)
    return made


def _weighed(way: Sequence[_SheetReading], codes: Sequence[str]) -> tuple[list[PlaceRecord], list[Problem]]:
    """The month's records of all sheets that one layout reads, totals among them told apart; and what is told of those left out."""
    if len(way) == 1 and len(way[0].records) == 1 and not way[0].records[0].period:
        return [*way[0].records], []
    of_month, left_out = of_the_month([(t.sheet, r) for t in way for r in t.records])
    kept = {id(record) for record in of_month}
    parts = [(t.sheet, [r for r in t.records if id(r) in kept]) for t in way]
    if len({sheet for sheet, _ in parts}) < len(parts):  # columns headed by months: each month by itself
        return [record for part in parts for record in totalled([part], way[0].layout, codes)], left_out
    return totalled(parts, way[0].layout, codes), left_out


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
    return _SheetReading(sheet.name, score, layout, runner_up, records, plans, problems)
