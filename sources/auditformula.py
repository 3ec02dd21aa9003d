"""The text of an office's rule (审核公式: 期末人口＝期初人口＋出生－死亡, 3栏≥4栏, 若A>0则B>0) → rules in our expression language.

Names are the dictionary's labels, aliases and codes, or symbols of the sheet's own legend (栏次, 代号). What is not understood whole is not
taken: half a formula would be another rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.faults import TwoTongued
from sources.text import fold

_RELATIONS = {"=": "eq", "<=": "le", ">=": "ge", "<": "lt", ">": "gt"}
_SIGNS = {
    **dict.fromkeys(("≥", "≧", ">=", "=>"), ">="),
    **dict.fromkeys(("≤", "≦", "<=", "=<"), "<="),
    **dict.fromkeys(("≠", "<>", "!="), "!="),
    **dict.fromkeys(("==", "="), "="),
    **dict.fromkeys(("→", "⇒", "=≫"), "then"),
    **{sign: sign for sign in "<>+*/(),|…"},
    **dict.fromkeys("-−–—", "-"),
    **dict.fromkeys("×✕", "*"),
    "÷": "/",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    ";": ",",
    **dict.fromkeys(("...", "……", ":", "~"), "…"),
    "∑": "sum",
    "&&": "and",
    "||": "or",
}
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SYMBOL = re.compile(r"(?:第)?\(?([0-9]{1,3}|[A-Za-z]{1,2}[0-9]{0,3}|[甲乙丙丁])\)?(?:栏|列|行|项)?")
_PLAIN_END = re.compile(r"[\s<>=≥≤≠≧≦+\-−–—×÷*/(),;:~|…\[\]{}!&→⇒]")
_NEVER_IN_NAMES = re.compile(r"[,;<>=≥≤≠≧≦+×÷*|…!&→⇒]")
_LONGEST_NAME = 40
_COMPARISONS = frozenset(("=", "<=", ">=", "<", ">", "!="))


class FormulaFault(TwoTongued):
    """A formula that cannot be taken; the message says which part of it and why."""


class TakenRule(NamedTuple):
    """One rule of a formula: expressions of the dictionary's language, and the relation between them ('eq', 'le', 'ge', 'lt', 'gt')."""

    observed: str
    relation: str
    expected: str
    when: str = ""


class _Token(NamedTuple):
    kind: str
    """'name', 'number', or the sign itself."""
    text: str


@dataclass(frozen=True)
class FormulaReader:
    """Reads formulas. names: folded label → name in expressions. symbols: a legend's symbol → name, in the order of the legend.

    words: what a word means (不小于 → '>='), longest first. endings: what may follow a name.
    """

    names: Mapping[str, str]
    symbols: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[tuple[str, str]] = ()
    endings: Sequence[str] = ()

    def read(self, text: str, condition: str = "") -> list[TakenRule]:
        """The rules of a formula; `condition`: that of a column of its own, under which alone it is asked.

        Raises:
            FormulaFault: it is not understood whole, or says nothing that can be checked.
        """
        premise, conclusion = _parted(self._tokens(text))
        when = [_Parser(tokens, self).condition() for tokens in (self._tokens(condition) if condition.strip() else [], premise) if tokens]
        rules = _Parser(conclusion, self).rules()
        joined = " and ".join(f"({part})" if " or " in part else part for part in when)
        return [rule._replace(when=joined) for rule in rules]

    def _tokens(self, text: str) -> list[_Token]:
        text = _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip().rstrip("。.;,")
        found: list[_Token] = []
        at = 0
        while at < len(text):
            if text[at] in " ，":
                at += 1
                continue
            token, at = self._token(text, at)
            found.append(token)
        if self.symbols and all(token.kind != "name" for token in found):
            found = _bare_symbols(found, self.symbols, text)
        return _without_dots(found, list(self.symbols.values()))

    def _token(self, text: str, at: int) -> tuple[_Token, int]:
        named = self._name(text, at)
        if named is not None:
            return _Token("name", named[0]), named[1]
        for size in (3, 2, 1):
            if (sign := _SIGNS.get(text[at : at + size])) is not None:
                return _Token(sign, text[at : at + size]), at + size
        for word, sign in self.words:
            if text[at : at + len(word)].lower() == word.lower():
                return _Token(sign, word), at + len(word)
        if (number := _NUMBER.match(text, at)) is not None:
            end = number.end()
            if (parts := {"%": 100, "‰": 1000}.get(text[end : end + 1])) is not None:
                return _Token("number", f"{float(number[0]) / parts:g}"), end + 1
            return _Token("number", number[0]), end
        rest = _PLAIN_END.split(text[at:])[0] or text[at]
        raise FormulaFault(f"“{rest}” is no indicator, concept or sign that is known", f"“{rest}”不是已知的指标、概念或符号")

    def _name(self, text: str, at: int) -> tuple[str, int] | None:
        """The longest name that begins here, and where it ends: before a sign, a word that means one, or the end."""
        for end in range(min(len(text), at + _LONGEST_NAME), at, -1):
            part = text[at:end]
            if part[-1] == " " or part.count("(") != part.count(")") or _NEVER_IN_NAMES.search(part) or not self._ends_here(text, end):
                continue
            if (name := self._known(part)) is not None:
                return name, end
        return None

    def _known(self, part: str) -> str | None:
        symbol = _SYMBOL.fullmatch(part)
        if symbol is not None and symbol[1] in self.symbols and not part.isdigit():
            return self.symbols[symbol[1]]
        if part[0] in "(-+|" or _NUMBER.fullmatch(part):
            return None
        folded = fold(part)
        if folded in self.names:
            return self.names[folded]
        ending = next((e for e in self.endings if folded.endswith(e) and folded.removesuffix(e) in self.names), None)
        return self.names[folded.removesuffix(ending)] if ending else None

    def _ends_here(self, text: str, end: int) -> bool:
        if end == len(text) or _PLAIN_END.match(text, end) or text[end] == "，":
            return True
        return any(text[end : end + len(word)].lower() == word.lower() for word, _ in self.words)


