"""The rules that a form checks by itself while it is filled in: arithmetic within the report, and against last month's figures.

A check is a rule instance all of whose figures stand on the form. Its worksheet formulas and its outcome computed here say the same;
the outcomes are what the workbook shows until it is calculated for the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sinks.formulas import DASH, Place, Translation, breaks, guarded, many, number, translate
from sinks.grid import Value

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, RuleInstance
    from schemas.expressions import Expression

Column = NDArray[np.float64]

PASS, FAIL, CONFIRM, UNKNOWN, NOT_ASKED = "相符 agrees", "不符 differs", "请核实 confirm", "缺数 no figure", "不适用 n/a"
"""What a check says of itself. FAIL: mandatory or near-mandatory; CONFIRM: may be right, with an explanation."""

RELATIONS = {"eq": "=", "le": "≤", "ge": "≥", "lt": "<", "gt": ">", "whole": "="}
_CHUNK = 12  # figures in one formula: Excel 2003 takes 1,024 characters


@dataclass(frozen=True)
class Check:
    """One rule instance on the form. `figures`, `last`: the indicators of this month and of the month before that it reads."""

    instance: RuleInstance
    label_zh: str
    label_en: str
    figures: tuple[str, ...]
    last: tuple[str, ...]

    @property
    def is_firm(self) -> bool:
        """Whether a difference must be corrected (red), not only confirmed (amber)."""
        return self.instance.rule.severity != "verify"

    @property
    def failing(self) -> str:
        """The verdict where the rule is broken."""
        return FAIL if self.is_firm else CONFIRM

    @property
    def parts(self) -> list[tuple[tuple[str, Expression, Expression], ...]]:
        """The figures of a rule that counts, so many at a time."""
        parts = self.instance.parts
        return [parts[n : n + _CHUNK] for n in range(0, len(parts), _CHUNK)]


@dataclass(frozen=True)
class Outcomes:
    """A check's outcome for each of several forms; NaN where it cannot be told. `counts`: one column a chunk of a rule that counts."""

    observed: Column
    expected: Column
    when: Column
    verdicts: list[str]
    counts: list[Column] = field(default_factory=list)


def checks_of(dictionary: Dictionary, month: str) -> list[Check]:
    """The checks that a form of `month` can make: what must be corrected first, each in the order of the rule book."""
    here = {i.code for i in dictionary.in_force(month)}
    found = []
    for instance in dictionary.instances_in_force(month):
        if instance.allow is not None:
            continue  # an allowance that is worked out: a question for the county's review, not for a form
        expressions = [e for _, o, x in instance.parts for e in (o, x)] or [instance.observed, instance.expected]
        names = dict.fromkeys(n for e in (*expressions, *([instance.when] if instance.when else [])) for n in e.names)
        figures = tuple(n.code for n in names if n.namespace == "" and n.code in here)
        last = tuple(n.code for n in names if n.namespace == "previous" and n.code in dictionary.indicators)
        if instance.parts and (last or any(len(o.names) != 1 for _, o, _ in instance.parts)):
            continue
        if instance.parts:  # figures that are not collected this month are left out of the count
            parts = tuple(p for p in instance.parts if p[1].names[0].code in here)
            instance = replace(instance, parts=parts)
        elif not figures or len(figures) + len(last) < len(names):
            continue  # reads what the form does not have
        if figures:
            zh, en = _subject(dictionary, instance)
            found.append(Check(instance, instance.rule.label.zh + zh, instance.rule.label.en + en, figures, last))
    return sorted(found, key=lambda c: (not c.is_firm, bool(c.last)))


