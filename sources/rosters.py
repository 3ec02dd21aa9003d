"""Whether a table is a list of persons: by the numbers in its columns, by its headings and what stands below them.

A name alone is nobody's list: clerks sign their forms. Runs only where something was suspected, so it may look at every cell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sources.identity import (
    are_identities,
    is_bank_card,
    is_foreign_resident,
    is_old_number,
    is_rounded_identity,
    looks_like_identity,
    masked_in,
    numbers_in,
    other_identities,
    phone_of,
)
from sources.text import fold

FEW = 3
"""One or two telephone numbers are the office's; three are a list. So with numbers that have no check digit."""
_LONGEST_HEADING = 24
_SIGNERS = 6
"""Those who sign a form (filled by, checked by, head of office, each perhaps twice) may leave their telephone numbers at its foot."""

_OFFICIAL = re.compile(
    "填表|填报|填報|制表|製表|审核|審核|复核|经办|報送|报送|负责|負責|联系人|聯絡人|承辦|统计员|统计人|书记|主任|会计|专干|干部|值班"
)
_IDENTITY = re.compile(
    "身份[证証證]|身分[证証證]|公民身份|身份号码|[证證証]件号|[证證証]件號|id(?:card|number|no)|居留证号|护照号|社会保障号|社保号"
)
_CODE = re.compile(
    "编号|編號|代码|代碼|编码|文号|单号|流水|批次|批号|序列|条码|订单|档案号|案号|合同|发票|凭证|票号|serial|code|order|batch|invoice", re.I
)
_BIRTH = re.compile("出生(?:日期|年月|时间)|生日|dateofbirth|birth(?:date|day)")
_ABOUT = re.compile(
    "^(?:性别|性別|sex|gender)$|户主关系|戶主關係|家庭关系|^关系$|^年龄$|^年齡$|^民族$|住址|地址|居住地|电话|電話|手机|手機|联系方式|婚姻状况|文化程度|^学历$"
    "|政治面貌|^职业$|卡号|账号|帐号|帳號|孕周|预产期|末次月经|分娩日期|死亡日期|死亡原因|残疾|诊断|签字|签名|签领|^金额|发放金额|^孩次$|^age$|phone|mobile|address"
)
_BANK = re.compile("银行|銀行|卡号|账号|帐号|帳號|账户|一卡通")
_NAME_WORD = re.compile("姓名|氏名|^名字$|^(?:户主|戶主)$|^(?:full)?name$")
_NAME = re.compile(
    r"[\u3400-\u9fff]{2,6}|[\u3400-\u9fff]{1,8}(?:[·•・．][\u3400-\u9fff]{1,8}){1,3}|[A-Z][A-Za-z'-]+(?: [A-Z][A-Za-z'-]*){1,3}"
)
_NO_NAME = re.compile(
    "计$|計$|^[总其本上]|[村镇鎮乡鄉县縣市区區省里组組]$|社区|街道|居委|单位|日期|姓名|备注|性别|人数|户数|无$|名称|以[上下]"
)
_RELATIONS = frozenset(
    re.findall(
        r"\w+",
        "户主 戶主 本人 妻 妻子 夫 丈夫 配偶 子 女 儿子 女儿 长子 次子 三子 长女 次女 三女 长媳 之子 之女 之妻 父 母 父亲 母亲 儿媳 女婿 "
        "孙子 孙女 外孙 外孙女 祖父 祖母 岳父 岳母 公公 婆婆 兄 弟 姐 妹 独生子 独生女 养子 养女 继子 继女 長子 長女",
    )
)
_RARE = "姓妻氏戶偶身证証證主*＊"
_WORDS = re.compile(r"姓\s*名|氏\s*名|[户戶]\s*主|身\s*[份分]|[证証證]\s*件?\s*[号號]|妻|配偶|[*＊]{3}|\n(?:Full )?name\n", re.IGNORECASE)


def is_suspicious(text: str) -> bool:
    """Whether a text has a word without which no heading and no roster of ours is there. A cell is a line of its own.

    Single characters are looked for first: that costs a tenth of looking for words.
    """
    return (_has_any(text, _RARE) or "ame\n" in text or "AME\n" in text) and _WORDS.search(text) is not None


def _has_any(text: str, characters: str) -> bool:
    """Whether one of some characters is in a text. A plain loop: twice as fast as a generator, for what every file has."""
    for character in characters:  # noqa: SIM110
        if character in text:
            return True
    return False


class Cell(NamedTuple):
    """A filled cell."""

    row: int
    column: int
    value: Any
    folded: str


