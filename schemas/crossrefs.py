"""Cross references of the dictionary: every name that an entry uses exists, every wording asks only for what it is given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from schemas import entries as e
from schemas.entries import COMPLETENESS, DictionaryError
from schemas.expressions import Expression, ExpressionError, parse_expression
from schemas.wordings import REPAIR_WORDING, SAME_UNIT, TRACK_B_WORDING, WORDING, asked_for

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary


def faults_of(d: Dictionary, origin: Mapping[tuple[str, str], Path]) -> list[str]:
    """What is wrong between entries: a name that does not exist, a wording that asks for what there is not, a pattern that is none.

    Args:
        d: the dictionary, loaded.
        origin: (kind, name) of an entry → its file.
    """
    faults: list[str] = []

    def fault(kind: str, name: str, text: str) -> None:
        faults.append(f"{origin[kind, name].name}: {kind} “{name}”: {text}")

    for c in d.concepts.values():
        if c.section not in d.sections:
            fault("concepts", c.code, f"section “{c.section}” does not exist. Use one of: {', '.join(d.sections)}.")
        if c.breakdown is not None and c.breakdown not in d.breakdowns:
            fault("concepts", c.code, f"breakdown “{c.breakdown}” does not exist. Use one of: {', '.join(d.breakdowns)}.")
            continue
        members: Sequence[e.Member | None] = d.breakdowns[c.breakdown].members if c.breakdown else [None]
        for member in members:
            unit, kind = (member and member.unit) or c.unit, (member and member.kind) or c.kind
            if unit not in d.units:
                fault("concepts", c.code, f"unit “{unit}” does not exist. Use one of: {', '.join(d.units)}.")
            if kind is None:
                fault("concepts", c.code, "say whether it is a stock or a flow (kind).")
        for other in (c.follows, c.late_of, c.foretells and c.foretells.concept):
            if other is not None and other not in d.concepts:
                fault("concepts", c.code, f"concept “{other}” (follows, late_of or foretells) does not exist.")
    if faults:
        return faults  # what follows looks names up
    twice = [code for code, n in Counter(i.code for c in d.concepts.values() for i in d._expand(c)).items() if n > 1]
    faults += [f"indicator “{code}” is made by two concepts. Rename one of them." for code in twice]
    clash = sorted((set(d.indicators) | set(d.concepts)) & set(d.attributes)) + sorted(set(d.derived) & set(d.sums))
    for source in d.sources.values():
        if parse_error := _names_a_function(source.code):
            fault("sources", source.code, parse_error)
    for benchmark in d.benchmarks.values():
        for code in sorted({code for row in benchmark.figures.values() for code in row} - set(d.indicators) - set(d.concepts)):
            fault("benchmarks", benchmark.id, f"“{code}” is no indicator or concept. Correct the name.")
    faults += [f"“{code}” names both a figure and something else. Rename one of them." for code in clash]
    for rule in d.rules.values():
        try:
            for instance in d._instances(rule):
                assert isinstance(instance.observed, Expression)
            if rule.tolerance_unit not in (None, SAME_UNIT, *d.units):
                known = ", ".join((SAME_UNIT, *d.units))
                raise DictionaryError(f"tolerance_unit “{rule.tolerance_unit}” does not exist; use one of: {known}")
        except (ExpressionError, DictionaryError, KeyError, AttributeError) as error:
            fault("rules", rule.id, f"{error}. Correct the expression or the name.")
        for wording in (rule.say.zh, rule.say.en, rule.do.zh, rule.do.en):
            try:
                unknown = asked_for(wording) - {*WORDING, *rule.figures}
            except ValueError as error:
                fault("rules", rule.id, f"wording “{wording}”: {error}. Write {{{{ for a brace.")
                continue
            if unknown:
                known = ", ".join(f"{{{name}}}" for name in (*WORDING, *rule.figures))
                fault("rules", rule.id, f"wording “{wording}” asks for {', '.join(sorted(unknown))}. Use only: {known}.")
    for problem in _faults_of_track_b(d):
        fault("implausible", "implausible", problem)
    for derived in d.derived.values():
        try:
            for text in (derived.value, derived.numerator, derived.denominator):
                if text is not None:
                    d.expression(text)
            if (derived.value is None) == (derived.numerator is None) or (derived.numerator is None) != (derived.denominator is None):
                raise ExpressionError("give either value, or numerator and denominator")
            if derived.unit not in d.units or derived.section not in d.sections:
                raise ExpressionError("its unit or section does not exist")
        except ExpressionError as error:
            fault("derived", derived.code, f"{error}.")
    for layout in d.layouts.values():
        for code in layout.columns.values():
            if code.removeprefix("total:") not in d.concepts and code not in d.indicators and code not in d.head:
                fault("layouts", layout.id, f"column target “{code}” is no indicator, concept, total:concept or head field.")
        for pattern in _patterns(layout):
            try:
                re.compile(pattern)
            except re.error as error:
                fault("layouts", layout.id, f"pattern “{pattern}” is no regular expression ({error}). Correct it.")
        for code in set(layout.units) - set(d.concepts) - set(d.indicators):
            fault("layouts", layout.id, f"units: “{code}” is no concept or indicator.")
        for code in layout.head:
            if code not in d.head:
                fault("layouts", layout.id, f"head field “{code}” does not exist. Use one of: {', '.join(d.head)}.")
    _check_departments(d, fault)
    for table in d.tables.values():
        for part in table.parts:
            for column in part.columns:
                if column.section is not None and column.section not in d.sections:
                    fault("tables", table.id, f"section “{column.section}” does not exist.")
                for code in column.codes:
                    if code not in d.sums and code not in d.derived and code not in COMPLETENESS:
                        fault("tables", table.id, f"column “{code}” is no indicator, concept, derived indicator or count of reports.")
    return faults


def _check_departments(d: Dictionary, fault: Callable[[str, str, str], None]) -> None:
    """Every name that a department's entry uses exists, and files can be read for it."""
    for layout in d.layouts.values():
        if layout.role == "department" and layout.return_ not in d.departments:
            fault("layouts", layout.id, f"return “{layout.return_}” is no department. Give the id of an entry of departments.")
    for department in d.departments.values():
        if not any(layout.role == "department" and layout.return_ == department.id for layout in d.layouts.values()):
            fault("departments", department.id, f"no layout reads it. Add one with role: department and return: {department.id}.")
        for code, speaks in department.speaks_of.items():
            ours = speaks.ours or (code,)
            named = (code, *ours, *speaks.assume_zero, *((speaks.late.concept,) if speaks.late else ()))
            for name in named:
                if name not in d.indicators and name not in d.concepts:
                    fault("departments", department.id, f"“{name}” is no indicator or concept.")
                elif name not in d.indicators and name not in d.sums:
                    fault("departments", department.id, f"concept “{name}” has no total; name an indicator of it.")
            if speaks.late is not None and speaks.late.concept not in ours:
                fault("departments", department.id, f"late: “{speaks.late.concept}” must be among ours ({', '.join(ours)}).")


