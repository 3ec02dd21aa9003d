"""A cell of a web page: its text, what number stands behind a rounded one, and what of it is struck out or raised.

LibreOffice writes the number of a cell into `sdval`, Excel of 2000 to 2003 into `x:num`; what is shown may be rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from sources.doubts import Doubt, Run, doubt_of, quoted
from sources.numberforms import says
from sources.values import why_unreadable

Look = tuple[bool | None, bool | None]
"""Whether it strikes out, whether it raises or lowers; None: it says nothing."""

_STATED = ("x:num", "{urn:schemas-microsoft-com:office:excel}num", "sdval")
_STRIKES, _RAISES = frozenset(("s", "strike", "del")), frozenset(("sup", "sub"))
_FIELDS = frozenset(("input", "select", "textarea"))
_UNSEEN, _NO_TEXT = (
    frozenset(("script", "style", "template", "datalist")),
    frozenset(("hidden", "checkbox", "radio", "password", "file", "image")),
)
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_SELECTOR = re.compile(r"([a-z][\w-]*)?(?:\.([\w-]+))?", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


class PageLooks:
    """The styles of a page: rules for elements and classes, as far as they strike or raise."""

    def __init__(self, root: Any, sheets: str = "") -> None:
        self._rules: dict[tuple[str, str], Look] = {}
        text = sheets + "\n".join(style.text_content() for style in root.iter("style")) if root is not None else sheets
        if "line-through" in text or "super" in text or re.search(r"vertical-align\s*:\s*sub", text):
            for found in _RULE.finditer(_COMMENT.sub("", text)):
                look = _declared(found[2])
                for selector in found[1].split(",") if look != (None, None) else ():
                    if (simple := _SELECTOR.fullmatch(selector.strip())) is not None:
                        self._rules[(simple[1] or "").lower(), simple[2] or ""] = look

    def of(self, element: Any) -> Look:
        """What an element says of itself."""
        tag = element.tag
        struck: bool | None = True if tag in _STRIKES else None
        raised: bool | None = True if tag in _RAISES else None
        looks = [_declared(element.get("style") or "")]
        if self._rules:
            classes = (element.get("class") or "").split()
            looks += [look for name in ("", *classes) for t in ("", tag) if (look := self._rules.get((t, name))) is not None]
        for own in looks:
            struck, raised = (own[0] if struck is None else struck), (own[1] if raised is None else raised)
        return struck, raised


def _is_unseen(element: Any) -> bool:
    """Whether a browser shows nothing of an element."""
    if (
        element.tag in _UNSEEN
        or element.get("hidden") is not None
        or (element.tag == "input" and element.get("type", "").lower() in _NO_TEXT)
    ):
        return True
    return _NOT_SHOWN.search(element.get("style") or "") is not None


def _field(element: Any) -> str:
    """What a field of a page's form says: typed text, or what is chosen."""
    if element.tag == "input":
        return str(element.get("value") or "")
    if element.tag == "textarea":
        return str(element.text_content())
    options = list(element.iter("option"))
    return "".join(str(option.text_content()) for option in [o for o in options if o.get("selected") is not None] or options[:1])


def _declared(style: str) -> Look:
    if not style:
        return None, None
    text = style.lower()
    struck: bool | None = None
    raised: bool | None = None
    if "line-through" in text and re.search(r"text-(?:decoration(?:-line)?|line-through)\s*:[^;]*line-through", text):
        struck = True
    elif re.search(r"text-decoration(?:-line)?\s*:", text):
        struck = False
    if found := re.search(r"vertical-align\s*:\s*([\w-]+)", text):
        raised = found[1] in ("super", "sub") or None
    return struck, raised


def cell_of(cell: Any, looks: PageLooks) -> tuple[str, Doubt | None]:
    """What a cell says, and what is doubtful about it."""
    own = looks.of(cell)
    pieces = list(_pieces(cell, (bool(own[0]), False), looks))
    shown = _tidy("".join(text for text, _, _ in pieces))
    stated = next((str(value).strip() for name in _STATED if (value := cell.get(name))), "")
    if any(struck or raised for _, struck, raised in pieces) and (doubt := doubt_of(pieces)) is not None:
        return shown, doubt
    return _number(shown, stated) if stated else (shown, None)


def _number(shown: str, stated: str) -> tuple[str, Doubt | None]:
    """The number behind a text that is a number, perhaps a rounded one; a share or a date stays what is shown."""
    try:
        number = float(stated)
    except ValueError:
        return shown, None
    if says(shown, number):
        return stated, None
    if not isfinite(number) or why_unreadable(shown)[0] in ("date_cell", "share_cell") or (number == 0 and not _FIGURE.search(shown)):
        return shown, None  # a share, a date, or what stands for nought and says it in words
    return shown or stated, Doubt("shown_otherwise", {"shown": quoted(shown) or "—", "held": quoted(stated)})


def _tidy(text: str) -> str:
    text = text.translate(_CONTROLS)
    return "\n".join(_SPACE.sub(" ", part).replace("\xa0", " ").strip() for part in text.split("\n")).strip()


def _pieces(element: Any, look: tuple[bool, bool], looks: PageLooks) -> Iterator[Run]:
    """The pieces of an element's text; the tree is not written to, because a page may say &#1; and lxml takes that only from a page.

    What an element strikes out stays struck inside of it.
    """
    yield element.text or "", *look
    for part in element:
        if part.tag == "br":
            yield "\n", *look
        elif isinstance(part.tag, str) and _is_unseen(part):
            pass
        elif part.tag in _FIELDS:
            yield _field(part), *look
        elif isinstance(part.tag, str):  # no comment
            struck, raised = looks.of(part)
            inside = (look[0] or bool(struck), look[1] if raised is None else raised)
            yield from _pieces(part, inside, looks)
        yield part.tail or "", *look
