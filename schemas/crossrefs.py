"""Cross references of the dictionary: every name that an entry uses exists, every wording asks only for what it is given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from schemas import entries as e
from schemas.entries import COMPLETENESS
from schemas.expressions import ExpressionError, parse_expression
from schemas.faults import LoadFault, TwoTongued
from schemas.wordings import REPAIR_WORDING, SAME_UNIT, TRACK_B_WORDING, WORDING, wrong_braces

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary


def faults_of(d: Dictionary, origin: Mapping[tuple[str, str], Path]) -> list[LoadFault]:
    """What is wrong between entries: a name that does not exist, a wording that asks for what there is not, a pattern that is none.

    Args:
        d: the dictionary, loaded.
        origin: (kind, name) of an entry → its file.
    """
    faults: list[LoadFault] = []

    def fault(kind: str, name: str, en: str, zh: str) -> None:
        faults.append(LoadFault(f"{origin[kind, name].name}: {kind} “{name}”", en, zh))

    def missing(kind: str, name: str, what: tuple[str, str], code: object, known: Iterable[str]) -> None:
        named = ", ".join(known)
        en, zh = f"{what[0]} “{code}” does not exist. Use one of: {named}.", f"没有{what[1]}“{code}”。可用：{named}。"
        fault(kind, name, en, zh)

    for c in d.concepts.values():
        if c.section not in d.sections:
            missing("concepts", c.code, ("section", "部分"), c.section, d.sections)
        if c.breakdown is not None and c.breakdown not in d.breakdowns:
            missing("concepts", c.code, ("breakdown", "分组"), c.breakdown, d.breakdowns)
            continue
        members: Sequence[e.Member | None] = d.breakdowns[c.breakdown].members if c.breakdown else [None]
        for member in members:
            unit, kind = (member and member.unit) or c.unit, (member and member.kind) or c.kind
            if unit not in d.units:
                missing("concepts", c.code, ("unit", "计量单位"), unit, d.units)
            if kind is None:
                fault("concepts", c.code, "say whether it is a stock or a flow (kind).", "请写明是存量还是流量（kind）。")
        for other in (c.follows, c.late_of, c.foretells and c.foretells.concept):
            if other is not None and other not in d.concepts:
                en = f"concept “{other}” (follows, late_of or foretells) does not exist."
                fault("concepts", c.code, en, f"没有概念“{other}”（follows、late_of 或 foretells）。")
    if faults:
        return faults  # what follows looks names up
    monthly = [r.id for r in d.returns.values() if r.period == "month"]
    for r in d.returns.values():
        if len(monthly) != 1:
            fault(
                "returns",
                r.id,
                "exactly one of the returns has the period month. Describe it too.",
                "returns 里应有且只有一种月报，请写明。",
            )
        if r.ends_in and (len(r.ends_in) * r.months != 12 or len({(n - r.ends_in[0]) % r.months for n in r.ends_in}) != 1):
            fault("returns", r.id, f"ends_in does not divide a year into a {r.period}s.", f"ends_in 没有把一年分成“{r.period}”。")
        if not any(layout.return_ == r.id for layout in d.layouts.values()):
            fault("returns", r.id, f"no layout reads it. Add one with return: {r.id}.", f"没有表式读取它。请加一个 return: {r.id} 的表式。")
    for c in d.concepts.values():
        if c.return_ is not None and c.return_ not in d.returns:
            missing("concepts", c.code, ("return", "报表（returns）"), c.return_, d.returns)
    twice = [code for code, n in Counter(i.code for c in d.concepts.values() for i in d._expand(c)).items() if n > 1]
    for code in twice:
        faults.append(
            LoadFault("", f"indicator “{code}” is made by two concepts. Rename one of them.", f"指标“{code}”由两个概念生成，请改名。")
        )
    clash = sorted((set(d.indicators) | set(d.concepts)) & set(d.attributes)) + sorted(set(d.derived) & set(d.sums))
    for source in d.sources.values():
        if _names_a_function(source.code):
            en = "has a meaning in expressions already. Give the source another code."
            fault("sources", source.code, en, "在算式里已有别的意思，请换一个代码。")
    for benchmark in d.benchmarks.values():
        for code in sorted({code for row in benchmark.figures.values() for code in row} - set(d.indicators) - set(d.concepts)):
            fault("benchmarks", benchmark.id, f"“{code}” is no indicator or concept. Correct the name.", f"没有指标“{code}”，请改正名称。")
    for code in clash:
        faults.append(
            LoadFault("", f"“{code}” names both a figure and something else. Rename one of them.", f"“{code}”既是指标又是别的，请改名。")
        )
    for rule in d.rules.values():
        try:
            d._instances(rule)
        except TwoTongued as error:
            fault("rules", rule.id, f"{error.en}. Correct the expression or the name.", f"{error.zh}。请改正算式或名称。")
        if rule.tolerance_unit not in (None, SAME_UNIT, *d.units):
            missing("rules", rule.id, ("tolerance_unit", "容许差单位"), rule.tolerance_unit, (SAME_UNIT, *d.units))
        for code in rule.cells:
            if code not in d.indicators and code not in d.head:
                missing("rules", rule.id, ("cells: indicator or head field", "cells 所写的指标或表头项"), code, d.head)
        for name in sorted({*rule.figures} & {*WORDING}):
            fault(
                "rules",
                rule.id,
                f"figures: “{name}” has a meaning already. Call it otherwise.",
                f"figures：“{name}”已有别的意思，请换个名称。",
            )
        for wording in (*rule.say.pair, *rule.do.pair):
            for en, zh in wrong_braces(wording, (*WORDING, *rule.figures)):
                fault("rules", rule.id, en, zh)
        for wording in rule.label.pair:
            for en, zh in wrong_braces(wording, ()):
                fault("rules", rule.id, en, zh)
    for en, zh in _faults_of_track_b(d):
        fault("implausible", "implausible", en, zh)
    for derived in d.derived.values():
        try:
            for text in (derived.value, derived.numerator, derived.denominator):
                if text is not None:
                    d.expression(text)
            if (derived.value is None) == (derived.numerator is None) or (derived.numerator is None) != (derived.denominator is None):
                raise ExpressionError("give either value, or numerator and denominator", "只写 value，或者 numerator 和 denominator")
        except ExpressionError as error:
            fault("derived", derived.code, f"{error.en}.", f"{error.zh}。")
        if derived.unit not in d.units:
            missing("derived", derived.code, ("unit", "计量单位"), derived.unit, d.units)
        if derived.section not in d.sections:
            missing("derived", derived.code, ("section", "部分"), derived.section, d.sections)
    for layout in d.layouts.values():
        for code in layout.columns.values():
            if code.removeprefix("total:") not in d.concepts and code not in d.indicators and code not in d.head:
                en = f"column target “{code}” is no indicator, concept, total:concept or head field."
                fault("layouts", layout.id, en, f"columns 里的“{code}”不是指标、概念、total:概念或表头项。")
        for pattern in _patterns(layout):
            try:
                re.compile(pattern)
            except re.error as error:
                en = f"pattern “{pattern}” is no regular expression ({error}). Correct it."
                fault("layouts", layout.id, en, f"“{pattern}”不是正则表达式（{error}）。请改正。")
        for code in set(layout.units) - set(d.concepts) - set(d.indicators):
            fault("layouts", layout.id, f"units: “{code}” is no concept or indicator.", f"units：没有指标“{code}”。")
        for code in layout.head:
            if code not in d.head:
                missing("layouts", layout.id, ("head field", "表头项"), code, d.head)
        for code in layout.total_only:
            if code not in d.concepts:
                missing("layouts", layout.id, ("total_only: concept", "total_only 所写的概念"), code, d.concepts)
            elif code not in d.totals:
                en = f"total_only: “{code}” has no breakdown that adds up, so that it has no total. Leave it out."
                fault("layouts", layout.id, en, f"total_only：“{code}”没有可相加的分组，没有合计，请去掉。")
        for code in sorted(set(layout.add) - set(d.indicators)):
            fault("layouts", layout.id, f"add: “{code}” is no indicator.", f"add：没有指标“{code}”。")
        for code in sorted({code for codes in layout.reasons.values() for code in codes} - set(d.indicators) - set(d.concepts)):
            fault("layouts", layout.id, f"reasons: “{code}” is no concept or indicator.", f"reasons：没有指标“{code}”。")
        if layout.own_rows and layout.stated_level is None:
            en = "own_rows needs stated_level: of which level those rows are the totals."
            fault("layouts", layout.id, en, "写了 own_rows 还要写 stated_level：这些行是哪一级的合计。")
    _check_departments(d, fault)
    for table in d.tables.values():
        if table.return_ is not None and table.return_ not in d.returns:
            missing("tables", table.id, ("return", "报表（returns）"), table.return_, d.returns)
        for part in table.parts:
            for column in part.columns:
                if column.section is not None and column.section not in d.sections:
                    missing("tables", table.id, ("section", "部分"), column.section, d.sections)
                for code in column.codes:
                    if code not in d.sums and code not in d.derived and code not in COMPLETENESS:
                        en = f"column “{code}” is no indicator, concept, derived indicator or count of reports."
                        fault("tables", table.id, en, f"列“{code}”不是指标、概念、派生指标或报表份数。")
    return faults


def _check_departments(d: Dictionary, fault: Callable[[str, str, str, str], None]) -> None:
    """Every name that a department's entry uses exists, and files can be read for it."""
    for layout in d.layouts.values():
        if layout.role == "department" and layout.return_ not in d.departments:
            en = f"return “{layout.return_}” is no department. Give the id of an entry of departments."
            fault("layouts", layout.id, en, f"return “{layout.return_}”不是部门，请写 departments 里的 id。")
    for department in d.departments.values():
        if not any(layout.role == "department" and layout.return_ == department.id for layout in d.layouts.values()):
            en = f"no layout reads it. Add one with role: department and return: {department.id}."
            fault("departments", department.id, en, f"没有表式读取它。请加一个 role: department、return: {department.id} 的表式。")
        for code, speaks in department.speaks_of.items():
            ours = speaks.ours or (code,)
            named = (code, *ours, *speaks.assume_zero, *((speaks.late.concept,) if speaks.late else ()))
            for name in named:
                if name not in d.indicators and name not in d.concepts:
                    fault("departments", department.id, f"“{name}” is no indicator or concept.", f"没有指标“{name}”。")
                elif name not in d.indicators and name not in d.sums:
                    en = f"concept “{name}” has no total; name an indicator of it."
                    fault("departments", department.id, en, f"概念“{name}”没有合计，请写它的一个指标。")
            if speaks.late is not None and speaks.late.concept not in ours:
                en = f"late: “{speaks.late.concept}” must be among ours ({', '.join(ours)})."
                fault("departments", department.id, en, f"late：“{speaks.late.concept}”应在 ours（{'、'.join(ours)}）之中。")


