"""How well a layout fits a sheet, and what is told about headings: not understood, not collected, in another unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sources.added import not_in
from sources.doubts import listed
from sources.layout import Plan, ReadyLayout, Window
from sources.records import Problem
from sources.text import address, column_letters
from sources.units import written

NEAR = 0.05
"""Two layouts whose scores are no further apart fit equally well."""
_ASIDE = {"share": "share_column", "comparison": "comparison_column"}


class Try(NamedTuple):
    """What one layout finds in a sheet: its plans, each with the part of the sheet that it is for."""

    score: float
    layout: ReadyLayout
    windows: Sequence[Window]
    plans: Sequence[Plan]

    def differs_from(self, other: Try) -> bool:
        """Whether the other layout would read something else."""
        ours, theirs = self.layout, other.layout
        if (ours.kind, ours.role, ours.level, ours.returns) != (theirs.kind, theirs.role, theirs.level, theirs.returns):
            return True
        return [(p.cells, p.heads, p.exponents) for p in self.plans] != [(p.cells, p.heads, p.exponents) for p in other.plans]


def score_of(layout: ReadyLayout, plans: Sequence[Plan]) -> float:
    """Form: share of the expected indicators that were found (of the fullest block). List: share of the headings that were understood."""
    if layout.kind == "form":
        return min(1.0, max(len(plan.cells) for plan in plans) / max(1, layout.expected))
    matched = sum((len(p.cells) + len(p.sums)) / p.record_rows + len(p.heads) + len(p.skipped) for p in plans)
    return matched / max(1.0, matched + sum(len(p.unmatched) for p in plans))


def notes_of(sheet: str, layout: ReadyLayout, plan: Plan) -> list[Problem]:
    """What is told once a table, not once a village: headings recognised but not loaded, not understood, in a unit not their own."""
    words, found = layout.book.vocabulary, []
    for label, code, row, column in plan.skipped:
        if code in _ASIDE:
            found.append(Problem(_ASIDE[code], sheet, address(row, column), {"label": label}))
        elif code not in words.silent:
            zh, en = layout.ignored.get(code) or words.reasons[code]
            details = {"label": words.labels.get(code, label), "reason": zh, "reason_en": en}
            found.append(Problem("not_collected", sheet, address(row, column), details))
    found += [Problem("unmatched_heading", sheet, address(row, column), {"label": label}) for label, row, column in plan.unmatched]
    found += _doubts_of(sheet, layout, plan)
    for code, there, lacking in not_in(plan, plan.added) if plan.added else ():
        details = {"label": words.labels[code], "there": "、".join(words.labels[part] for part in there)}
        details["lacking"] = "、".join(words.labels[part] for part in lacking)
        found.append(Problem("part_of_sum_absent", sheet, address(*plan.cells[there[0]]), details))
    for heading, lines in plan.of_other_period.items():
        cells = "、".join(address(row, column) for _, row, column in lines)
        details = {"label": lines[0][0].strip(), "n": str(len(lines)), "heading": heading.strip(), "cells": cells}
        found.append(Problem("only_other_period", sheet, address(lines[0][1], lines[0][2]), details))
    if plan.unlabelled:
        details = {"rows": listed(str(row + 1) for row in plan.unlabelled), "n": str(len(plan.unlabelled))}
        found.append(Problem("rows_unlabelled", sheet, address(plan.unlabelled[0], 0), details))
    if plan.leftover:
        details = {"row": str(plan.leftover[0] + 1), "n": str(len(plan.leftover))}
        found.append(Problem("rows_not_read", sheet, address(plan.leftover[0], 0), details))
    found += [Problem("row_slipped", sheet, address(row, column), {"row": str(row + 1)}) for row, column in plan.slipped.items()]
    for column in dict.fromkeys(column for _, column in plan.strays):
        row = next(r for r, c in plan.strays if c == column)
        found.append(Problem("stray_number", sheet, address(row, column), {"column": column_letters(column)}))
    told = set()
    for label, code, stated, row, column in plan.conflicts:
        if (row, column) not in told:
            told.add((row, column))
            if not code:
                found.append(Problem("multiple_unknown", sheet, address(row, column), {"label": label}))
                continue
            details = {"label": label, "stated": stated, "unit": words.units[code][0]}
            found.append(Problem("unit_contradicts", sheet, address(row, column), details))
    return [*found, *_multiples_of(sheet, layout, plan)]


def _multiples_of(sheet: str, layout: ReadyLayout, plan: Plan) -> Iterator[Problem]:
    """In which multiples figures are counted, where it is the sheet that says so and not its layout."""
    words = layout.book.vocabulary
    groups: dict[tuple[int, str], list[str]] = {}
    for code, power in plan.exponents.items():
        if type(code) is str and code in plan.cells and power != layout.exponents.get(code, 0):
            groups.setdefault((power, words.units[code][0]), []).append(code)
    for (power, noun), codes in groups.items():
        details = {"label": words.labels[codes[0]], "n": str(len(codes)), "unit": written((power, noun)), "own": noun}
        row, column = plan.cells[codes[0]]
        where = address(max(row, plan.first_row - 1), column)
        yield Problem("counted_in_multiples", sheet, where, {**details, "factor": f"{10**power:,}"})


def _doubts_of(sheet: str, layout: ReadyLayout, plan: Plan) -> list[Problem]:
    """Figures that could be read from several cells, once for all that stand in the same columns."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for code, cells in plan.doubtful.items():
        groups.setdefault(tuple(column for _, column in cells), []).append(code)
    found = []
    for codes in groups.values():
        cells = plan.doubtful[codes[0]]
        details = {"label": layout.book.vocabulary.labels[codes[0]], "n": str(len(codes)), "cells": " / ".join(address(*c) for c in cells)}
        found.append(Problem("several_figures", sheet, address(*cells[0]), details))
    return found