def _names_a_function(code: str) -> str:
    """Why a source cannot have this code, '' if it can: the expression language has the word already."""
    try:
        parse_expression(f"{code}(x)", {"x": ("x",)}, ())
    except ExpressionError as error:
        return "" if "does not have" in str(error) else "has a meaning in expressions already. Give the source another code."
    return "has a meaning in expressions already. Give the source another code."


def _faults_of_track_b(d: Dictionary) -> Iterable[str]:
    """What is wrong with the tests of single figures and with their wording."""
    track = d.implausible
    for test in get_args(e.Test):
        if test not in {q.test for q in track.questions}:
            yield f"no question has the test “{test}”. Add one."
    for severity in get_args(e.Severity):
        if severity not in track.suspicion:
            yield f"suspicion of “{severity}” is missing. Give a number between 0 and 1."
    try:
        for indicator in d.indicators.values():
            d.expression(d.exposure_of(indicator))
    except (ExpressionError, KeyError) as error:
        yield f"{error}. Correct the expression of the exposure."
    texts = [t for q in track.questions for t in (q.say.zh, q.say.en, q.do.zh, q.do.en)]
    asked: list[tuple[str, tuple[str, ...]]] = [(text, TRACK_B_WORDING) for text in texts]
    asked += [(t, REPAIR_WORDING) for text in (*track.slips.values(), *track.repairs.values()) for t in (text.zh, text.en)]
    for text, known in asked:
        try:
            unknown = asked_for(text) - set(known)
        except ValueError as error:
            yield f"wording “{text}”: {error}. Write {{{{ for a brace."
            continue
        if unknown:
            yield f"wording “{text}” asks for {', '.join(sorted(unknown))}. Use only: {', '.join(known)}."


def _patterns(layout: e.Layout) -> Iterable[str]:
    """Every regular expression of a layout."""
    yield from (layout.sheets, *layout.subtotal_rows, *layout.total_rows, *layout.skip_rows, *layout.stop_rows, *layout.note_rows)
    for place in layout.head.values():
        yield from (p for p in (place.pattern, place.sheet_name, place.file_name, *place.replace) if p is not None)
