"""Rules in plain words, in both languages: labels for codes, signs for operators, sentences for conditions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schemas.entries import Rule, Text

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, RuleInstance

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Mult: "×",
    ast.Div: "÷",
    ast.Eq: "=",
    ast.NotEq: "≠",
    ast.Lt: "<",
    ast.LtE: "≤",
    ast.Gt: ">",
    ast.GtE: "≥",
}
_RELATIONS = {
    "eq": Text(zh="应等于", en="equals"),
    "le": Text(zh="应不大于", en="is at most"),
    "ge": Text(zh="应不小于", en="is at least"),
    "lt": Text(zh="应小于", en="is less than"),
    "gt": Text(zh="应大于", en="is more than"),
}
_FUNCTIONS = {
    "abs": Text(zh="{0} 的绝对值", en="the size of {0}"),
    "floor": Text(zh="{0}", en="{0}"),  # that decimals are dropped is nothing to a reader
    "sqrt": Text(zh="√{0}", en="√{0}"),
    "min": Text(zh="{all} 中最小的", en="the least of {all}"),
    "max": Text(zh="{all} 中最大的", en="the greatest of {all}"),
    "previous": Text(zh="上月{0}", en="last month's {0}"),
    "same_month_last_year": Text(zh="去年同月{0}", en="{0} of the same month last year"),
    "lag": Text(zh="{1} 个月前的{0}", en="{0} of {1} months before"),
    "sum_of_months": Text(zh="{1}—{2} 个月前的{0}之和（0 为本月）", en="the sum of {0} from {1} to {2} months before (0: this month)"),
    "mean_of_months": Text(zh="{1}—{2} 个月前的{0}的平均", en="the mean of {0} from {1} to {2} months before"),
    "median_of_months": Text(zh="{1}—{2} 个月前的{0}的中位数", en="the median of {0} from {1} to {2} months before"),
}
_BLANKS = {"zero": Text(zh="空白按0计", en="blanks count as 0"), "skip": Text(zh="有空白就不问", en="not asked where a figure is blank")}


def rule_in_words(rule: Rule, dictionary: Dictionary) -> Text:
    """What a rule asks, as one sentence a language; a rule of several instances is told by the first, the others are named beside it."""
    instances = [i for i in dictionary.instances.values() if i.rule.id == rule.id]
    if not instances and {"returns": "others"} in rule.for_each.values():
        return Text(zh="（用于季报、半年报和年报）", en="(for returns of a quarter, a half-year or a year)")
    if not instances:
        return Text(zh="（没有适用的指标）", en="(applies to no indicator)")
    words = Text(zh=_sentence(instances[0], dictionary, "zh"), en=_sentence(instances[0], dictionary, "en"))
    more = len(instances) - 1
    if not more:
        return words
    others = [dictionary.subject_label(i) for i in instances[1:]]
    few = more <= 8
    zh = "、".join(o.zh for o in others) if few else f"{more} 个指标"
    en = ", ".join(o.en for o in others) if few else f"{more} indicators"
    return Text(zh=f"{words.zh}同样适用于：{zh}。", en=f"{words.en} The same for: {en}.")


def _sentence(i: RuleInstance, d: Dictionary, language: str) -> str:
    zh, rule = language == "zh", i.rule
    if i.parts:
        return _counting(i, language)
    observed = in_words(i.observed.tree, d, language)
    if set(i.reads) <= set(d.attributes) and i.expected.text.strip() == "0":
        return f"不应有：{observed}。" if zh else f"There should be none of: {observed}."
    if rule.relation == "whole":
        told = f"{observed} 应为整数" if zh else f"{observed} is a whole number"
    else:
        told = f"{observed} {_RELATIONS[rule.relation].in_language(language)} {in_words(i.expected.tree, d, language)}"
    allowed = _allowance(i, d, language)
    if allowed:
        told += f"，容许相差 {allowed}" if zh else f", give or take {allowed}"
    if i.when is not None:
        condition = in_words(i.when.tree, d, language)
        told = f"当 {condition} 时，{told}" if zh else f"Where {condition}: {told}"
    blanks = _BLANKS.get(rule.missing)
    if blanks is not None:
        told += f"；{blanks.zh}" if zh else f"; {blanks.en}"
    elif i.assume_zero:
        names = [d.indicators[code].label.in_language(language) for code in sorted(i.assume_zero) if code in d.indicators]
        told += f"；{'、'.join(names)} 空白按0计" if zh else f"; blanks of {', '.join(names)} count as 0"
    told += "。" if zh else "."
    return told if zh else told[0].upper() + told[1:]


def _counting(i: RuleInstance, language: str) -> str:
    limit, n = i.parts[0][2].text, len(i.parts)
    relation = _RELATIONS.get(i.rule.relation)
    zh, en = ("应为整数", "is a whole number") if relation is None else (f"{relation.zh} {limit}", f"{relation.en} {limit}")
    return f"{n} 个指标的数字，每一个{zh}。" if language == "zh" else f"Every one of {n} figures {en}."


def _allowance(i: RuleInstance, d: Dictionary, language: str) -> str:
    rule, parts = i.rule, []
    if rule.tolerance >= 0.01:
        unit = d.units.get(rule.tolerance_unit or "")
        parts.append(f"{rule.tolerance:g}" + (f" {unit.label.in_language(language)}" if unit else ""))
    if rule.tolerance_share:
        parts.append(f"{100 * rule.tolerance_share:g} %")
    if i.allow is not None:
        parts.append(in_words(i.allow.tree, d, language))
    return " + ".join(parts)


def in_words(node: ast.expr, dictionary: Dictionary, language: str) -> str:
    """An expression with labels for codes: 'previous(population_end_m)' → '上月期末人口（男）'. For `Expression.tree`."""

    def sub(child: ast.expr, above: int = 0) -> str:
        told = in_words(child, dictionary, language)
        return f"({told})" if _binds(child) < above else told

    match node:
        case ast.Constant(value=int() | float() as value):
            return f"{value:g}"
        case ast.Name(id=name):
            return dictionary.labels[name].in_language(language)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _call(function, [sub(a, 0 if function in ("floor", "min", "max") else 9) for a in arguments], dictionary, language)
        case ast.BinOp(left=left, op=operator, right=right):
            binds, is_loose = _binds(node), isinstance(operator, ast.Sub | ast.Div)
            return f"{sub(left, binds)} {_SIGNS[type(operator)]} {sub(right, binds + is_loose)}"
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return f"{sub(left)} {_SIGNS[type(operator)]} {sub(right)}"
        case ast.BoolOp(op=operator, values=values):
            joint = {"zh": (" 且 ", " 或 "), "en": (" and ", " or ")}["zh" if language == "zh" else "en"]
            return joint[isinstance(operator, ast.Or)].join(sub(value, 9) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ("并非 " if language == "zh" else "not ") + sub(operand, 9)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"−{sub(operand, 9)}"
        case ast.UnaryOp(operand=operand):
            return sub(operand)
    raise TypeError(f"a checked expression has no {type(node).__name__}")


def _binds(node: ast.expr) -> int:
    """How tightly an operator binds; what is no operator needs no brackets."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return 3
        case ast.BinOp():
            return 5
        case ast.Compare() | ast.BoolOp():
            return 1
    return 9


def _call(function: str, arguments: list[str], dictionary: Dictionary, language: str) -> str:
    template = _FUNCTIONS.get(function)
    if template is None:
        source = dictionary.sources[function].label.in_language(language)
        return f"{source}（{arguments[0]}）" if language == "zh" else f"{source} ({arguments[0]})"
    joined = ("、" if language == "zh" else ", ").join(arguments)
    return template.in_language(language).format(*arguments, all=joined)
