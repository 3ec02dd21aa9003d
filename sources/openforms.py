"""Number formats of an .ods, written as elements, → the codes that Excel would have for them (`sources.numberforms`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_STYLE, _NUMBER, _FO = (f"{{{_NS}{name}:1.0}}" for name in ("style", "datastyle", "xsl-fo-compatible"))
_DATES = frozenset((f"{_NUMBER}date-style", f"{_NUMBER}time-style"))
_KINDS = frozenset((*(f"{_NUMBER}{kind}-style" for kind in ("number", "currency", "percentage", "boolean", "text")), *_DATES))
_TRUTH, _DATE = '"TRUE";"TRUE";"FALSE"', "yyyy"
_MOST_PLACES = 30


def forms_in(trees: list[Any]) -> Mapping[str, str]:
    """The codes of all number formats of a file, by their name."""
    styles = {style.get(f"{_STYLE}name", ""): style for tree in trees for style in tree.iter() if style.tag in _KINDS}
    return {name: _code(style, styles) for name, style in styles.items()}


def _code(style: Any, styles: Mapping[str, Any]) -> str:
    if style.tag in _DATES:
        return _DATE
    if style.tag == f"{_NUMBER}boolean-style":
        return _TRUTH
    parts = []
    for chosen in style.iterfind(f"{_STYLE}map"):
        condition, other = chosen.get(f"{_STYLE}condition", ""), styles.get(chosen.get(f"{_STYLE}apply-style-name", ""))
        if condition.startswith("value()") and other is not None and other.tag not in _DATES:
            parts.append(f"[{condition.removeprefix('value()').replace('!=', '<>')}]{_tokens(other)}")
    return ";".join((*parts, _tokens(style)))


def _tokens(style: Any) -> str:
    return "".join(_token(part) for part in style if isinstance(part.tag, str))


def _token(part: Any) -> str:
    kind = part.tag.removeprefix(_NUMBER)
    if kind in ("text", "currency-symbol"):
        return _word(part.text or "")
    if kind == "number":
        return _places(part)
    if kind == "scientific-number":
        return "0.00E+00"
    if kind == "fraction":
        return "# ?/?"
    if kind == "text-content":
        return "@"
    return "[Red]" if part.get(f"{_FO}color") else ""


def _places(part: Any) -> str:
    """The places of a number, with the texts that stand between them."""
    whole = "0" * min(_count(part, "min-integer-digits"), _MOST_PLACES) or "#"
    inside = {_count(text, "position"): text.text or "" for text in part.iterfind(f"{_NUMBER}embedded-text")}
    for at in sorted(inside):
        whole = whole.rjust(at + 1, "#")
        whole = whole[: len(whole) - at] + _word(inside[at]) + whole[len(whole) - at :] if at else whole + _word(inside[at])
    decimals, scale = _count(part, "decimal-places"), part.get(f"{_NUMBER}display-factor") or "1"
    thousands = (len(scale.partition(".")[0]) - 1) // 3 if scale.replace(".", "").isdigit() else 0
    return whole + ("." + "0" * min(decimals, _MOST_PLACES) if decimals else "") + "," * thousands


def _word(text: str) -> str:
    return "".join(f'"{piece}"' for piece in text.split('"') if piece)


def _count(part: Any, name: str) -> int:
    text = part.get(f"{_NUMBER}{name}") or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
