"""Letters, chats and rolls (.docx, .txt), and remarks and comments of forms: who is told of something is set aside, officials are not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from schemas.dictionary import load_dictionary
from sources.layout import reading_kit
from sources.reading import FileReader
from tests.sources.sheets import xlsx
from tests.sources.test_persons_told import NAMES

READER = FileReader(reading_kit(load_dictionary([])))
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
POSTS = ["镇长", "副镇长", "计生办主任", "统计员", "民政助理", "卫生院院长", "派出所所长", "党委书记"]
NAMED = st.lists(NAMES, min_size=8, max_size=8, unique=True)
TITLES = ["#接龙 3月孕检报名", "接龙：本周打疫苗的请报名", "群接龙 产后访视", "参加活动请接龙"]
ENTRIES = ["{n}. {name}", "{n}、{name}", "{n}.{name} 1人", "{n}) {name} 已到", "{name}+1", "{n} {name}（2人）"]
LIVES = ["我家媳妇昨天生了", "孩子满月了，怎么登记", "我怀孕5个月了", "老人昨天去世了", "明天带孩子打疫苗"]


def docx(lines: Sequence[str], table: Sequence[Sequence[str]] = ()) -> bytes:
    """A text document of Word: paragraphs, then a table."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    rows = "".join("<w:tr>" + "".join(f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in row) + "</w:tr>" for row in table)
    body = paragraphs + (f"<w:tbl>{rows}</w:tbl>" if rows else "")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        package.writestr(
            "word/document.xml", f'<?xml version="1.0" encoding="UTF-8"?><w:document {_W}><w:body>{body}</w:body></w:document>'
        )
    return buffer.getvalue()


def outcome(data: bytes, name: str) -> str:
    return READER.read(data, name).status


@settings(max_examples=30)
@given(NAMED, st.integers(2, 8), st.sampled_from(TITLES), st.sampled_from(ENTRIES))
def test_a_roll_in_a_chat_is_sealed(names: list[str], many: int, title: str, entry: str) -> None:
    lines = [title, *(entry.format(n=n, name=name) for n, name in enumerate(names[: max(3, many)], 1))]
    assert outcome(docx(lines), "接龙.docx") == "sealed"
    assert outcome("\n".join(lines).encode(), "接龙.txt") == "sealed"


@settings(max_examples=20)
@given(NAMED, st.permutations(LIVES), st.booleans())
def test_a_chat_about_lives_is_sealed(names: list[str], said: list[str], is_stamped: bool) -> None:
    turns = zip(names, said, strict=False)
    lines = ["青山村妇女群聊天记录"]
    for n, (name, text) in enumerate(turns):
        lines += [f"{name} 2024-3-{n + 2} 08:1{n}", text] if is_stamped else [f"{name}：收到，{text}"]
    assert outcome(docx(lines), "聊天.docx") == "sealed"


@settings(max_examples=20)
@given(NAMED, st.integers(0, 99999999), st.booleans())
def test_officials_and_their_telephones_are_nobodys_list(names: list[str], number: int, is_mobile: bool) -> None:
    phones = [f"139{(number + 7919 * n) % 10**8:08d}" if is_mobile else f"0571-8{(number + n) % 10**6:06d}" for n in range(len(names))]
    table = [["职务", "姓名", "办公电话"], *zip(POSTS, names, phones, strict=True)]
    lines = [f"{post}：{name}　电话：{phone}" for post, name, phone in zip(POSTS, names, phones, strict=True)]
    assert outcome(docx(["松渡乡领导班子及工作人员通讯录"], table), "通讯录.docx") == "refused"
    assert outcome(docx(["松渡乡值班表（2024年3月）", *lines]), "值班表.docx") == "refused"


def test_a_list_of_persons_in_a_table_of_a_letter_is_set_aside_for_certain() -> None:
    rows = [["姓名", "身份证号"], ["王秀英", "110101199003070038"], ["李桂兰", "110101198503070025"], ["张玉珍", "11010119790307004X"]]
    assert outcome(docx(["名单"], rows), "名单.docx") == "quarantined"


@pytest.mark.parametrize(
    ("remark", "is_told"),
    [
        ("王小梅3月5日生一女孩，张国强迁出", True),
        ("王小梅家3月8日添一男孩", True),
        ("欧阳秀英因病于3月12日去世", True),
        ("李建国嫁到外村，户口未迁", True),
        ("死亡1人系张玉珍，82岁", True),
        ("王小梅（孕7月）转县医院", True),
        ("李建国与陈小梅3月6日登记结婚", True),
        ("3月10日刘美玉生育二孩", True),
        ("本月出生：赵俊春（女）、徐燕（男）", True),
        ("死亡1人系张玉珍", False),
        ("王建国家迁出，已与派出所核对", False),
        ("李明村3月5日迁入3户", False),
        ("王家湾3月出生2人，死亡1人", False),
        ("按张副镇长要求更正", False),
        ("比上月多3人，因大学生毕业迁回", False),
        ("本月无出生", False),
        ("高山3月5日死亡2人，已核对", False),
    ],
)
def test_remarks_and_comments_that_tell_of_somebody(remark: str, is_told: bool) -> None:
    rows = [
        ["村级人口与家庭服务月报"],
        ["报告期：2024年3月"],
        ["村名", "青山村"],
        ["指标", "男", "女"],
        ["出生", 2.0, 1.0],
        ["死亡", 1.0, 0.0],
    ]
    book = openpyxl.load_workbook(io.BytesIO(xlsx(rows)))
    book.worksheets[0]["B5"].comment = Comment(remark, "clerk")
    commented = io.BytesIO()
    book.save(commented)
    for data in (xlsx([*rows, ["备注", remark]]), commented.getvalue()):
        assert (outcome(data, "月报.xlsx") == "sealed") == is_told
