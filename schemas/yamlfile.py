"""A YAML file as it is written: a key that stands twice in one mapping is an error, for the first would be lost without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """The safe loader, which takes every key of a mapping once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key “{key.value}” stands twice", key.start_mark)
            seen.add(name)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return made


def read_yaml(path: Path) -> Any:
    """The file's content; yaml.YAMLError where it is none, or has a key twice in one mapping."""
    return yaml.load(path.read_text("utf-8"), Loader=_Loader)
