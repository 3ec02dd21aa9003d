"""What a sheet's name, a file's name and its folders say of place and month. Evidence beside the head cells, never instead of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from sources.gazetteer import Gazetteer
from sources.months import parse_month
from sources.text import chinese_number, fold_name

_DAY = re.compile(r"(?<!\d)(?:(?:19|20)\d{2}(?:[01]\d[0-3]\d|\s*[-/._年]\s*\d{1,2}\s*[-/._月]\s*\d{1,2}(?!\d)日?)|\d{1,2}月\d{1,2}[日号])")
_YEAR_MONTH = re.compile(
    r"((?:19|20)\d{2}|[〇○零一二三四五六七八九]{4}|民国\d{2,3}|(?<!\d)1\d{2}(?=年))\s*[-/._年]?\s*(?:度|第)?\s*(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])(?!\d|[季\u5e74])(?:\s*月份?)?"
)
_MONTH_ONLY = re.compile(r"(?<![\d年])(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s*月份?(?![\d日号])")
_SPAN = re.compile(r"\d{1,2}\s*月?\s*(?:[-–—~至到])\s*\d{1,2}\s*月|季度|上半年|下半年|全年")
_CODE = re.compile(r"(?<!\d)(?:\d{12}|\d{9}|\d{6})(?!\d)")
_FIGURE = re.compile(r"[\d月]")
_LONG = re.compile(r"\d{9,}")
_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_LEADING = re.compile(
    r"(?:关于|报送|上报|报|月报表|月报|报表|汇总表|汇总|统计表|统计|村级|各村|人口|家庭|服务|计生|卫健|副本|修改|更正|改正|最终|最新|新版|定稿|"
    r"重报|补报|份|年度|年|月|日|号|度|第|表|的|本|省|市|等)"
)
_LIKE_A_MONTH = re.compile(r"^[〇零一二三四五六七八九十\d]|月")
"""Names of places (十月村, 五月社区, 三八村, 七一街道) in which, or behind a year (2024三八村), a month could be seen."""
_PRIVATE = 0xE000
_TRAILING = re.compile(rf"{_LEADING.pattern}+$")


class Claim(NamedTuple):
    """What one name says. `says`: the words, '' when it says nothing of a place; places: codes of the registry by those words."""

    says: str = ""
    villages: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    month: str = ""

    @property
    def is_about_a_place(self) -> bool:
        """Whether any place of the registry is named."""
        return bool(self.villages or self.above)


NOTHING = Claim()


class ClaimReader:
    """Reads names of sheets, files and folders; the same name is understood once.

    Args:
        gazetteer: the registry in force.
        month: the month that the files were sent for, by which a month without a year is understood.
    """

    def __init__(self, gazetteer: Gazetteer, month: str) -> None:
        self._gazetteer, self._month = gazetteer, month
        self._known: dict[str, Claim] = {}
        self._longest: dict[str, int] = {}
        for name in gazetteer.by_name:
            if len(name) > 1:
                self._longest[name[0]] = max(self._longest.get(name[0], 0), len(name))
        like_months = sorted((name for name in gazetteer.by_name if _LIKE_A_MONTH.search(name)), key=len, reverse=True)
        self._like_months = re.compile(f"(?:{'|'.join(map(re.escape, like_months))})(?![级务])") if like_months else None

    def of_file(self, path: str) -> Claim:
        """What the last component of a path says, its ending left out."""
        name = path[path.rfind("/") + 1 :]
        dot = name.rfind(".")
        return self.read(name[:dot] if dot > 0 and len(name) - dot <= 6 else name)

    def of_folder(self, path: str) -> Claim:
        """What the nearest folder (or bundle) that names a place says; a month's own folder says nothing of places."""
        folders = path.split("/")[:-1]
        for folder in reversed(folders):
            name = folder.removesuffix("!")
            dot = name.rfind(".") if folder.endswith("!") else 0
            claim = self.read(name[:dot] if dot > 0 else name)
            if claim.is_about_a_place:
                return claim
        return NOTHING

    def read(self, name: str) -> Claim:
        """What a name says; `NOTHING` for names such as Sheet1."""
        claim = self._known.get(name)
        if claim is None:
            claim = self._known[name] = self._read(name)
        return claim

    def _read(self, name: str) -> Claim:
        is_ascii = name.isascii()
        text = name if is_ascii else unicodedata.normalize("NFKC", name)
        has_figures = _FIGURE.search(text) is not None
        if not has_figures and is_ascii:
            return NOTHING
        g, said, codes = self._gazetteer, [], []
        for code in _CODE.findall(text):
            if code in g.name:
                said.append(code)
                codes.append(code)
        month = ""
        if has_figures:
            names: list[str] = []
            if self._like_months is not None and not is_ascii:
                text = self._like_months.sub(lambda found: _hidden(found[0], names), text)
            text = _DAY.sub(" ", text)
            month = self._month_in(text)
            text = "" if is_ascii else _MONTH_ONLY.sub(" ", _YEAR_MONTH.sub(" ", text))
            for n, hidden in enumerate(names):
                text = text.replace(chr(_PRIVATE + n), hidden)
        for run in _RUN.findall(text):
            for words, found in self._places_in(run):
                said.append(words)
                codes += found
        villages = frozenset(c for c in codes if g.level[c] == "village")
        return Claim("".join(said), villages, frozenset(codes) - villages, month)

    def _places_in(self, run: str) -> Iterator[tuple[str, list[str]]]:
        """Registered names that stand in a run of characters, the longest at each place; none begins inside an unknown word."""
        by_name, at, n, is_start = self._gazetteer.by_name, 0, 0, True
        folded = fold_name(run)
        while at < len(folded):
            if is_start:
                for length in range(min(self._longest.get(folded[at], 0), len(folded) - at), 1, -1):
                    words = folded[at : at + length]
                    if words in by_name:
                        yield run[at : at + length] if len(run) == len(folded) else words, by_name[words]
                        at, n = at + length, n + 1
                        break
                else:
                    filler = _LEADING.match(folded, at)
                    is_start = filler is not None
                    at = filler.end() if filler is not None else at + 1
                continue
            filler = _LEADING.match(folded, at)
            at, is_start = (filler.end(), True) if filler is not None else (at + 1, False)
        if not n and len(stem := _TRAILING.sub("", folded)) > 1 and stem in self._gazetteer.by_stem:
            yield stem, self._gazetteer.by_stem[stem]

    def _month_in(self, text: str) -> str:
        """The month a name states; a full date is taken for the day of sending and a span names no month."""
        if not text.isascii() and _SPAN.search(text):  # a span is named with 月 or another character
            return ""
        text = _LONG.sub(" ", text)
        if (found := _YEAR_MONTH.search(text)) is not None:
            if len(found[1]) == 4 and found[1].isdecimal() and found[2].isdecimal():
                return f"{found[1]}-{int(found[2]):02d}"
            return parse_month(found[0] if found[0].endswith(("月", "份")) else f"{found[1]}年{found[2]}月")
        if "月" in text and (found := _MONTH_ONLY.search(text)) is not None:
            number = int(found[1]) if found[1].isdecimal() else (chinese_number(found[1]) or 0)
            return _nearest(number, self._month)
        return ""


def _nearest(number: int, month: str) -> str:
    """The month of that number that is nearest to `month`: 12 beside 2024-01 is 2023-12."""
    year, at = int(month[:4]), int(month[5:])
    year += (number - at < -6) - (number - at > 6)
    return f"{year:04d}-{number:02d}" if 1 <= number <= 12 else ""


def _hidden(name: str, names: list[str]) -> str:
    """A sign that stands for a name while months are looked for."""
    names.append(name)
    return chr(_PRIVATE + len(names) - 1)
