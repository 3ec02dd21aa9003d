"""Rules as planes through the space of all figures: which contradict, repeat, follow from others, never hold or never fail.

Linear programmes over all cells at once (HiGHS), whole-numbered where the question is whether anything at all satisfies a rule. A set of
edits is infeasible when no figures satisfy it; a rule is redundant when the others imply it; a rule that no figures can break asks
nothing (cf. R package validatetools, van der Loo & de Jonge 2018, ch. 7). A condition that is a conjunction of linear comparisons cuts
the space; whatever is not linear is put to trial on a fixed low-discrepancy set of figures instead.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.stats import qmc

from methods.rulefaults import RuleFault
from methods.ruleproofs import Proofs
from schemas.expressions import LinearForm, Name

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, RuleInstance

_MOST, _MOST_MONEY = 1e5, 1e9
_SLACK = 1e-6
_TRIALS = 2**12
_LARGEST_TRIAL = 4.0
"""Powers of ten over which the figures of a trial spread."""


@dataclass(frozen=True)
class Edit:
    """low ≤ form ≤ high where `when` holds (forms ≤ 0). `is_soft`: a question, which other rules need not agree with."""

    id: str
    form: LinearForm
    low: float
    high: float
    is_soft: bool
    when: tuple[LinearForm, ...] = ()


def linear_edits(instances: Sequence[RuleInstance], dictionary: Dictionary) -> tuple[list[Edit], list[RuleInstance]]:
    """The rules that are planes, conditional ones included, and those that are none."""
    edits: list[Edit] = []
    others: list[RuleInstance] = []
    for i in instances:
        observed, expected = i.observed.linear(), i.expected.linear()
        allow = i.allow.linear() if i.allow is not None else LinearForm({}, 0.0)
        conditions = i.when.conditions() if i.when is not None else []
        if observed is None or expected is None or allow is None or conditions is None:
            others.append(i)
            continue
        share, tolerance = i.rule.tolerance_share, i.rule.tolerance - i.margin
        when = tuple(_cuts(conditions, dictionary))
        # |gap| ≤ tolerance + share·|expected| + allow; expected figures are sums of counts, so the modulus is taken as itself.
        gap, is_soft = observed.plus(expected, -1.0), i.rule.severity == "verify"
        if i.rule.side in ("eq", "le"):
            edits.append(Edit(i.id, gap.plus(expected, -share).plus(allow, -1.0), -np.inf, tolerance, is_soft, when))
        if i.rule.side in ("eq", "ge"):
            edits.append(Edit(i.id, gap.plus(expected, share).plus(allow), -tolerance, np.inf, is_soft, when))
    return edits, others


def _cuts(conditions: Sequence[tuple[LinearForm, str]], dictionary: Dictionary) -> Iterator[LinearForm]:
    """Conditions as forms that must be ≤ 0: strictly less means at least 1 less where everything counted is whole."""
    for form, relation in conditions:
        whole = all(
            name.code in dictionary.indicators and not dictionary.indicators[name.code].unit.decimals and c == round(c)
            for name, c in form.coefficients.items()
        )
        yield form.plus(LinearForm({}, 1.0 if whole else _SLACK)) if relation == "<" else form
        if relation == "==":
            yield LinearForm({}, 0.0).plus(form, -1.0)


def plane_faults(edits: Sequence[Edit], dictionary: Dictionary, proofs: Proofs | None = None) -> Iterator[RuleFault]:
    """Every fault that the planes have, each by itself and together; `proofs`: what is known from other periods of the same rule book."""
    proofs = proofs if proofs is not None else Proofs()
    of: dict[str, list[Edit]] = {}
    for edit in edits:
        of.setdefault(edit.id, []).append(edit)
    alone = [fault for own in of.values() for fault in _alone(own, dictionary, proofs)]
    yield from alone
    dead = {name for fault in alone if fault.kind != "never_fails" for name in fault.subjects}
    firm = [e for e in edits if not e.is_soft and e.id not in dead]
    hard = [e for e in firm if not e.when]
    room = Room(hard, dictionary, proofs)
    if not proofs.can("hold", _ids(hard), lambda: room.can_hold(hard)):
        yield room.contradiction(hard, (), "hold")
        return  # redundancy means nothing where nothing is possible
    for name in dict.fromkeys(e.id for e in firm if e.when):
        yield from _conditional(name, of[name], hard, dictionary, proofs)
    twins = list(_duplicates(edits))
    yield from twins
    yield from room.redundant(hard, {name for fault in (*alone, *twins) for name in fault.subjects})
    yield from room.fixed(hard)


def _alone(own: Sequence[Edit], dictionary: Dictionary, proofs: Proofs) -> Iterator[RuleFault]:
    """A rule by itself, in the space of its own cells."""
    name, when = own[0].id, own[0].when

    def room() -> Room:
        return Room(own, dictionary, proofs)

    if when and not proofs.can(("asked", name), (), lambda: room().can_hold([], when)):
        yield RuleFault("never_asked", (name,), f"规则 {name} 的条件永远不成立。", f"The condition of rule {name} is never true.")
    elif not proofs.can(("holds", name), (), lambda: room().can_hold(own, when)):
        yield RuleFault("never_holds", (name,), f"规则 {name} 任何数字都不能满足。", f"No figures at all satisfy rule {name}.")
    elif not proofs.can(("fails", name), (), lambda: any(room().excess(e, [], when) > _SLACK for e in own)):
        yield _idle(name)


def _conditional(name: str, own: Sequence[Edit], hard: Sequence[Edit], dictionary: Dictionary, proofs: Proofs) -> Iterator[RuleFault]:
    """A rule that is asked under a condition, beside those that are always asked."""
    when, ids = own[0].when, _ids(hard)

    def room() -> Room:
        return Room([*hard, *own], dictionary, proofs)

    # Where the rule itself can hold under its condition, the condition can be true.
    if proofs.can(("holds", name), ids, lambda: room().can_hold([*hard, *own], when)):
        return
    if not proofs.can(("asked", name), ids, lambda: room().can_hold(hard, when)):
        zh, en = (
            f"在其他规则都满足时，规则 {name} 的条件不会成立。",
            f"Where the other rules hold, the condition of rule {name} is never true.",
        )
        yield RuleFault("never_asked", (name,), zh, en)
    else:
        yield room().contradiction([*hard, *own], when, ("holds", name))


def _duplicates(edits: Sequence[Edit]) -> Iterator[RuleFault]:
    seen: dict[tuple[object, ...], list[str]] = {}
    for edit in edits:
        first = min(edit.form.coefficients, default=None, key=lambda n: (n.namespace, n.code))
        if first is None:
            continue
        scale = edit.form.coefficients[first]
        low, high = (edit.low - edit.form.constant) / scale, (edit.high - edit.form.constant) / scale
        parts = frozenset((name, round(c / scale, 9)) for name, c in edit.form.coefficients.items())
        when = frozenset((frozenset(form.coefficients.items()), form.constant) for form in edit.when)
        seen.setdefault((parts, round(min(low, high), 6), round(max(low, high), 6), when), []).append(edit.id)
    groups = {tuple(dict.fromkeys(ids)) for ids in seen.values()}
    for ids in sorted(g for g in groups if len(g) > 1):
        yield RuleFault("duplicate", ids, f"规则 {'、'.join(ids)} 问的是同一件事。", f"Rules {', '.join(ids)} ask the same.")


def _ids(edits: Sequence[Edit]) -> list[str]:
    """The rules that edits belong to, each once."""
    return list(dict.fromkeys(edit.id for edit in edits))


def _idle(name: str) -> RuleFault:
    return RuleFault(
        "never_fails", (name,), f"规则 {name} 任何数字都不会违反，等于没有。", f"No figures can break rule {name}: it asks nothing."
    )


class Room:
    """The figures that some edits read, as wide as the domains allow, and questions to the solver about them."""

    def __init__(self, edits: Sequence[Edit], dictionary: Dictionary, proofs: Proofs) -> None:
        self.proofs = proofs
        self.indicators = dictionary.indicators
        names = dict.fromkeys(name for edit in edits for form in (edit.form, *edit.when) for name in form.coefficients)
        self.names: dict[Name, int] = {name: n for n, name in enumerate(names)}
        self.spans = [_domain(name, dictionary) for name in self.names]
        self.bounds = np.array(self.spans).reshape(-1, 2)
        self.is_whole = np.array([n.code in self.indicators and not self.indicators[n.code].unit.decimals for n in names], dtype=np.int64)

    def can_hold(self, edits: Sequence[Edit], when: Sequence[LinearForm] = ()) -> bool:
        """Whether whole numbers exist that satisfy the edits and the condition."""
        rows, limits = self._rows(edits, when)
        if not len(rows):
            return True
        reach = np.where(rows > 0, rows * self.bounds[:, 0], rows * self.bounds[:, 1]).sum(axis=1)  # the least that each row can be
        if (reach > limits + _SLACK).any():
            return False
        if not self.names:  # constants alone
            return True
        found = milp(
            np.zeros(len(self.names)),
            constraints=LinearConstraint(rows, ub=limits + 1e-9 * np.maximum(1.0, np.abs(limits))),
            bounds=Bounds(*self.bounds.T),
            integrality=self.is_whole,
            options={"time_limit": 10.0},
        )
        return bool(found.status != 2)  # 2: proven infeasible

    def excess(self, edit: Edit, others: Sequence[Edit], when: Sequence[LinearForm] = ()) -> float:
        """By how much figures that satisfy the others can break the edit, at most."""
        line = self._line(edit.form)
        most = 0.0
        if np.isfinite(edit.high):
            most = max(most, -(self._least(-line, others, when) or 0.0) + edit.form.constant - edit.high)
        if np.isfinite(edit.low):
            most = max(most, edit.low - (self._least(line, others, when) or 0.0) - edit.form.constant)
        return most

    def contradiction(self, edits: Sequence[Edit], when: Sequence[LinearForm], question: Hashable) -> RuleFault:
        """The smallest contradicting set: rules are left out one by one as long as the contradiction stays (deletion filter)."""
        known = self.proofs.why_not(question, _ids(edits)) or frozenset(_ids(edits))
        core = [e for e in edits if e.id in known or e.when]  # a conditional rule's own edits belong to the question
        for rule in _ids(core):
            fewer = [e for e in core if e.id != rule]
            if not self.can_hold(fewer, when):
                core = fewer
        ids = tuple(_ids(core))
        self.proofs.cannot(question, [e.id for e in core if not e.when])
        zh = f"这几条规则互相矛盾，没有任何数字能同时满足：{'、'.join(ids)}。"
        return RuleFault("contradiction", ids, zh, f"These rules contradict each other: {', '.join(ids)}.")

    def redundant(self, hard: Sequence[Edit], told: set[str]) -> Iterator[RuleFault]:
        """Rules that others imply, each with those that do."""
        for rule in _ids(hard):
            own, others = [e for e in hard if e.id == rule], [e for e in hard if e.id != rule]
            question = ("broken", rule)
            if rule in told or self.proofs.can(question, _ids(others), lambda: self._is_breakable(own, others)):  # noqa: B023 (asked at once)
                continue
            reasons = self._reasons(question, own, others)
            zh = f"规则 {rule} 由规则 {'、'.join(reasons)} 已经保证，是多余的。"
            en = f"Rule {rule} already follows from {', '.join(reasons)}: it is redundant."
            yield RuleFault("redundant", (rule,), zh, en, because=tuple(reasons))

    def _is_breakable(self, own: Sequence[Edit], others: Sequence[Edit]) -> bool:
        return any(self.excess(e, others) > _SLACK for e in own)

    def _reasons(self, question: Hashable, own: Sequence[Edit], others: Sequence[Edit]) -> list[str]:
        """The fewest rules that imply `own`, which `others` do: those that bear on it, less what can be spared (deletion filter)."""
        known = self.proofs.why_not(question, _ids(others)) or frozenset()
        bearing = [e for e in others if e.id in known]
        if len(known) == len(_ids(others)):  # all of them: not looked into yet
            names = {row.id for e in own for row in self._bearing(e, others)}
            fewer = [e for e in others if e.id in names]
            bearing = fewer if not self._is_breakable(own, fewer) else list(others)
            for rule in _ids(bearing):
                spared = [e for e in bearing if e.id != rule]
                if not self._is_breakable(own, spared):
                    bearing = spared
            self.proofs.cannot(question, _ids(bearing))
        return _ids(bearing)

    def _bearing(self, edit: Edit, others: Sequence[Edit]) -> Iterator[Edit]:
        """The edits against which an edit is pressed where it comes nearest to being broken: those with a shadow price."""
        rows, limits = self._rows(others, ())
        sides = [e for e in others for end in (e.high, e.low) if np.isfinite(end)]  # as `_rows` has them
        line = self._line(edit.form)
        for objective in [-line] * bool(np.isfinite(edit.high)) + [line] * bool(np.isfinite(edit.low)):
            answer = linprog(objective, A_ub=rows, b_ub=limits, bounds=self.spans, method="highs")
            if answer.status == 0:
                yield from (sides[at] for at in np.flatnonzero(np.abs(answer.ineqlin.marginals) > 1e-9))

    def fixed(self, hard: Sequence[Edit]) -> Iterator[RuleFault]:
        """Cells to which the rules leave one figure only."""
        corners: list[NDArray[np.float64]] = []

        def moves(column: int) -> bool:
            if not corners:  # most cells differ between two corners of the space, and need no question of their own
                corners.extend(self._corner(sign * np.ones(len(self.names)), hard) for sign in (1.0, -1.0))
            return bool(abs(corners[0][column] - corners[1][column]) > _SLACK) or self._span(column, hard) > _SLACK

        ids = _ids(hard)
        for name, column in self.names.items():
            if name.namespace != "" or name.code not in self.indicators:
                continue
            if not self.proofs.can(("moves", name), ids, lambda: moves(column)):  # noqa: B023 (asked at once)
                least = self._least(self._line(LinearForm({name: 1.0}, 0.0)), hard) or 0.0
                zh, en = (
                    f"各规则合起来使“{name.code}”只能是 {least:g}。",
                    f"The rules together leave “{name.code}” no figure but {least:g}.",
                )
                yield RuleFault("fixed_cell", (name.code,), zh, en)

    def _span(self, column: int, edits: Sequence[Edit]) -> float:
        """How far the figures of one cell can lie apart; infinite where that is not known."""
        line = np.zeros(len(self.names))
        line[column] = 1.0
        least, most = self._least(line, edits), self._least(-line, edits)
        return np.inf if least is None or most is None else -most - least

    def _least(self, objective: NDArray[np.float64], edits: Sequence[Edit], when: Sequence[LinearForm] = ()) -> float | None:
        """The least value of the objective, without regard to whole numbers; None where there is none."""
        rows, limits = self._rows(edits, when)
        if not len(rows) or not self.names:
            return float(np.where(objective > 0, objective * self.bounds[:, 0], objective * self.bounds[:, 1]).sum())
        answer = linprog(objective, A_ub=rows, b_ub=limits, bounds=self.spans, method="highs")
        return None if answer.fun is None or answer.status != 0 else float(answer.fun)

    def _corner(self, objective: NDArray[np.float64], edits: Sequence[Edit]) -> NDArray[np.float64]:
        """Figures that satisfy the edits and make the objective least; NaN where there are none."""
        rows, limits = self._rows(edits, ())
        if not len(rows) or not self.names:
            return np.full(len(self.names), np.nan)
        answer = linprog(objective, A_ub=rows, b_ub=limits, bounds=self.spans, method="highs")
        return np.full(len(self.names), np.nan) if answer.x is None else np.asarray(answer.x)

    def _rows(self, edits: Sequence[Edit], when: Sequence[LinearForm]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Edits and conditions as rows · figures ≤ limits."""
        rows, limits = [], []
        for edit in edits:
            line = self._line(edit.form)
            if np.isfinite(edit.high):
                rows.append(line)
                limits.append(edit.high - edit.form.constant)
            if np.isfinite(edit.low):
                rows.append(-line)
                limits.append(edit.form.constant - edit.low)
        rows += [self._line(form) for form in when]
        limits += [-form.constant for form in when]
        return np.array(rows), np.array(limits)

    def _line(self, form: LinearForm) -> NDArray[np.float64]:
        line = np.zeros(len(self.names))
        for name, coefficient in form.coefficients.items():
            line[self.names[name]] = coefficient
        return line


