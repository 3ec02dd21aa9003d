"""The small expression language of the dictionary: a safe subset of Python's grammar, compiled to column arithmetic.

    births + late_births - deaths          concepts and indicators; an additive concept means the sum of its members
    previous(population_end_m)             the same place's figure of the month before; lag(x, 5): of five months before
    same_month_last_year(marriages)        the same as lag(marriages, 12)
    sum_of_months(births, 0, 11)           the sum over a window of months, counted backwards: 0 is this month
    mean_of_months(births, 1, 12)          the mean of the window's months that have a figure, if at least half of them do
    median_of_months(amount, 1, 6)         their median, which one wrong month among them does not move
    stated(births_m), town(births)         a figure of another source, one of those that the dictionary lists (`sources`)
    8 * households_end                     numbers, + - * /, abs(), floor(), sqrt(), min(), max(), comparisons and `and`/`or`/`not`

Nothing is ever passed to eval(): the text is parsed by `ast`, and only the node types named here are walked. A missing
operand (NaN) makes the result missing, because a blank is not a zero.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from schemas.faults import TwoTongued

Column = NDArray[np.float64]
Lookup = Callable[[str, str], Column]
"""(namespace, indicator code) → one float64 per place, NaN where there is no figure."""

PREVIOUS = "previous"
SOURCES = ("stated",)
"""Where figures may come from besides the place's own reports, unless the dictionary lists others."""

MOST_MONTHS = 60
LARGEST_NUMBER = 1e15
MOST_DEEP, MOST_SHOWN = 150, 120
"""How deep an expression may be nested (every part of a long sum is a level), and how much of a wrong one a message shows."""
_WINDOWS = ("sum_of_months", "mean_of_months", "median_of_months")


def months_ago(months: int) -> str:
    """The namespace of the place's own figures so many months before: '' is this month, 'previous' the month before, then 'lag_2'."""
    return ("", PREVIOUS)[months] if months < 2 else f"lag_{months}"


def ago(namespace: str) -> int | None:
    """How many months before this one a namespace lies; None for another source."""
    if namespace in ("", PREVIOUS):
        return ("", PREVIOUS).index(namespace)
    return int(namespace[4:]) if namespace.startswith("lag_") and namespace[4:].isdecimal() else None


_ARITHMETIC: dict[type[ast.operator], Callable[[Column, Column], Column]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: lambda a, b: np.divide(a, np.where(b == 0, np.nan, b) if np.ndim(b) or b == 0 else b),
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Column, Column], NDArray[np.bool_]]] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_FUNCTIONS: dict[str, Callable[..., Column]] = {
    "abs": np.abs,
    "floor": np.floor,
    "sqrt": lambda a: np.sqrt(np.where(a < 0, np.nan, a)),
    "min": lambda *a: reduce(np.minimum, a),
    "max": lambda *a: reduce(np.maximum, a),
}


class ExpressionError(TwoTongued):
    """The text is not an expression of this language; the message says which part and why."""


@dataclass(frozen=True)
class Name:
    """A reference to a figure: `namespace` is '' (this month), 'previous', 'lag_12' (twelve months before) or a source's code."""

    namespace: str
    code: str


@dataclass(frozen=True)
class LinearForm:
    """Σ coefficients[name] × figure + constant."""

    coefficients: Mapping[Name, float]
    constant: float

    def plus(self, other: LinearForm, factor: float = 1.0) -> LinearForm:
        """This form and `factor` times the other; figures that cancel out are left out."""
        both = dict(self.coefficients)
        for name, coefficient in other.coefficients.items():
            both[name] = both.get(name, 0.0) + factor * coefficient
        return LinearForm({name: c for name, c in both.items() if c != 0}, self.constant + factor * other.constant)


_NOTHING = LinearForm({}, 0.0)


