"""The small expression language of the dictionary: a safe subset of Python's grammar, compiled to column arithmetic.

    births + late_births - deaths          concepts and indicators; an additive concept means the sum of its members
    previous(population_end_m)             the same place's figure of the month before
    stated(births_m)                       the total that a town or county wrote down itself
    8 * households_end                     numbers, + - * /, abs(), min(), max(), comparisons and `and`/`or`/`not`

Nothing is ever passed to eval(): the text is parsed by `ast`, and only the node types named here are walked. A missing
operand (NaN) makes the result missing, because a blank is not a zero.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
Lookup = Callable[[str, str], Column]
"""(namespace, indicator code) → one float64 per place, NaN where there is no figure."""

NAMESPACES = ("", "previous", "stated")

_ARITHMETIC: dict[type[ast.operator], Callable[[Column, Column], Column]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: lambda a, b: np.divide(a, np.where(b == 0, np.nan, b)),
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
    "min": lambda *a: reduce(np.minimum, a),
    "max": lambda *a: reduce(np.maximum, a),
}


class ExpressionError(ValueError):
    """The text is not an expression of this language; the message says which part and why."""


@dataclass(frozen=True)
class Name:
    """A reference to a figure: `namespace` is '' (this month), 'previous' or 'stated'."""

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
    _tree: ast.expr
    _sums: Mapping[str, tuple[str, ...]]

    def evaluate(self, lookup: Lookup) -> Column:
        """Value for every place. Shape: that of the columns `lookup` returns; NaN = cannot tell."""
        return np.asarray(_evaluate(self._tree, "", lookup, self._sums), dtype=np.float64)

    def linear(self) -> LinearForm | None:
        """The expression as Σ coefficient × figure + constant, or None where it is no such thing (comparisons, products, min, max)."""
        return _linear(self._tree, "", self._sums)


def parse_expression(text: str, sums: Mapping[str, tuple[str, ...]]) -> Expression:
    """Parse and check `text`.

    Args:
        text: the expression as the dictionary has it.
        sums: every name that may be used → the indicators it is the sum of (an indicator is the sum of itself).

    Raises:
        ExpressionError: bad grammar, an unknown name or a construct that the language does not have.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last three: NUL characters, thousands of brackets
        raise ExpressionError(f"cannot read “{text}”: {getattr(error, 'msg', error)}") from None
    names: dict[Name, None] = {}
    _check(tree, "", text, sums, names)
    return Expression(text, tuple(names), tree, sums)


def _check(node: ast.expr, namespace: str, text: str, sums: Mapping[str, tuple[str, ...]], names: dict[Name, None]) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return None
    if isinstance(node, ast.Name):
        if node.id not in sums:
            raise ExpressionError(f"“{text}” uses “{node.id}”, which is no indicator, concept or report attribute")
        names.update({Name(namespace, code): None for code in sums[node.id]})
        return None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id in NAMESPACES and len(node.args) == 1 and not namespace:
            return _check(node.args[0], node.func.id, text, sums, names)
        if node.func.id == "abs" and len(node.args) > 1:  # numpy would take the second for the place to write to
            raise ExpressionError(f"“{text}” gives abs() more than one argument")
        if node.func.id in _FUNCTIONS and node.args:
            for argument in node.args:
                _check(argument, namespace, text, sums, names)
            return None
        raise ExpressionError(f"“{text}” calls “{node.func.id}”, which this language does not have")
    for kind, children in _children(node):
        if kind:
            for child in children:
                _check(child, namespace, text, sums, names)
            return None
    raise ExpressionError(f"“{text}” uses {type(node).__name__}, which this language does not have")


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


def _evaluate(node: ast.expr, namespace: str, lookup: Lookup, sums: Mapping[str, tuple[str, ...]]) -> Column:
    def sub(child: ast.expr) -> Column:
        return _evaluate(child, namespace, lookup, sums)

    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[return-value, arg-type]
        case ast.Name(id=name):
            return reduce(np.add, [lookup(namespace, code) for code in sums[name]])
        case ast.Call(func=ast.Name(id=function), args=arguments) if function in NAMESPACES:
            return _evaluate(arguments[0], function, lookup, sums)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _FUNCTIONS[function](*[sub(argument) for argument in arguments])
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
    raise ExpressionError(f"unexpected {type(node).__name__}")  # _check let nothing else through


def _linear(node: ast.expr, namespace: str, sums: Mapping[str, tuple[str, ...]]) -> LinearForm | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return LinearForm({}, float(value))
        case ast.Name(id=name):
            return reduce(LinearForm.plus, [LinearForm({Name(namespace, code): 1.0}, 0.0) for code in sums[name]])
        case ast.Call(func=ast.Name(id=function), args=[argument]) if function in NAMESPACES:
            return _linear(argument, function, sums)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            inner = _linear(operand, namespace, sums)
            return None if inner is None else _NOTHING.plus(inner, -1.0 if isinstance(sign, ast.USub) else 1.0)
        case ast.BinOp(left=left, op=operator, right=right):
            a, b = _linear(left, namespace, sums), _linear(right, namespace, sums)
            return None if a is None or b is None else _combined(operator, a, b)
    return None


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
