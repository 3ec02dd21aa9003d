"""Faults of a dictionary that cannot be loaded: which file and entry, what is wrong and what to do, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class LoadFault(NamedTuple):
    """`where`: file and entry, 'mine.yaml: rules “x”'; en, zh: what is wrong, with the remedy."""

    where: str
    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """One line."""
        text = self.zh if language == "zh" else self.en
        return f"{self.where}: {text}" if self.where else text


class TwoTongued(ValueError):
    """An error that is told in both languages; its own text is English."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


class DictionaryError(ValueError):
    """The dictionary cannot be used. Its text has one line a fault."""

    def __init__(self, faults: Sequence[LoadFault]) -> None:
        super().__init__("\n".join(fault.in_language("en") for fault in faults))
        self.faults = tuple(faults)


_INVALID: Mapping[str, str] = {
    "string_type": "应为文字",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数",
    "float_parsing": "应为数",
    "bool_parsing": "应为 true 或 false",
    "tuple_type": "应为列表",
    "dict_type": "应为键值对照",
    "model_type": "应为键值对照",
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "string_pattern_mismatch": "不合格式 {pattern}",
    "greater_than_equal": "应大于或等于 {ge}",
    "greater_than": "应大于 {gt}",
    "less_than_equal": "应小于或等于 {le}",
    "less_than": "应小于 {lt}",
    "literal_error": "只能是 {expected}",
    "too_short": "至少要有 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "value_error": "不合要求（{error}）",
    "finite_number": "应为有限的数",
}


def invalid_in_chinese(item: Mapping[str, Any]) -> str:
    """What pydantic says of one key, in Chinese; its own words where the kind of error has none here."""
    context = {name: str(value).replace(" or ", " 或 ") for name, value in (item.get("ctx") or {}).items()}
    return _INVALID.get(str(item["type"]), "不合要求（{msg}）").format_map({**context, "msg": item["msg"]})
