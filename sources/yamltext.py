"""Texts as they may stand in a YAML file that a person will read."""

from __future__ import annotations

import json


def quoted(text: str) -> str:
    """A text as YAML takes it whatever is in it: JSON is YAML."""
    return json.dumps(text, ensure_ascii=False)


def one_line(text: str) -> str:
    """A text for a comment: line breaks and control characters become spaces."""
    return "".join(c if c.isprintable() else " " for c in text)
