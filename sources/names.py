"""Names of places: how they are written in other ways, and how alike two of them are.

Two spellings are *the same* when they are equal after folding width, spaces, marks, variant and traditional characters and the
words for one kind of unit (村 = 村委会 = 村民委员会): that is a similarity of 1. Everything below is a suggestion to a person.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from sources.text import fold_name

MIN_SURE = 1.0
"""From this similarity on a name counts as the place's name; below it is only ever suggested."""
MIN_SUGGESTED = 0.6
"""From this similarity on a place is suggested: one character of three may be another one (2 / 3 are right)."""

_KINDS = (
    ("村民委员会", "村"), ("村委会", "村"), ("村委", "村"), ("行政村", "村"), ("村", "村"),
    ("社区居民委员会", "社区"), ("社区居委会", "社区"), ("居民委员会", "社区"), ("居委会", "社区"), ("社区", "社区"),
    ("街道办事处", "街道"), ("街道办", "街道"), ("街道", "街道"), ("镇人民政府", "镇"), ("镇政府", "镇"), ("镇", "镇"),
    ("乡人民政府", "乡"), ("乡政府", "乡"), ("乡", "乡"), ("里", "里"), ("区", "区"), ("县", "县"), ("市", "市"),
)  # fmt: skip
_VARIANTS = str.maketrans(
    "臺淸靑产囯圡沣窰峯逥囬槗舘菓栢岺啓亁巗壠亇邨汙嶋隣敎"
    "〇○Ｏ", "台清青产国土沣窑峰回回桥馆果柏岭启干岩垄个村污岛邻教" "零零零"
)  # fmt: skip
_SHAPES = (
    "己已巳 未末朱 土士 日曰目 大太犬 干千于 人入八 石右 全金泉 龙尤 木本术 王玉主 白百自 田由甲申 午牛 "
    "天夫 刀力 又叉双 云去 水永 北此 竹什 枫风 松忪 柳抑 梅海 桃挑 杏否 银根 鹤鹅 鹿麓 东乐 西四 溪奚 "
    "河何 桥娇 洲州 湾弯 塘糖 坡波 坪平 岭领 岗冈 庄压 堡保 园圆 沟勾 洋羊 阳陌"
)
_UNSEEN = "□■?？*＊�囗"
"""What stands where a character could not be shown; like the private-use area it may be any one character."""
_SIMPLE = re.compile(r"[\x00-\x7f]*")
_LIKELY, _SWAPPED = 0.4, 0.5
"""Cost of a character that sounds or looks like the right one or cannot be seen, and of two neighbours in wrong order; others cost 1."""
_NEAR_IN_SOUND = 8


@lru_cache(maxsize=65536)
def fold_place(name: str) -> str:
    """A name without width, spaces, marks, traditional and variant characters, with one word for each kind of unit."""
    plain = fold_name(name).translate(_VARIANTS)
    if _SIMPLE.fullmatch(plain) is None:
        plain = _to_simplified(plain)
    stem, kind = split_kind(plain)
    return stem + kind


def split_kind(folded: str) -> tuple[str, str]:
    """'罗阳村委会' → ('罗阳', '村'); a name that has no such ending, or nothing else, keeps itself and ''."""
    for ending, kind in _KINDS:
        if folded.endswith(ending) and len(folded) > len(ending):
            return folded.removesuffix(ending), kind
    return folded, ""


def has_unseen(name: str) -> bool:
    """Whether a character of the name is of the private-use area or a sign for one that could not be shown."""
    return any(_is_unseen(c) for c in name)


def similarity(written: str, registered: str) -> float:
    """How alike two names are, 0 to 1; 1 exactly when they are the same after folding.

    1 − edits ÷ length, where a character that sounds like the right one (its neighbour in GB 2312, which is in order of sound),
    looks like it, or cannot be seen costs 0.4, two neighbours in wrong order 0.5, and any other edit 1. The word for the kind of
    unit counts as one character; another kind under the same stem (罗阳社区 for 罗阳村) costs 0.15.
    """
    one, other = fold_place(written), fold_place(registered)
    if one == other:
        return 1.0 if one and not has_unseen(one) else 0.0
    (stem, kind), (stem2, kind2) = split_kind(one), split_kind(other)
    cost = _edits(stem, stem2)
    if kind != kind2:
        cost += 0.15 if stem == stem2 else 0.4
    length = max(len(stem), len(stem2)) + 1
    return max(0.0, min(0.99, 1.0 - cost / length))


def _edits(a: str, b: str) -> float:
    """Least cost of making `a` of `b`: insertions, deletions, substitutions, swaps of neighbours (optimal string alignment)."""
    before: list[float] = []
    row = [float(n) for n in range(len(b) + 1)]
    for i, x in enumerate(a, start=1):
        before, last, row = row, before, [float(i)]
        for j, y in enumerate(b, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + _cost(x, y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, last[j - 2] + _SWAPPED)
            row.append(best)
    return row[-1]


@lru_cache(maxsize=65536)
def _cost(x: str, y: str) -> float:
    if x == y and not _is_unseen(x):
        return 0.0
    if _is_unseen(x) or _is_unseen(y) or y in _look_alikes().get(x, ""):
        return _LIKELY
    at, other = _place_in_sound_order(x), _place_in_sound_order(y)
    return _LIKELY if at and other and abs(at - other) <= _NEAR_IN_SOUND else 1.0


def _place_in_sound_order(character: str) -> int:
    """Number of a character in GB 2312's first level, whose 3,755 characters stand in order of their pinyin; 0 elsewhere."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return 0
    return (code[0] - 0xB0) * 94 + code[1] - 0xA0 if len(code) == 2 and 0xB0 <= code[0] <= 0xD7 else 0


def _is_unseen(character: str) -> bool:
    return "\ue000" <= character <= "\uf8ff" or character >= "\U000f0000" or character in _UNSEEN


@cache
def _look_alikes() -> dict[str, str]:
    alike: dict[str, str] = {}
    for group in _SHAPES.split():
        for character in group:
            alike[character] = alike.get(character, "") + group
    return alike


@cache
def _converter() -> Any:
    import opencc  # only where a name is compared that is not written as the registry has it

    return opencc.OpenCC("t2s")


def _to_simplified(text: str) -> str:
    return str(_converter().convert(text))
