"""The dictionary's expressions as worksheet formulas, for checks that work while a form is filled in.

A blank is not a zero here either: a formula is '' (cannot tell) unless every figure that it needs is a number. Only functions that
Excel since 2003, WPS and LibreOffice all have: IF AND OR COUNT SUM PRODUCT ABS INT SQRT MIN MAX ROUND N ISNUMBER. Never an asterisk:
in what surrounds the cells it makes a reader look for masked identity numbers, in every file.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.expressions import Expression

Place = Callable[[str, str], str]
"""(namespace, indicator) → how a formula refers to the cell of that figure, such as E7, $E7, 月报!E7 or a defined name."""

DASH = "—"
_MOST_ARGUMENTS = 30  # of a function, in Excel 2003
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Div: "/"}
_COMPARISON = {ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_FUNCTIONS = {"abs": "ABS", "floor": "INT", "sqrt": "SQRT", "min": "MIN", "max": "MAX"}


@dataclass
class Translation:
    """An expression's arithmetic and what it takes to have a value.

    body: the arithmetic. needed: cells that must be numbers. assumed: cells that count as 0 where blank or —. divisors: must not be 0.
    roots: of these a root is taken, they must not be negative.
    """

    body: str
    needed: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    divisors: list[str] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)


def translate(expression: Expression, sums: Mapping[str, Sequence[str]], place: Place, assume_zero: Collection[str] = ()) -> Translation:
    """Translate a checked expression.

    Args:
        expression: as the dictionary parsed it.
        sums: the dictionary's `sums`, by which it was parsed.
        place: where each figure stands.
        assume_zero: this month's indicators for which a blank is a nought.
    """
    made = Translation("")
    made.body = _body(ast.parse(expression.text.strip(), mode="eval").body, "", sums, place, frozenset(assume_zero), made)
    return made


def guarded(parts: Sequence[Translation], then: str, otherwise: str = '""') -> str:
    """`then` where every part has a value, `otherwise` where it cannot be told. No leading '='."""
    needed = list(dict.fromkeys(cell for part in parts for cell in part.needed))
    assumed = list(dict.fromkeys(cell for part in parts for cell in part.assumed if cell not in needed))
    made = then
    for divisor in reversed(list(dict.fromkeys(d for part in parts for d in part.divisors))):
        made = f"IF({divisor}<>0,{made},{otherwise})"
    for root in reversed(list(dict.fromkeys(r for part in parts for r in part.roots))):
        made = f"IF({root}>=0,{made},{otherwise})"
    tests = [f"{many('COUNT', needed)}={len(needed)}"] if needed else []
    tests += [f'OR(ISNUMBER({cell}),{cell}="",{cell}="{DASH}")' for cell in assumed]
    if not tests:
        return made
    test = tests[0]
    for start in range(1, len(tests), _MOST_ARGUMENTS - 1):
        test = f"AND({','.join([test, *tests[start : start + _MOST_ARGUMENTS - 1]])})"
    return f"IF({test},{made},{otherwise})"


def many(function: str, cells: Sequence[str]) -> str:
    """COUNT or SUM over any number of cells, however few arguments the program takes."""
    calls = [f"{function}({','.join(cells[n : n + _MOST_ARGUMENTS])})" for n in range(0, len(cells), _MOST_ARGUMENTS)]
    return calls[0] if len(calls) == 1 else f"({'+'.join(calls)})"


def breaks(relation: str, observed: str, expected: str, tolerance: float, share: float = 0) -> str:
    """The condition that a rule is broken, `observed` and `expected` being formulas of numbers."""
    allowed = number(tolerance) if not share else f"{number(tolerance)}+PRODUCT({number(share)},ABS({expected}))"
    if relation == "whole":
        return f"ABS({observed}-ROUND({observed},0))>{number(tolerance + 1e-9)}"
    gap, other = f"({observed})-({expected})", f"({expected})-({observed})"
    return {
        "eq": f"ABS({gap})>{allowed}",
        "le": f"{gap}>{allowed}",
        "ge": f"{other}>{allowed}",
        "lt": f"{gap}>={allowed}",
        "gt": f"{other}>={allowed}",
    }[relation]


def number(value: float) -> str:
    """A number as formulas write it: 8, 0.004, 1E-09."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value)).upper()


def _body(
    node: ast.expr, namespace: str, sums: Mapping[str, Sequence[str]], place: Place, assumed: frozenset[str], made: Translation
) -> str:
    def sub(child: ast.expr) -> str:
        return _body(child, namespace, sums, place, assumed, made)

    match node:
        case ast.Constant(value=int() | float() as value):
            return number(value)
        case ast.Name(id=name):
            return _figures(namespace, sums[name], place, assumed, made)
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
            made.roots.append(sub(argument))
            return f"SQRT({made.roots[-1]})"
        case ast.Call(func=ast.Name(id=function), args=arguments) if function in _FUNCTIONS:
            return f"{_FUNCTIONS[function]}({','.join(map(sub, arguments))})"
        case ast.Call(func=ast.Name(id=inner), args=[argument]):
            return _body(argument, inner, sums, place, assumed, made)
        case ast.BinOp(left=left, op=operator, right=right):
            a, b = sub(left), sub(right)
            if isinstance(operator, ast.Mult):
                return f"PRODUCT({a},{b})"
            if isinstance(operator, ast.Div):
                made.divisors.append(b)
            return f"({a}{_ARITHMETIC[type(operator)]}{b})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"N({sub(operand)}=0)"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(0-{sub(operand)})"
        case ast.UnaryOp(operand=operand):
            return sub(operand)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return f"N({sub(left)}{_COMPARISON[type(operator)]}{sub(right)})"
        case ast.BoolOp(op=ast.And(), values=values):
            return f"N(AND({','.join(f'{sub(value)}<>0' for value in values)}))"
        case ast.BoolOp(values=values):
            return f"N(OR({','.join(f'{sub(value)}<>0' for value in values)}))"
    raise TypeError(f"a checked expression has no {type(node).__name__}")


def _figures(namespace: str, codes: Sequence[str], place: Place, assumed: frozenset[str], made: Translation) -> str:
    """One figure, or the sum of a concept's members."""
    cells = []
    for code in codes:
        cell = place(namespace, code)
        is_assumed = not namespace and code in assumed
        (made.assumed if is_assumed else made.needed).append(cell)
        cells.append(f"N({cell})" if is_assumed and len(codes) == 1 else cell)
    return cells[0] if len(cells) == 1 else many("SUM", cells)  # SUM passes over what is no number