def _bare_symbols(tokens: list[_Token], symbols: Mapping[str, str], text: str) -> list[_Token]:
    """3=4+5 in a sheet with a legend: numbers are columns. Where one is multiplied or divided, it cannot be told which is a number."""
    if not any(token.text in symbols for token in tokens if token.kind == "number"):
        return tokens
    if any(token.kind in ("*", "/") for token in tokens):
        raise FormulaFault(
            f"“{text}”: which numbers are columns and which are figures cannot be told; write [3] for a column",
            f"“{text}”：分不清哪些是栏次、哪些是数；栏次请写成 [3]",
        )
    unknown = [t.text for t in tokens if t.kind == "number" and t.text not in symbols and float(t.text) != 0]
    if unknown:
        raise FormulaFault(f"“{unknown[0]}” is no column of the legend", f"图例里没有“{unknown[0]}”栏")
    return [_Token("name", symbols[t.text]) if t.kind == "number" and t.text in symbols else t for t in tokens]


def _without_dots(tokens: list[_Token], names: Sequence[str]) -> list[_Token]:
    """4+…+8, SUM(4:8): every column of the legend from one to the other, added up."""
    while (at := next((n for n, token in enumerate(tokens) if token.kind == "…"), None)) is not None:
        before, after = tokens[:at], tokens[at + 1 :]
        before, after = before[:-1] if before and before[-1].kind == "+" else before, after[1:] if after and after[0].kind == "+" else after
        ends = [token.text for token in (*before[-1:], *after[:1]) if token.kind == "name" and token.text in names]
        if len(ends) < 2 or names.index(ends[0]) >= names.index(ends[1]):
            raise FormulaFault("dots stand between no two columns of the legend", "省略号两边不是图例里先后的两栏")
        between = names[names.index(ends[0]) + 1 : names.index(ends[1])]
        tokens = [*before, *(t for name in between for t in (_Token("+", "+"), _Token("name", name))), _Token("+", "+"), *after]
    return tokens


def _parted(tokens: list[_Token]) -> tuple[list[_Token], list[_Token]]:
    """The premise and the conclusion of 若…则…, IF(…, …), …→…; no premise where the formula has none."""
    begins = tokens[0].kind == "if" if tokens else False
    rest = tokens[1:] if begins else tokens
    at = next((n for n, token in enumerate(rest) if token.kind == "then"), None)
    if at is None and begins:
        if rest and rest[0].kind == "(" and rest[-1].kind == ")":
            rest = rest[1:-1]
        at = _comma(rest)
    if at is None:
        if begins:
            raise FormulaFault("a condition without what follows from it (若 … 则 …)", "只有条件，没有结论（若……则……）")
        return [], tokens
    premise, conclusion = rest[:at], rest[at + 1 :]
    while conclusion and conclusion[0].kind in (",", "then"):
        conclusion = conclusion[1:]
    while premise and premise[-1].kind == ",":
        premise = premise[:-1]
    return premise, conclusion