def _domain(name: Name, dictionary: Dictionary) -> tuple[float, float]:
    if name.code not in dictionary.indicators:
        return -_MOST, _MOST
    indicator = dictionary.indicators[name.code]
    most = _MOST_MONEY if indicator.unit.decimals else _MOST
    return (-most if indicator.concept.signed else 0.0), most


def tried(instance: RuleInstance, dictionary: Dictionary) -> Iterator[RuleFault]:
    """What becomes of a rule that is no plane on a fixed set of figures, from 0 to 10,000, half of them mostly noughts."""
    names = list(dict.fromkeys((*instance.names,)))
    if not names:
        return
    figures = _trial_figures(names, dictionary)

    def look(namespace: str, code: str) -> NDArray[np.float64]:
        return figures.get(Name(namespace, code), np.full(_TRIALS, np.nan))

    rule = instance.rule
    observed, expected = (np.broadcast_to(x.evaluate(look), _TRIALS) for x in (instance.observed, instance.expected))
    allowed = rule.tolerance - instance.margin + rule.tolerance_share * np.abs(expected)
    if instance.allow is not None:
        allowed = allowed + np.maximum(instance.allow.evaluate(look), 0.0)
    gap = observed - expected
    breaks = {"eq": np.abs(gap) > allowed, "le": gap > allowed, "ge": -gap > allowed}[rule.side]
    asked = np.broadcast_to(instance.when.evaluate(look) == 1 if instance.when is not None else True, _TRIALS) & ~np.isnan(gap - allowed)
    name = instance.id
    if not asked.any() and instance.when is None:
        zh, en = f"规则 {name} 永远无法判断（如除以0）。", f"Rule {name} can never be told (it divides by 0, say)."
        yield RuleFault("never_asked", (name,), zh, en)
    elif not asked.any():
        yield RuleFault("never_asked", (name,), f"规则 {name} 的条件永远不成立。", f"The condition of rule {name} is never true.")
    elif not (breaks & asked).any():
        yield _idle(name)
    elif rule.side != "eq" and breaks[asked].all():
        yield RuleFault("never_holds", (name,), f"规则 {name} 任何数字都不能满足。", f"No figures at all satisfy rule {name}.")


def _trial_figures(names: Sequence[Name], dictionary: Dictionary) -> Mapping[Name, NDArray[np.float64]]:
    points = qmc.Sobol(len(names), scramble=False).random(_TRIALS)
    points[_TRIALS // 2 :] = np.maximum(0.0, 2 * points[_TRIALS // 2 :] - 1)
    sizes = np.floor(10 ** (_LARGEST_TRIAL * points) - 1)
    made = {}
    for column, name in enumerate(names):
        signed = name.code in dictionary.indicators and dictionary.indicators[name.code].concept.signed
        made[name] = sizes[:, column] * (np.where(np.arange(_TRIALS) % 3 == 0, -1.0, 1.0) if signed else 1.0)
    return made