def _subject(dictionary: Dictionary, instance: RuleInstance) -> tuple[str, str]:
    """What distinguishes an instance of a rule from the others: （男）, （奖励扶助）."""
    if not instance.subject:
        return "", ""
    labels = []
    for code, spec in zip(instance.subject.split("__"), instance.rule.for_each.values(), strict=False):
        members = dictionary.breakdowns[spec["members_of"]].members if "members_of" in spec else ()
        entry = next((m for m in members if m.code == code), None) or dictionary.concepts.get(code) or dictionary.indicators.get(code)
        label = entry.label if entry is not None else dictionary.labels.get(code)
        labels.append((label.zh, label.en) if label is not None else (code, code))
    return f"（{'、'.join(zh for zh, _ in labels)}）", f" ({', '.join(en for _, en in labels)})"


# -- formulas --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckFormulas:
    """A check's formulas for one form, without '='.

    observed, expected: numbers, '' where they cannot be told. broken: the condition for colouring cells. outcome: all in one, 1 broken,
    0 kept or not asked, '' cannot tell. when: the number that says whether the rule is asked at all, if it says.
    A rule that counts has `counts` instead, to be put into cells of their own and added up by `counted`.
    """

    observed: str = ""
    expected: str = "0"
    broken: str = ""
    outcome: str = ""
    when: str | None = None
    counts: tuple[str, ...] = ()
    told: str = ""

    def counted(self, cells: str) -> str:
        """How many figures break the rule, its counts standing in `cells`; '' while there is no figure at all."""
        return f'IF({self.told}=0,"",SUM({cells}))'

    def verdict(self, check: Check, observed: str, expected: str) -> str:
        """The verdict, where `observed` and `expected` are the cells that hold those formulas."""
        rule = check.instance.rule
        broken = f"{observed}>0" if self.counts else breaks(rule.relation, observed, expected, rule.tolerance, rule.tolerance_share)
        made = f'IF(OR({observed}="",{expected}=""),"{UNKNOWN}",IF({broken},"{check.failing}","{PASS}"))'
        return made if self.when is None else f'IF({self.when}="","{UNKNOWN}",IF({self.when}=0,"{NOT_ASKED}",{made}))'


def formulas_of(check: Check, dictionary: Dictionary, place: Place) -> CheckFormulas:
    """Translate a check; `place` says where its figures stand."""
    rule, sums = check.instance.rule, dictionary.sums
    if check.instance.parts:
        return _counting(check, dictionary, place)
    assumed = check.instance.assume_zero
    observed = translate(check.instance.observed, sums, place, assumed)
    expected = translate(check.instance.expected, sums, place, assumed)
    if rule.relation == "whole":
        expected = Translation(f"ROUND({observed.body},0)", observed.needed, observed.assumed, observed.divisors)
    broken = breaks(rule.relation, observed.body, expected.body, rule.tolerance, rule.tolerance_share)
    fails, outcome = guarded([observed, expected], broken, "FALSE"), guarded([observed, expected], f"IF({broken},1,0)")
    when = None
    if check.instance.when is not None:
        condition = translate(check.instance.when, sums, place, assumed)
        when = guarded([condition], condition.body)
        fails = guarded([condition], f"IF({condition.body}<>0,{fails},FALSE)", "FALSE")
        outcome = guarded([condition], f"IF({condition.body}<>0,{outcome},0)")
    return CheckFormulas(guarded([observed], observed.body), guarded([expected], expected.body), fails, outcome, when)


def _counting(check: Check, dictionary: Dictionary, place: Place) -> CheckFormulas:
    """A rule that counts the figures which break it: cannot tell while there is none at all."""
    rule, counts = check.instance.rule, []
    for chunk in check.parts:
        tests = []
        for _, left, right in chunk:
            observed, expected = (translate(e, dictionary.sums, place) for e in (left, right))
            broken = breaks(rule.relation, observed.body, expected.body, rule.tolerance)
            tests.append(guarded([observed, expected], f"IF({broken},1,0)", "0"))
        counts.append("+".join(tests))
    cells = [place("", part[1].names[0].code) for part in check.instance.parts]
    return CheckFormulas(counts=tuple(counts), told=many("COUNT", cells))