def _comma(tokens: Sequence[_Token]) -> int | None:
    depth = 0
    for n, token in enumerate(tokens):
        depth += (token.kind == "(") - (token.kind == ")")
        if token.kind == "," and depth == 0:
            return n
    return None


class _Parser:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, tokens: Sequence[_Token], reader: FormulaReader) -> None:
        self._tokens, self._at, self._reader = list(tokens), 0, reader

    def rules(self) -> list[TakenRule]:
        """Comparisons joined by 'and' are rules each; joined by 'or' they are one, which must be true."""
        start = self._at
        found: list[TakenRule] = []
        while True:
            chain, signs = self._chain()
            if not signs:
                raise FormulaFault("nothing is compared: a formula needs =, ≥, ≤, > or <", "没有比较：公式里要有 =、≥、≤、> 或 <")
            found += [self._rule(a, sign, b) for a, sign, b in zip(chain, signs, chain[1:], strict=False)]
            if self._take("and", ","):
                continue
            break
        if self._peek() == "or":
            self._at = start
            found = [TakenRule(self.condition(), "eq", "1")]
        self._end()
        return found

    def condition(self) -> str:
        """The whole as one condition."""
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        self._end()
        return " or ".join(f"({part})" if " and " in part and len(parts) > 1 else part for part in parts)

    def _all(self) -> str:
        parts = []
        while True:
            chain, signs = self._chain()
            if not signs:
                raise FormulaFault("a condition compares nothing", "条件里没有比较")
            parts += [f"{a} {'==' if sign == '=' else sign} {b}" for a, sign, b in zip(chain, signs, chain[1:], strict=False)]
            if not self._take("and", ","):
                return " and ".join(parts)

    def _rule(self, a: str, sign: str, b: str) -> TakenRule:
        if sign == "!=":
            return TakenRule(f"{a} != {b}", "eq", "1")
        if _is_number(a) and not _is_number(b):  # 0 < 出生
            a, b, sign = b, a, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
        return TakenRule(a, _RELATIONS[sign], b)

    def _chain(self) -> tuple[list[str], list[str]]:
        terms, signs = [self._sum()], []
        while self._peek() in _COMPARISONS:
            signs.append(self._next().kind)
            terms.append(self._sum())
        return terms, signs

    def _sum(self) -> str:
        sign = "-" if self._take("-") else ""
        self._take("+")
        made = f"{sign}{self._product()}"
        while self._peek() in ("+", "-"):
            made += f" {self._next().kind} {self._product()}"
        return made

    def _product(self) -> str:
        made = self._atom()
        while self._peek() in ("*", "/"):
            made += f" {self._next().kind} {self._atom()}"
        return made

    def _atom(self) -> str:
        token = self._next()
        match token.kind:
            case "name":
                return token.text
            case "number":
                return token.text
            case "now":
                return self._atom()
            case "previous" | "last_year":
                function = "previous" if token.kind == "previous" else "same_month_last_year"
                return f"{function}({self._atom()})"
            case "(":
                inside = self._sum()
                self._expect(")")
                return inside if inside.isidentifier() else f"({inside})"
            case "|":
                inside = self._sum()
                self._expect("|")
                return f"abs({inside})"
            case "sum" | "abs" | "max" | "min":
                return self._call(token.kind)
            case "-":
                return f"-{self._atom()}"
        raise FormulaFault(f"“{token.text}” stands where an indicator or a number should", f"“{token.text}”处应为指标或数字")

    def _call(self, function: str) -> str:
        self._expect("(")
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        self._expect(")")
        return f"({' + '.join(arguments)})" if function == "sum" else f"{function}({', '.join(arguments)})"

    def _peek(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise FormulaFault("the formula ends too early", "公式没有写完")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *kinds: str) -> bool:
        if self._peek() in kinds and self._peek():
            self._at += 1
            return True
        return False

    def _expect(self, kind: str) -> None:
        if not self._take(kind):
            seen = self._tokens[self._at].text if self._at < len(self._tokens) else "…"
            raise FormulaFault(f"“{kind}” is missing before “{seen}”", f"“{seen}”前缺少“{kind}”")

    def _end(self) -> None:
        if self._at < len(self._tokens):
            rest = "".join(token.text for token in self._tokens[self._at :])
            raise FormulaFault(f"“{rest}” is left over", f"多出“{rest}”")


def _is_number(expression: str) -> bool:
    return _NUMBER.fullmatch(expression.lstrip("-")) is not None
