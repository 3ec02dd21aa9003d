"""How labels, headings, heads and titles are worded: changes to what names a figure, never to what it is."""

from __future__ import annotations

import re
from random import Random

from tests.dialects.grid import Book, Cell
from tests.dialects.words import DICTIONARY, english, names, wide

_LABELS = ("label", "member", "header", "key")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMBERINGS = ("{}.", "{}、", "（{}）", "({})", "{}．")
_CHINESE = "一二三四五六七八九十"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def _labels(book: Book, *roles: str) -> list[Cell]:
    return [c for c in book.cells(*(roles or _LABELS)) if isinstance(c.content, str) and c.content and not c.code.startswith("total:")]


def aliases(book: Book, rng: Random) -> None:
    """Other names that the dictionary knows: 月末人口, 一胎, 总户数, 填报单位."""
    for cell in _labels(book, *_LABELS, "head"):
        if cell.code and rng.random() < 0.7:
            unit = re.search(r"（[万千]?[人元]）$", str(cell.content))
            cell.content = rng.choice(names(cell.code)) + (unit[0] if unit else "")


def spaced_labels(book: Book, rng: Random) -> None:
    """出 生, 户　数."""
    for cell in _labels(book, *_LABELS, "head"):
        text = str(cell.content)
        if len(text) <= 6 and _HAN.search(text) and rng.random() < 0.8:
            cell.content = rng.choice((" ", "\u3000", "  ")).join(text)


def upright_labels(book: Book, rng: Random) -> None:
    """Vertical text: 出\\n生, with a line break after every character or two."""
    for cell in _labels(book):
        text = str(cell.content)
        if _HAN.search(text) and rng.random() < 0.8:
            step = 1 if len(text) <= 6 else 2
            cell.content = rng.choice(("\n", "\r\n")).join(text[n : n + step] for n in range(0, len(text), step))


def bilingual_labels(book: Book, rng: Random) -> None:
    """出生 Births, Births/出生 in two lines, 出生(Births)."""
    how = rng.choice(("{zh} {en}", "{zh}\n{en}", "{en}\n{zh}", "{zh}（{en}）", "{zh} / {en}"))
    for cell in _labels(book, *_LABELS, "head"):
        if cell.code and (en := english(cell.code)):
            cell.content = how.format(zh=cell.content, en=en)


def numbered_labels(book: Book, rng: Random) -> None:
    """1.出生, （二）死亡, ③迁入; 其中：男."""
    how = rng.choice((*_NUMBERINGS, "circled", "chinese"))
    for number, cell in enumerate(_labels(book, "label"), start=1):
        text = str(cell.content)
        if how == "circled":
            cell.content = f"{_CIRCLED[number % 20]}{text}"
        elif how == "chinese":
            cell.content = f"{_CHINESE[number % 10]}、{text}"
        elif not text[0].isdigit():
            cell.content = how.format(number) + text
    for cell in _labels(book, "member"):
        if not cell.code.endswith(":") and not str(cell.content).startswith("其中") and rng.random() < 0.5:
            cell.content = f"其中：{cell.content}"


def marked_labels(book: Book, rng: Random) -> None:
    """出生：, 死亡*, 【迁入】, ※迁出, “流入人口”."""
    for cell in _labels(book):
        if rng.random() < 0.7:
            cell.content = rng.choice(("{}：", "{}*", "【{}】", "※{}", "{} :", "★{}", "“{}”", "{}＊")).format(cell.content)


def wide_labels(book: Book, rng: Random) -> None:
    """Full-width figures and half-width brackets: ０—１４岁, 出生(男); dashes of every kind: 0-14岁, 0～14岁."""
    for cell in _labels(book, *_LABELS, "head"):
        text = str(cell.content).replace("（", "(").replace("）", ")") if rng.random() < 0.5 else str(cell.content)
        text = re.sub(r"(?<=\d)[—–-](?=\d)", rng.choice("—-–~～－"), text)
        cell.content = re.sub(r"\d+", lambda m: wide(m[0]), text) if rng.random() < 0.6 else text


def units_behind_labels(book: Book, rng: Random) -> None:
    """出生（人）, 期末户数（户）, 发放金额(元)."""
    for cell in _labels(book):
        if cell.code in DICTIONARY.indicators:
            unit = DICTIONARY.indicators[cell.code].unit.label.zh
        elif cell.code == "benefit:amount":
            unit = "元"
        elif cell.code in DICTIONARY.concepts and DICTIONARY.concepts[cell.code].unit:
            unit = DICTIONARY.indicators_of(cell.code)[0].unit.label.zh
        else:
            continue
        cell.content = rng.choice(("{}（{}）", "{}({})", "{}（单位：{}）", "{}，{}", "{} （{}）")).format(cell.content, unit)


def rich_text(book: Book, rng: Random) -> None:
    """Characters of a label or of a figure's text in another look: one cell in two runs."""
    for cell in book.cells():
        if cell.figure is not None and cell.figure.state == "R" and type(cell.content) is float and rng.random() < 0.5:
            cell.content = f"{cell.content:.0f}" if cell.content % 1 == 0 else repr(cell.content)
        if isinstance(cell.content, str) and len(cell.content) > 1 and cell.role and not cell.form:
            cell.form = "rich"