def cell_break(check: Check, code: str, cell: str) -> str | None:
    """For a rule that counts: the condition that the figure in `cell` is one of those; None when it asks about more than that figure."""
    rule = check.instance.rule
    for _, observed, expected in check.instance.parts:
        if observed.names[0].code == code:
            limit = expected.linear()
            if observed.text.strip() != code or limit is None or limit.coefficients:
                return None
            return breaks(rule.relation, cell, number(limit.constant), rule.tolerance)
    return None


# -- outcomes --------------------------------------------------------------------------------------------------


def outcomes_of(checks: Sequence[Check], contents: Sequence[Mapping[str, Value]], last: Sequence[Mapping[str, float]]) -> list[Outcomes]:
    """Every check on several forms at once.

    Args:
        checks: what to look at.
        contents: for each form, what stands in the cells: indicator → number, text or None.
        last: for each form, the figures of the month before that are known.
    """
    figures: dict[str, tuple[Column, Column]] = {}

    def lookup(assumed: frozenset[str]) -> Callable[[str, str], Column]:
        def find(namespace: str, code: str) -> Column:
            if namespace:
                return np.array([row.get(code, np.nan) for row in last], dtype=np.float64)
            if code not in figures:
                cells = [row.get(code) for row in contents]
                is_number = [isinstance(cell, int | float) for cell in cells]
                numbers = np.array([cell if told else np.nan for cell, told in zip(cells, is_number, strict=True)], dtype=np.float64)
                blanks = np.array([cell in (None, "", DASH) for cell in cells])
                figures[code] = (numbers, np.where(blanks, 0.0, numbers))
            return figures[code][code in assumed]

        return find

    return [_outcome(check, lookup(check.instance.assume_zero), lookup(frozenset()), len(contents)) for check in checks]


def _outcome(check: Check, find: Callable[[str, str], Column], plain: Callable[[str, str], Column], forms: int) -> Outcomes:
    rule, instance = check.instance.rule, check.instance
    if instance.parts:
        counts = [np.sum([_is_broken(check, o.evaluate(plain), x.evaluate(plain)) for _, o, x in part], axis=0) for part in check.parts]
        told = np.any([~np.isnan(o.evaluate(plain)) for _, o, _ in instance.parts], axis=0)
        total = np.where(told, np.sum(counts, axis=0), np.nan)
        verdicts = [UNKNOWN if np.isnan(n) else check.failing if n else PASS for n in total.tolist()]
        return Outcomes(total, np.zeros(forms), np.ones(forms), verdicts, [c.astype(np.float64) for c in counts])
    observed = np.broadcast_to(instance.observed.evaluate(find), forms)
    expected = np.round(observed) if rule.relation == "whole" else np.broadcast_to(instance.expected.evaluate(find), forms)
    when = np.ones(forms) if instance.when is None else np.broadcast_to(instance.when.evaluate(find), forms)
    broken = _is_broken(check, observed, expected)
    verdicts = []
    for condition, is_broken, gap in zip(when.tolist(), broken.tolist(), (observed - expected).tolist(), strict=True):
        if condition == 0:
            verdicts.append(NOT_ASKED)
        elif condition != condition or gap != gap:
            verdicts.append(UNKNOWN)
        else:
            verdicts.append(check.failing if is_broken else PASS)
    return Outcomes(observed, expected, when, verdicts)


def _is_broken(check: Check, observed: Column, expected: Column) -> NDArray[np.bool_]:
    rule = check.instance.rule
    allowed = rule.tolerance + rule.tolerance_share * np.abs(expected) + (1e-9 if rule.relation == "whole" else 0)
    gap = observed - (np.round(observed) if rule.relation == "whole" else expected)
    with np.errstate(invalid="ignore"):
        sides = {"le": gap > allowed, "ge": -gap > allowed, "lt": gap >= allowed, "gt": -gap >= allowed}
        return np.asarray(sides.get(rule.relation, np.abs(gap) > allowed))