@dataclass(frozen=True)
class Expression:
    """A checked expression. `names` are the indicators it reads, in order of appearance, each once."""

    text: str
    names: tuple[Name, ...]
    tree: ast.expr
    _language: _Language

    @property
    def alone(self) -> frozenset[str]:
        """Indicators that it names themselves, not as parts of a concept."""
        return frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))

    @property
    def is_condition(self) -> bool:
        """Whether its value is true or false: comparisons, and those joined by and, or, not."""
        return _is_condition(self.tree)

    def evaluate(self, lookup: Lookup) -> Column:
        """Value for every place. Shape: that of the columns `lookup` returns; NaN = cannot tell."""
        return np.asarray(_evaluate(self.tree, "", lookup, self._language), dtype=np.float64)

    def linear(self) -> LinearForm | None:
        """The expression as Σ coefficient × figure + constant, or None where it is no such thing (comparisons, products, min, max)."""
        return _linear(self.tree, "", self._language)

    def conditions(self) -> list[tuple[LinearForm, str]] | None:
        """A condition as linear forms compared with 0, all of which must hold: '<', '<=', '=='. None where it is no such thing."""
        return _conditions(self.tree, self._language)


@dataclass(frozen=True)
class _Language:
    """`sums`: name → indicators that it is the sum of. `sources`: what looks elsewhere. `totals`: those that may know sums only.

    wholes: name → the indicator of its total, which a place may have given without the parts.
    """

    sums: Mapping[str, tuple[str, ...]]
    sources: frozenset[str]
    totals: frozenset[str]
    wholes: Mapping[str, str] = field(default_factory=dict)


