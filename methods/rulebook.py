"""The rule book examines itself: rules that contradict, repeat, never fail, never hold or are never asked; cells that no rule reads.

Linear programmes over all cells at once (HiGHS). A set of edits is infeasible when no figures at all satisfy it; a rule is redundant when
the others imply it; a rule that no figures can break asks nothing (cf. R package validatetools, van der Loo & de Jonge 2018, ch. 7).
Rules that are not linear, or hold only under a condition, are named as not examined: silence would look like approval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from schemas.expressions import LinearForm, Name

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, RuleInstance

Kind = Literal[
    "contradiction",
    "never_holds",
    "never_fails",
    "redundant",
    "duplicate",
    "fixed_cell",
    "never_asked",
    "units",
    "level",
    "idle_blank",
    "tolerance",
    "not_read",
    "not_examined",
]
_MOST, _MOST_MONEY = 1e5, 1e9
_SLACK = 1e-6


class RuleFault(NamedTuple):
    """What is wrong. `subjects`: rule instances (or indicators) it is about; `note` is true where it is worth knowing and no fault."""

    kind: Kind
    subjects: tuple[str, ...]
    zh: str
    en: str
    note: bool = False


@dataclass(frozen=True)
class _Edit:
    """low ≤ form ≤ high. `is_soft`: a question, which other rules need not agree with."""

    id: str
    form: LinearForm
    low: float
    high: float
    is_soft: bool
    rule: str


def check_rules(dictionary: Dictionary, month: str) -> list[RuleFault]:
    """Examine the rules for villages in force in `month`, and the force dates of all.

    Raises nothing: what cannot be read at all (grammar, unknown names) is refused when the dictionary is loaded.
    """
    instances = [i for i in dictionary.instances_in_force(month) if not i.parts and i.rule.relation != "whole"]
    edits, unexamined = _linear_edits(instances)
    faults = [
        *_never_asked(dictionary, month),
        *_units(instances, dictionary),
        *_levels(instances),
        *_blanks(instances),
        *_tolerances(instances),
    ]
    room = _Room(edits, dictionary)
    faults += room.faults()
    faults += list(_not_read(dictionary, month))
    if unexamined:
        faults.append(
            RuleFault(
                "not_examined",
                tuple(unexamined),
                f"{len(unexamined)} 条规则不是线性的或带条件，未参与矛盾与冗余检查。",
                f"{len(unexamined)} rules are not linear or hold under a condition: not examined for contradiction and redundancy.",
                note=True,
            )
        )
    return faults


def _linear_edits(instances: Sequence[RuleInstance]) -> tuple[list[_Edit], list[str]]:
    edits, unexamined = [], []
    for i in instances:
        observed, expected = i.observed.linear(), i.expected.linear()
        if observed is None or expected is None or i.when is not None:
            unexamined.append(i.id)
            continue
        share, tolerance = i.rule.tolerance_share, i.rule.tolerance
        # |gap| ≤ tolerance + share·|expected|; expected figures are sums of counts, so its modulus is taken as itself.
        gap = observed.plus(expected, -1.0)
        is_soft = i.rule.severity == "verify"
        if i.rule.relation in ("eq", "le"):
            edits.append(_Edit(i.id, gap.plus(expected, -share), -np.inf, tolerance, is_soft, i.rule.id))
        if i.rule.relation in ("eq", "ge"):
            edits.append(_Edit(i.id, gap.plus(expected, share), -tolerance, np.inf, is_soft, i.rule.id))
    return edits, unexamined


class _Room:
    """All figures that the domains allow, and the edits as planes through it."""

    def __init__(self, edits: Sequence[_Edit], dictionary: Dictionary) -> None:
        self.edits, self.indicators = list(edits), set(dictionary.indicators)
        names = dict.fromkeys(name for edit in edits for name in edit.form.coefficients)
        self.names: dict[Name, int] = {name: n for n, name in enumerate(names)}
        self.bounds = [_domain(name, dictionary) for name in self.names]

    def faults(self) -> Iterator[RuleFault]:
        impossible = {e.id for e in self.edits if not self._can_hold([e])}
        for name in sorted(impossible):
            yield RuleFault("never_holds", (name,), f"规则 {name} 任何数字都不能满足。", f"No figures at all satisfy rule {name}.")
        idle = {i for i in {e.id for e in self.edits} if not any(self._excess(e, []) > _SLACK for e in self.edits if e.id == i)}
        for name in sorted(idle):
            yield RuleFault(
                "never_fails", (name,), f"规则 {name} 任何数字都不会违反，等于没有。", f"No figures can break rule {name}: it asks nothing."
            )
        hard = [e for e in self.edits if not e.is_soft and e.id not in impossible]
        if not self._can_hold(hard):
            core = self._core(hard)
            yield RuleFault(
                "contradiction",
                tuple(dict.fromkeys(e.id for e in core)),
                "这几条规则互相矛盾，没有任何数字能同时满足：" + "、".join(dict.fromkeys(e.id for e in core)) + "。",
                "These rules contradict each other: " + ", ".join(dict.fromkeys(e.id for e in core)) + ".",
            )
            return  # redundancy means nothing where nothing is possible
        twins = list(self._duplicates())
        yield from twins
        told = {subject for fault in twins for subject in fault.subjects}
        yield from self._redundant(hard, idle | told)
        yield from self._fixed(hard)

    # -- one linear programme each -----------------------------------------------------------------------------

    def _can_hold(self, edits: Sequence[_Edit]) -> bool:
        return self._solve(np.zeros(len(self.names)), edits) is not None

    def _excess(self, edit: _Edit, others: Sequence[_Edit]) -> float:
        """By how much figures that satisfy the others can break the edit, at most."""
        line = self._line(edit.form)
        most = 0.0
        if np.isfinite(edit.high):
            most = max(most, -(self._solve(-line, others) or 0.0) + edit.form.constant - edit.high)
        if np.isfinite(edit.low):
            most = max(most, edit.low - (self._solve(line, others) or 0.0) - edit.form.constant)
        return most

    def _solve(self, objective: NDArray[np.float64], edits: Sequence[_Edit]) -> float | None:
        rows, limits = [], []
        for edit in edits:
            line = self._line(edit.form)
            if np.isfinite(edit.high):
                rows.append(line)
                limits.append(edit.high - edit.form.constant)
            if np.isfinite(edit.low):
                rows.append(-line)
                limits.append(edit.form.constant - edit.low)
        answer = linprog(objective, A_ub=np.array(rows) if rows else None, b_ub=limits or None, bounds=self.bounds, method="highs")
        return None if answer.fun is None or answer.status != 0 else float(answer.fun)

    def _line(self, form: LinearForm) -> NDArray[np.float64]:
        line = np.zeros(len(self.names))
        for name, coefficient in form.coefficients.items():
            line[self.names[name]] = coefficient
        return line

    # -- what follows from them --------------------------------------------------------------------------------

    def _core(self, edits: Sequence[_Edit]) -> list[_Edit]:
        """A smallest contradicting set: rules are left out one by one as long as the contradiction stays (deletion filter)."""
        core = list(edits)
        for rule in dict.fromkeys(e.id for e in edits):
            fewer = [e for e in core if e.id != rule]
            if not self._can_hold(fewer):
                core = fewer
        return core

    def _duplicates(self) -> Iterator[RuleFault]:
        seen: dict[tuple[object, ...], list[str]] = {}
        for edit in self.edits:
            first = min(edit.form.coefficients, default=None, key=lambda n: (n.namespace, n.code))
            if first is None:
                continue
            scale = edit.form.coefficients[first]
            low, high = (edit.low - edit.form.constant) / scale, (edit.high - edit.form.constant) / scale
            parts = frozenset((name, round(c / scale, 9)) for name, c in edit.form.coefficients.items())
            seen.setdefault((parts, round(min(low, high), 6), round(max(low, high), 6)), []).append(edit.id)
        groups = {tuple(dict.fromkeys(ids)) for ids in seen.values()}
        for ids in sorted(g for g in groups if len(g) > 1):
            yield RuleFault("duplicate", ids, f"规则 {'、'.join(ids)} 问的是同一件事。", f"Rules {', '.join(ids)} ask the same.")

    def _redundant(self, hard: Sequence[_Edit], told: set[str]) -> Iterator[RuleFault]:
        for rule in dict.fromkeys(e.id for e in hard if e.id not in told):
            others = [e for e in hard if e.id != rule]
            if all(self._excess(e, others) <= _SLACK for e in hard if e.id == rule):
                yield RuleFault(
                    "redundant", (rule,), f"规则 {rule} 由其他规则已经保证，是多余的。", f"Rule {rule} already follows from the others."
                )

    def _fixed(self, hard: Sequence[_Edit]) -> Iterator[RuleFault]:
        for name, column in self.names.items():
            if name.namespace != "" or name.code not in self.indicators:
                continue
            line = np.zeros(len(self.names))
            line[column] = 1.0
            least, most = self._solve(line, hard), self._solve(-line, hard)
            if least is not None and most is not None and -most - least <= _SLACK:
                yield RuleFault(
                    "fixed_cell",
                    (name.code,),
                    f"各规则合起来使“{name.code}”只能是 {least:g}。",
                    f"The rules together leave “{name.code}” no figure but {least:g}.",
                )


def _domain(name: Name, dictionary: Dictionary) -> tuple[float, float]:
    if name.code not in dictionary.indicators:
        return -_MOST, _MOST
    indicator = dictionary.indicators[name.code]
    most = _MOST_MONEY if indicator.unit.decimals else _MOST
    return (-most if indicator.concept.signed else 0.0), most


def _never_asked(dictionary: Dictionary, month: str) -> Iterator[RuleFault]:
    for rule in dictionary.rules.values():
        if rule.valid_from and rule.valid_to and rule.valid_from > rule.valid_to:
            yield RuleFault(
                "never_asked",
                (rule.id,),
                f"规则 {rule.id} 的起用月 {rule.valid_from} 在停用月 {rule.valid_to} 之后，从不生效。",
                f"Rule {rule.id} begins ({rule.valid_from}) after it ends ({rule.valid_to}): it is never in force.",
            )
    for instance in dictionary.instances_in_force(month):
        if instance.when is None or any(instance.when.names):
            continue
        if not bool(np.all(instance.when.evaluate(lambda _ns, _code: np.zeros(1)))):
            yield RuleFault(
                "never_asked",
                (instance.id,),
                f"规则 {instance.id} 的条件永远不成立。",
                f"The condition of rule {instance.id} is never true.",
            )


def _units(instances: Sequence[RuleInstance], dictionary: Dictionary) -> Iterator[RuleFault]:
    """Figures added or compared one to one must have one unit; a factor other than 1 converts. Households against persons are meant."""
    told: set[str] = set()
    for i in instances:
        form = i.observed.linear(), i.expected.linear()
        if form[0] is None or form[1] is None or i.rule.id in told:
            continue
        both = form[0].plus(form[1], -1.0)
        units = {
            dictionary.indicators[n.code].unit.code for n, c in both.coefficients.items() if abs(c) == 1 and n.code in dictionary.indicators
        }
        units = {_COMPARABLE.get(unit, unit) for unit in units}
        if len(units) > 1 and i.rule.severity != "verify":
            told.add(i.rule.id)
            yield RuleFault(
                "units",
                (i.id,),
                f"规则 {i.id} 把不同单位的数字（{'、'.join(sorted(units))}）直接相加或比较。",
                f"Rule {i.id} adds or compares figures of different units ({', '.join(sorted(units))}) one to one.",
            )


_COMPARABLE = {"person_times": "persons"}


def _levels(instances: Sequence[RuleInstance]) -> Iterator[RuleFault]:
    for i in instances:
        spaces = {n.namespace for n in (*i.observed.names, *i.expected.names)}
        least = 3 if "stated" in spaces else 2 if "previous" in spaces else 0
        if i.rule.level < least:
            zh, en = ("上报合计", "stated totals") if least == 3 else ("上月数字", "last month")
            yield RuleFault(
                "level",
                (i.id,),
                f"规则 {i.id} 标为第 {i.rule.level} 层，但要看{zh}，应为第 {least} 层以上。",
                f"Rule {i.id} is given as level {i.rule.level} and looks at {en}: level {least} or higher.",
            )


def _blanks(instances: Sequence[RuleInstance]) -> Iterator[RuleFault]:
    for i in instances:
        idle = sorted(i.assume_zero - set(i.reads))
        if idle:
            yield RuleFault(
                "idle_blank",
                (i.id, *idle),
                f"规则 {i.id} 把 {'、'.join(idle)} 的空白当作0，却不读它。",
                f"Rule {i.id} takes blanks of {', '.join(idle)} for 0 and does not read it.",
            )


def _tolerances(instances: Sequence[RuleInstance]) -> Iterator[RuleFault]:
    """A tolerance of a whole or more makes a mandatory equation of counts a mere band."""
    for i in instances:
        if i.rule.severity == "mandatory" and i.rule.relation == "eq" and (i.rule.tolerance >= 1 or i.rule.tolerance_share > 0):
            yield RuleFault(
                "tolerance",
                (i.id,),
                f"规则 {i.id} 是强制性等式，却允许有 1 个单位以上的差。",
                f"Rule {i.id} is a mandatory equation and allows a difference of a whole unit or more.",
            )


def _not_read(dictionary: Dictionary, month: str) -> Iterator[RuleFault]:
    """Indicators that no rule reads, but for those on whole numbers, sign and range, which read all."""
    read = {code for i in dictionary.instances_in_force(month) if not i.parts for code in i.reads}
    missing = [i.code for i in dictionary.in_force(month) if i.code not in read]
    if missing:
        yield RuleFault(
            "not_read",
            tuple(missing),
            f"{len(missing)} 个指标没有任何规则读取：{'、'.join(missing)}。",
            f"{len(missing)} indicators are read by no rule: {', '.join(missing)}.",
            note=True,
        )