def has_persons(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether a table (rows of text and number cells) has rows about persons."""
    cells = [
        Cell(r, c, value, fold(value) if type(value) is str and len(value) <= _LONGEST_HEADING else "")
        for r, row in enumerate(rows)
        for c, value in enumerate(row)
        if value and type(value) in (str, float, int)
    ]
    return _has_person_headings(cells) or _has_household(cells) or _Numbers(cells).are_of_persons()


def texts_have_persons(texts: Iterable[str]) -> bool:
    """The same for texts that stand in no table: comments, properties, names, text boxes. Lines are rows."""
    lines = [line for text in texts for line in text.splitlines()]
    if has_persons([[line] for line in lines]):
        return True
    headings = {fold(line) for line in lines if len(line) <= _LONGEST_HEADING}
    if not any(map(_is_name_heading, headings)):
        return False
    said = sum(any(map(pattern.search, headings)) for pattern in (_IDENTITY, _BIRTH, _ABOUT))
    return said >= (1 if any(map(_IDENTITY.search, headings)) else 2) and sum(map(_is_name, lines)) >= 2


class _Numbers:
    """The long numbers of a table, by column: a column of codes is judged as a column, not number by number."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.candidates: dict[int, set[str]] = defaultdict(set)
        self.olds: dict[int, set[str]] = defaultdict(set)
        self.rounded: dict[int, set[float]] = defaultdict(set)
        self.phones: dict[int, set[str]] = defaultdict(set)
        self.number_phones: dict[int, set[float]] = defaultdict(set)
        self.of_15: dict[int, int] = defaultdict(int)
        self.long: dict[int, int] = defaultdict(int)
        self.large: dict[int, int] = defaultdict(int)
        self.signed: set[str] = set()
        self.cards: set[str] = set()
        self.card_like: set[str] = set()
        self.foreign: set[str] = set()
        self.others: set[str] = set()
        self.masked: set[str] = set()
        self.identity_columns: set[int] = set()
        self.code_columns: set[int] = set()
        self.has_names = self.has_bank = False
        self._official_rows = {cell.row for cell in cells if type(cell.value) is str and _OFFICIAL.search(cell.value)}
        left: Cell | None = None
        for cell in cells:
            beside = left.value if left is not None and left.row == cell.row and type(left.value) is str else ""
            if type(cell.value) is str:
                self._text(cell, beside)
            else:
                self._number(cell, beside)
            left = cell

    def _text(self, cell: Cell, beside: str) -> None:
        text, column = cell.value, cell.column
        self._words(text, column, cell.folded)
        self.masked.update(masked_in(text))
        self.others.update(other_identities(text))
        before = len(self.candidates[column]) + len(self.olds[column])
        for number in numbers_in(text):
            if (phone := phone_of(number)) is not None:
                (self.signed if cell.row in self._official_rows else self.phones[column]).add(phone)
            elif looks_like_identity(number):
                self.candidates[column].add(number)
            elif len(number) == 15 and number.isdecimal():
                self.of_15[column] += 1
                if is_old_number(number):
                    self.olds[column].add(number)
            elif is_foreign_resident(number):
                self.foreign.add(number)
            if 16 <= len(number) <= 19 and number.startswith("62"):
                self.card_like.add(number)
                if is_bank_card(number):
                    self.cards.add(number)
        if len(self.candidates[column]) + len(self.olds[column]) > before:
            self._words(beside, column, fold(beside) if beside else "")

    def _number(self, cell: Cell, beside: str) -> None:
        number, column = float(cell.value), cell.column
        if number < 1e6 or number != int(number):
            return
        self.large[column] += 1
        if number >= 1e17:
            self.long[column] += 1
            if is_rounded_identity(number):
                self.rounded[column].add(number)
                self._words(beside, column, fold(beside) if beside else "")
        elif number >= 1e14:
            self.of_15[column] += 1
            if is_old_number(str(int(number))):
                self.olds[column].add(str(int(number)))
        elif phone_of(str(int(number))) is not None:
            if cell.row in self._official_rows:
                self.signed.add(str(int(number)))
            else:
                self.number_phones[column].add(number)

    def _words(self, text: str, column: int, folded: str) -> None:
        if _IDENTITY.search(folded or text.replace(" ", "").lower()):
            self.identity_columns.add(column)
        elif _CODE.search(text):
            self.code_columns.add(column)
        if folded and _is_name_heading(folded):
            self.has_names = True
        if _BANK.search(text):
            self.has_bank = True

    def are_of_persons(self) -> bool:
        return self._has_identities() or self._has_unchecked() or self._has_phones() or self._has_company()

    def _has_identities(self) -> bool:
        speaks = bool(self.identity_columns) or self.has_names
        return any(
            are_identities(found, under_identity=c in self.identity_columns, under_code=c in self.code_columns and not speaks)
            for c, found in self.candidates.items()
            if found
        )

    def _has_unchecked(self) -> bool:
        """Old numbers and rounded ones have no check digit: several in a column that is mostly such, or the word beside them."""
        for found, among in ((self.olds, self.of_15), (self.rounded, self.long)):
            for c, numbers in found.items():
                if numbers and (c in self.identity_columns or (self.has_names and 2 * len(numbers) >= among[c])):
                    return True
                if len(numbers) >= FEW and 2 * len(numbers) >= among[c] and c not in self.code_columns:
                    return True
        return False

    def _has_phones(self) -> bool:
        listed = {p for c, phones in self.phones.items() if c not in self.code_columns for p in phones}
        for c, numbers in self.number_phones.items():
            amounts = sum(n % 10_000 == 0 for n in numbers)
            if c not in self.code_columns and 2 * len(numbers) >= self.large[c] and 2 * amounts < len(numbers):
                listed |= {str(int(n))[-11:] for n in numbers}
        if len(self.signed) > _SIGNERS:
            listed |= self.signed
        are_serials = len(listed) > 1 and max(map(int, listed), default=0) - min(map(int, listed), default=0) < 4 * len(listed)
        return len(listed) >= FEW and not are_serials

    def _has_company(self) -> bool:
        """Numbers that count only beside names: bank cards, masked numbers, identity cards of other places."""
        if self.foreign and (self.has_names or self.identity_columns):
            return True
        if self.has_names and (len(self.others) >= FEW or self.masked):
            return True
        if len(self.masked) >= FEW:
            return True
        are_cards = 2 * len(self.cards) >= len(self.card_like)
        return are_cards and len(self.cards) >= (2 if self.has_names else FEW) and (self.has_names or self.has_bank)


def _is_name_heading(folded: str) -> bool:
    return _NAME_WORD.search(folded) is not None and _OFFICIAL.search(folded) is None and len(folded) <= 16


def _is_name(value: Any) -> bool:
    if type(value) is not str or len(value) > 40:
        return False
    text = value.replace(" ", "").replace("\u3000", "") if not value.isascii() else value.strip()
    return _NAME.fullmatch(text) is not None and _NO_NAME.search(text) is None


def _has_person_headings(cells: Sequence[Cell]) -> bool:
    """A heading for names with names below it, beside a heading for identity numbers or for something else about a person.

    An empty list is nobody's: with a heading for identity numbers one filled row is enough, otherwise two.
    """
    names = [cell for cell in cells if cell.folded and _is_name_heading(cell.folded)]
    if not names:
        return False
    official = {cell.row for cell in cells if type(cell.value) is str and _OFFICIAL.search(cell.value)}
    grid = {(cell.row, cell.column): cell.value for cell in cells}
    last = max(cell.row for cell in cells)
    others = [
        cell
        for cell in cells
        if cell.folded and (_IDENTITY.search(cell.folded) or _BIRTH.search(cell.folded) or _ABOUT.search(cell.folded))
    ]
    for name in names:
        near = [cell for cell in others if abs(cell.row - name.row) <= 2]
        if not near:
            continue
        top = max(name.row, *(cell.row for cell in near))
        below = [r for r in range(top + 1, last + 1) if r not in official and _is_name(grid.get((r, name.column)))]
        ids = [cell for cell in near if _IDENTITY.search(cell.folded)]
        if ids and any((r, cell.column) in grid for cell in ids for r in below):
            return True
        if len(below) >= 2 and any(cell.column != name.column or _IDENTITY.search(cell.folded) for cell in near):
            return True
        if ids and _is_name(grid.get((name.row, name.column + 1))) and any(_is_long(grid.get((i.row, i.column + 1))) for i in ids):
            return True  # a card: the words at the left, the person at the right
    return False


def _is_long(value: Any) -> bool:
    return sum(c.isdigit() or c in "*＊Xx" for c in str(value)) >= 8


def _has_household(cells: Sequence[Cell]) -> bool:
    """A column of relations (户主, 妻, 长子 …) beside names: a household register, whatever its headings."""
    relations: dict[int, dict[int, str]] = defaultdict(dict)
    for cell in cells:
        if cell.folded in _RELATIONS:
            relations[cell.column][cell.row] = cell.folded
    for column, found in relations.items():
        if len(found) < FEW or len(set(found.values())) < 2:
            continue
        beside: dict[int, int] = defaultdict(int)
        for cell in cells:
            if cell.row in found and cell.column != column and _is_name(cell.value) and cell.folded not in _RELATIONS:
                beside[cell.column] += 1
        if max(beside.values(), default=0) >= FEW - 1:
            return True
    return False