def parse_expression(
    text: str,
    sums: Mapping[str, tuple[str, ...]],
    sources: Collection[str] = SOURCES,
    totals: Collection[str] = (),
    wholes: Mapping[str, str] | None = None,
) -> Expression:
    """Parse and check `text`.

    Args:
        text: the expression as the dictionary has it.
        sums: every name that may be used → the indicators it is the sum of (an indicator is the sum of itself).
        sources: what figures may come from besides the place's own reports.
        totals: those sources that may give a concept's total where they do not give its parts.
        wholes: concept → the indicator of its total, where a form may ask for that alone; where it is given it is the concept's figure.

    Raises:
        ExpressionError: bad grammar, an unknown name or a construct that the language does not have.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last three: NUL characters, thousands of brackets
        shown, why = _short(text), getattr(error, "msg", error)
        raise ExpressionError(f"cannot read “{shown}”: {why}", f"读不懂“{shown}”：{why}") from None
    language = _Language(sums, frozenset(sources), frozenset(totals), wholes or {})
    names: dict[Name, None] = {}
    if _depth(tree) > MOST_DEEP:
        raise ExpressionError(f"“{_short(text)}” is nested deeper than {MOST_DEEP} times", f"“{_short(text)}”嵌套超过 {MOST_DEEP} 层")
    _check(tree, "", _short(text), language, names)
    return Expression(text, tuple(names), tree, language)


def _short(text: str) -> str:
    """As much of an expression as a message can show."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _depth(tree: ast.AST) -> int:
    """How deep the tree is nested; counted without recursion."""
    deep, level = 0, [tree]
    while level:
        deep, level = deep + 1, [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return deep


def _check(node: ast.expr, namespace: str, text: str, language: _Language, names: dict[Name, None]) -> None:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if not abs(value) <= LARGEST_NUMBER:
                raise ExpressionError(f"“{text}” has a number beyond {LARGEST_NUMBER:g}", f"“{text}”里的数超过 {LARGEST_NUMBER:g}")
            return None
        case ast.Name(id=name):
            if name not in language.sums:
                raise ExpressionError(
                    f"“{text}” uses “{name}”, which is no indicator, concept or report attribute",
                    f"“{text}”用了“{name}”，指标、概念和报表属性里都没有",
                )
            names.update({Name(namespace, code): None for code in language.sums[name]})
            return None
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
            return _check_call(function, arguments, namespace, text, language, names)
    for kind, children in _children(node):
        if kind:
            for child in children:
                _check(child, namespace, text, language, names)
            return None
    what = ast.unparse(node) if isinstance(node, ast.Constant) else type(getattr(node, "op", node)).__name__
    raise ExpressionError(f"“{text}” uses {what}, which this language does not have", f"“{text}”用了 {what}，规则的算式里不能用")


def _check_call(function: str, arguments: list[ast.expr], namespace: str, text: str, language: _Language, names: dict[Name, None]) -> None:
    spaces = _spaces(function, arguments, language)
    if spaces is not None:
        if namespace or not arguments:
            en, zh = "inside another month or source", "放在了另一个月份或来源里面"
            if not arguments:
                en, zh = "nowhere: it needs a figure in its brackets", "括号里没有指标"
            raise ExpressionError(f"“{text}” puts {function}() {en}", f"“{text}”的 {function}() {zh}")
        for space in spaces:
            _check(arguments[0], space, text, language, names)
        return
    if function in ("abs", "floor", "sqrt") and len(arguments) > 1:  # numpy would take the second for the place to write to
        raise ExpressionError(f"“{text}” gives {function}() more than one argument", f"“{text}”里 {function}() 只能有一个参数")
    if function in _FUNCTIONS and arguments:
        for argument in arguments:
            _check(argument, namespace, text, language, names)
        return
    if function in ("lag", *_WINDOWS):
        wanted = "lag(x, 1)" if function == "lag" else f"{function}(x, 0, 11)"
        raise ExpressionError(
            f"“{text}”: write months as whole numbers, at most {MOST_MONTHS}, like {wanted}",
            f"“{text}”：月数写成不超过 {MOST_MONTHS} 的整数，如 {wanted}",
        )
    raise ExpressionError(f"“{text}” calls “{function}”, which this language does not have", f"“{text}”用了“{function}”，规则的算式里没有")


def _spaces(function: str, arguments: list[ast.expr], language: _Language) -> list[str] | None:
    """The namespaces in which a call looks for its first argument; None where it is no such call, or a wrong one."""
    numbers = [a.value if isinstance(a, ast.Constant) and type(a.value) is int else -1 for a in arguments[1:]]
    match function, numbers:
        case "previous", []:
            return [PREVIOUS]
        case "same_month_last_year", []:
            return [months_ago(12)]
        case "lag", [int(n)] if 1 <= n <= MOST_MONTHS:
            return [months_ago(n)]
        case _, [int(first), int(last)] if function in _WINDOWS and 0 <= first < last <= MOST_MONTHS:
            return [months_ago(n) for n in range(first, last + 1)]
        case _, [] if function in language.sources:
            return [function]
    return None


def _children(node: ast.expr) -> list[tuple[bool, list[ast.expr]]]:
    if isinstance(node, ast.BinOp):
        return [(type(node.op) in _ARITHMETIC, [node.left, node.right])]
    if isinstance(node, ast.UnaryOp):
        return [(isinstance(node.op, ast.USub | ast.UAdd | ast.Not), [node.operand])]
    if isinstance(node, ast.Compare):
        return [(len(node.ops) == 1 and type(node.ops[0]) in _COMPARISON, [node.left, *node.comparators])]
    if isinstance(node, ast.BoolOp):
        return [(True, list(node.values))]
    return []


def _evaluate(node: ast.expr, namespace: str, lookup: Lookup, language: _Language) -> Column:
    def sub(child: ast.expr) -> Column:
        return _evaluate(child, namespace, lookup, language)

    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[return-value, arg-type]
        case ast.Name(id=name):
            return _figures(name, namespace, lookup, language)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            spaces = _spaces(function, arguments, language)
            if spaces is None:
                return _FUNCTIONS[function](*[sub(argument) for argument in arguments])
            months = [_evaluate(arguments[0], space, lookup, language) for space in spaces]
            return _AVERAGES[function](months) if function in _AVERAGES else reduce(np.add, months)
        case ast.BinOp(left=left, op=operator, right=right):
            return _ARITHMETIC[type(operator)](sub(left), sub(right))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _truth(lambda a: 1.0 - (a != 0), sub(operand))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -sub(operand)
        case ast.UnaryOp(operand=operand):
            return sub(operand)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _truth(_COMPARISON[type(operator)], sub(left), sub(right))
        case ast.BoolOp(op=ast.And(), values=values):
            return reduce(np.minimum, [_truth(lambda a: a != 0, sub(value)) for value in values])
        case ast.BoolOp(values=values):
            return reduce(np.maximum, [_truth(lambda a: a != 0, sub(value)) for value in values])
    raise ExpressionError(f"unexpected {type(node).__name__}", f"意外的 {type(node).__name__}")  # _check let nothing else through


def _figures(name: str, namespace: str, lookup: Lookup, language: _Language) -> Column:
    """One figure, or the sum of a concept's members; a source that knows no members may know the total."""
    members = reduce(np.add, [lookup(namespace, code) for code in language.sums[name]])
    if namespace in language.totals and len(language.sums[name]) > 1:
        total = lookup(namespace, name)
        members = np.where(np.isnan(total), members, total)
    if name in language.wholes:
        whole = lookup(namespace, language.wholes[name])
        members = np.where(np.isnan(whole), members, whole)
    return members


def _mean(months: list[Column]) -> Column:
    """The mean of what is there; NaN where more than half of the months are missing."""
    block = np.stack(np.broadcast_arrays(*months))
    known = ~np.isnan(block)
    count = known.sum(axis=0)
    return np.where(2 * count >= len(months), np.where(known, block, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _median(months: list[Column]) -> Column:
    """The median of what is there; NaN where more than half of the months are missing."""
    block = np.sort(np.stack(np.broadcast_arrays(*months)), axis=0)  # what is missing comes last
    count = (~np.isnan(block)).sum(axis=0)
    middle = (np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(months) - 1))
    low, high = (np.take_along_axis(block, at[None], axis=0)[0] for at in middle)
    return np.where(2 * count >= len(months), (low + high) / 2, np.nan)


_AVERAGES: dict[str, Callable[[list[Column]], Column]] = {"mean_of_months": _mean, "median_of_months": _median}


def _linear(node: ast.expr, namespace: str, language: _Language) -> LinearForm | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return LinearForm({}, float(value))
        case ast.Name(id=name):
            return reduce(LinearForm.plus, [LinearForm({Name(namespace, code): 1.0}, 0.0) for code in language.sums[name]])
        case ast.Call(func=ast.Name(id=function), args=[argument, *_] as arguments):
            spaces = _spaces(function, arguments, language)
            forms = [_linear(argument, space, language) for space in spaces or ()]
            if function in _AVERAGES or not forms or None in forms:
                return None
            return reduce(LinearForm.plus, [form for form in forms if form is not None])
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            inner = _linear(operand, namespace, language)
            return None if inner is None else _NOTHING.plus(inner, -1.0 if isinstance(sign, ast.USub) else 1.0)
        case ast.BinOp(left=left, op=operator, right=right):
            a, b = _linear(left, namespace, language), _linear(right, namespace, language)
            return None if a is None or b is None else _combined(operator, a, b)
    return None


def _conditions(node: ast.expr, language: _Language) -> list[tuple[LinearForm, str]] | None:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            parts = [_conditions(value, language) for value in values]
            return None if None in parts else [pair for part in parts if part is not None for pair in part]
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            a, b = _linear(left, "", language), _linear(right, "", language)
            if a is None or b is None or isinstance(operator, ast.NotEq):
                return None
            if isinstance(operator, ast.Gt | ast.GtE):
                a, b = b, a
            relation = "==" if isinstance(operator, ast.Eq) else "<" if isinstance(operator, ast.Lt | ast.Gt) else "<="
            return [(a.plus(b, -1.0), relation)]
    return None


def _is_condition(node: ast.expr) -> bool:
    match node:
        case ast.Compare():
            return True
        case ast.BoolOp(values=values):
            return all(_is_condition(value) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_condition(operand)
    return False


def _combined(operator: ast.operator, a: LinearForm, b: LinearForm) -> LinearForm | None:
    match operator:
        case ast.Add():
            return a.plus(b)
        case ast.Sub():
            return a.plus(b, -1.0)
        case ast.Mult() if not b.coefficients:
            return _NOTHING.plus(a, b.constant)
        case ast.Mult() if not a.coefficients:
            return _NOTHING.plus(b, a.constant)
        case ast.Div() if not b.coefficients and b.constant != 0:
            return _NOTHING.plus(a, 1 / b.constant)
    return None


def _truth(test: Callable[..., object], *operands: Column) -> Column:
    """1 or 0, and missing where an operand is missing."""
    unknown = reduce(np.logical_or, [np.isnan(operand) for operand in operands])
    return np.where(unknown, np.nan, np.asarray(test(*operands), dtype=np.float64))