def _names_a_function(code: str) -> bool:
    """Whether a source cannot have this code: the expression language has the word already."""
    try:
        parse_expression(f"{code}(x)", {"x": ("x",)}, ())
    except ExpressionError as error:
        return "does not have" not in error.en
    return True


def _faults_of_track_b(d: Dictionary) -> Iterable[tuple[str, str]]:
    """What is wrong with the tests of single figures and with their wording."""
    track = d.implausible
    for test in get_args(e.Test):
        if test not in {q.test for q in track.questions}:
            yield f"no question has the test “{test}”. Add one.", f"没有检验“{test}”的问题，请补上。"
    for severity in get_args(e.Severity):
        if severity not in track.suspicion:
            yield (
                f"suspicion of “{severity}” is missing. Give a number between 0 and 1.",
                f"缺少“{severity}”的 suspicion，请写 0 到 1 的数。",
            )
    for indicator in d.indicators.values():
        try:
            d.expression(d.exposure_of(indicator))
        except ExpressionError as error:
            yield (
                f"“{indicator.code}” is held against what there is not: {error.en}. Correct its part_of or the exposure.",
                f"“{indicator.code}”所对照的不对：{error.zh}。请改正 part_of 或 exposure。",
            )
    wordings = [w for q in track.questions for w in (q, q.without_past) if w is not None]
    texts = [t for w in wordings for t in (*w.say.pair, *w.do.pair)]
    asked: list[tuple[str, tuple[str, ...]]] = [(text, TRACK_B_WORDING) for text in texts]
    asked += [(t, REPAIR_WORDING) for text in (*track.slips.values(), *track.repairs.values()) for t in text.pair]
    for text, known in asked:
        yield from wrong_braces(text, known)


def _patterns(layout: e.Layout) -> Iterable[str]:
    """Every regular expression of a layout."""
    yield from (layout.sheets, *layout.subtotal_rows, *layout.total_rows, *layout.skip_rows, *layout.stop_rows, *layout.note_rows)
    yield from layout.own_rows
    for place in layout.head.values():
        yield from (p for p in (place.pattern, place.sheet_name, place.file_name, *place.replace) if p is not None)
