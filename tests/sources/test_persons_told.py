"""Persons in sentences, comments, letters, on sheets of their own, in bundles of bundles, below a form; and what only looks like it.

Names and numbers are made up: numbers from the standard's arithmetic, names of several peoples.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from schemas.dictionary import load_dictionary
from sources.bundle import may_be_kept, read_file
from sources.layout import reading_kit
from sources.persons import PersonsSeen, where_persons_are
from sources.reading import FileReader
from sources.rosters import persons_in_texts
from sources.scattered import scattered_in
from sources.workbook import Sheet
from tests.pipelines.persons import identity_number
from tests.sources.sheets import xlsx
from tests.sources.test_persons import LONE

_READER = FileReader(reading_kit(load_dictionary([])))
_SURNAMES, _GIVEN = "王李张刘陈杨赵吴周徐孙朱郭何罗郑梁谢宋", "伟芳娜敏静丽强磊军勇艳杰娟涛超秀霞刚桂英"
NAMES = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(_SURNAMES), st.sampled_from(_GIVEN), st.sampled_from(_GIVEN)),
    st.sampled_from(["买买提·吐尔逊", "阿依古丽·艾力", "尼玛次仁", "扎西顿珠", "旦增旺姆", "欧阳秀英", "林长福"]),
)
PHONES = st.builds("1{}{:09d}".format, st.sampled_from("3578"), st.integers(0, 10**9 - 1))
DAYS = st.builds("{}年{}月{}日".format, st.integers(1935, 2012), st.integers(1, 12), st.integers(1, 28))
HOMES = st.builds("{}组{}号".format, st.integers(1, 12), st.integers(1, 99))
TOLD = st.one_of(
    st.builds("村民{}，电话{}".format, NAMES, PHONES),
    st.builds("{}，{}生，住{}".format, NAMES, DAYS, HOMES),
    st.builds("迁入1户：{}，现住{}".format, NAMES, HOMES),
    st.builds("死亡1人为{}，3月{}日因病".format, NAMES, st.integers(1, 28)),
    st.builds("低保对象{}，卡号62218084827974{}".format, NAMES, st.integers(10000, 99999)),
    st.builds("户主{}（{}）".format, NAMES, HOMES),
)
UNTOLD = st.one_of(
    st.builds("{}家迁出，已与派出所核对".format, NAMES),
    st.builds("死亡1人为{}".format, NAMES),
    st.builds("填表人：{}，电话{}".format, NAMES, PHONES),
    st.builds("如有疑问请致电{}，{}".format, NAMES, PHONES),
    st.builds("已与村医{}（{}）核对".format, NAMES, PHONES),
    st.builds("{}组新分户{}户，户数含{}户空挂户".format, st.integers(1, 9), st.integers(1, 9), st.integers(1, 99)),
    st.builds("出生{}人，死亡{}人，住{}组的{}户未报".format, *[st.integers(1, 99)] * 4),
)


def seen(rows: Sequence[Sequence[Any]], name: str = "月报") -> PersonsSeen | None:
    return where_persons_are("text", b"", [Sheet(name, [list(row) for row in rows])])


def form(*remarks: str) -> list[list[Any]]:
    return [
        ["村级人口与家庭服务月报"],
        ["村（居）名称", "龙泉村", "报告期", "2024年3月"],
        ["指标", "计量单位", "本月数", "备注"],
        *([["出生", "人", 2.0, remark] for remark in remarks] or [["出生", "人", 2.0, ""]]),
        ["死亡", "人", 3.0, ""],
        ["填表人", "张伟", "审核人", "李静"],
    ]


def status(data: bytes, name: str) -> str:
    return read_file(_READER, data, name, lambda *_: None).status


# -- sentences ---------------------------------------------------------------------------------------------------------


@given(TOLD)
@settings(max_examples=60)
def test_a_remark_that_tells_of_somebody_is_suspected_and_never_certain(text: str) -> None:
    found = seen(form(text))
    assert found is not None
    assert not found.is_certain
    assert persons_in_texts([text]) is not None


@given(UNTOLD)
@settings(max_examples=60)
def test_a_remark_that_names_somebody_or_an_office_and_tells_nothing_is_none(text: str) -> None:
    assert seen(form(text)) is None


def _commented(text: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(form())))
    book.worksheets[0]["C4"].comment = Comment(text, "村文书")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("林长福，男，1949-06-23出生，油榨坊村1组", True),
        ("李建国\n1962-03-05\n3组12号", True),
        ("尼玛次仁\n住3组12号", True),
        ("户主：李建国\n电话：13812345678", True),
        ("李四：\n已与派出所核对", False),
        ("填表人 张三，电话 13800000000", False),
    ],
)
def test_comments_are_read_as_a_whole(text: str, is_told: bool) -> None:
    assert (status(_commented(text), "a.xlsx") == "sealed") is is_told


# -- letters and bundles -------------------------------------------------------------------------------------------------


def _letter(paragraphs: Sequence[str]) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return _zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": f"<w:document><w:body>{body}</w:body></w:document>".encode()})


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_letter_is_looked_through_though_it_is_no_form() -> None:
    roll = ["接龙报名", "1. 毛运来 13861679190 12组", "2. 侯满秀 17394318890 12组", "3. 邵丽娟 17776855007 2组", "4. 顾涛 15833060547 4组"]
    assert status(_letter(roll), "接龙.docx") in ("sealed", "quarantined")
    assert status(_letter(["关于报送三月月报的通知", "请各村于5日前报送，联系人：张伟，电话：0571-88888888"]), "通知.docx") == "refused"


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_list_in_a_bundle_in_a_bundle_is_set_aside(depth: int) -> None:
    persons = xlsx([["姓名", "身份证号"], ["李建国", identity_number("119999", "19620305", 7)]])
    honest = xlsx(form())
    for data, statuses in ((persons, ("quarantined",)), (honest, ("read",))):
        inner = {"a.xlsx": data}
        for n in range(depth):
            inner = {f"{n}.zip": _zip(inner)}
        kept: list[str] = []
        reading = read_file(_READER, _zip({**inner, "b.xlsx": honest}), "全镇.zip", lambda digest, _, kept=kept: kept.append(digest))
        assert reading.status in statuses
        assert len(kept) <= 1, "nothing of an inner bundle is kept"
        assert not may_be_kept(reading)
        if data is honest:
            assert [p.name for p in dict(reading.members)[f"{depth - 1}.zip"].problems] == ["bundle_in_bundle"]


# -- numbers -------------------------------------------------------------------------------------------------------------


@given(LONE, st.sets(st.integers(1, 17), min_size=1, max_size=4), st.sampled_from(["_", "-", " ", "/", "."]))
@settings(max_examples=60)
def test_a_number_counts_wherever_it_is_cut(number: str, cuts: set[int], mark: str) -> None:
    ends = [0, *sorted(cuts), 18]
    text = mark.join(number[a:b] for a, b in pairwise(ends))
    assert number in scattered_in(text)
    found = seen([["姓名", "号"], ["李建国", text]])
    assert found is not None
    assert found.is_certain


@given(st.lists(st.integers(10**10, 10**11 - 1), min_size=20, max_size=30, unique=True), st.booleans())
@settings(max_examples=30)
def test_numbers_of_eleven_digits_are_no_telephones(numbers: list[int], is_text: bool) -> None:
    assert seen([[str(n) if is_text else float(n)] for n in numbers]) is None


@given(
    st.sampled_from(["数量", "合计", "户号", "水表号", "资产总额", "年末数", "2023年"]),
    st.lists(st.integers(13 * 10**9, 2 * 10**10 - 1), min_size=4, max_size=12, unique=True),
    st.booleans(),
)
@settings(max_examples=30)
def test_what_a_heading_calls_figures_is_no_telephone(head: str, numbers: list[int], is_text: bool) -> None:
    assert seen([["项目", head], *([f"项目{n % 1000}", str(n) if is_text else float(n)] for n in numbers)]) is None


@given(st.lists(PHONES, min_size=4, max_size=12, unique=True))
@settings(max_examples=30)
def test_telephones_under_their_heading_are(numbers: list[str]) -> None:
    assert seen([["序号", "手机号码"], *([float(n), phone] for n, phone in enumerate(numbers, 1))]) is not None


# -- lists without headings, sheets of one person ----------------------------------------------------------------------------


@given(st.lists(NAMES, min_size=3, max_size=6, unique=True), st.integers(0, 80))
@settings(max_examples=30)
def test_names_below_a_form_are_a_list(names: list[str], gap: int) -> None:
    whole = [name for name in names if name != "林长福"]
    if len(whole) < 3:
        return
    assert seen([*form(), *([[]] * (gap + 3)), *(["", name, 300.0] for name in whole)]) is not None
    assert seen([*form(), [], ["附：本月出生人员名单"], *([float(n), name, "2024-05-13"] for n, name in enumerate(whole))]) is not None


def test_who_signs_below_a_form_is_no_list() -> None:
    assert seen([*form()[:-1], ["填表人", "审核人", "单位负责人"], ["张伟强", "李静芳", "王丽娜"]]) is None
    assert seen([*form(), [], [], [], ["竹山村", 3.0], ["双井村", 4.0], ["石门村", 5.0]]) is None


@given(NAMES.filter(lambda name: name != "林长福"), DAYS, PHONES)
@settings(max_examples=30)
def test_a_sheet_named_after_the_person_that_it_is_about_is_seen(name: str, day: str, phone: str) -> None:
    assert seen([["结婚时间", day], ["现有子女", 1.0], ["联系电话", phone]], name) is not None
    assert seen([["性别", "女"], ["住址", "3组12号"]], name) is not None
    assert seen([["项目", "数量"], ["宣传", 3.0]], name) is None
    assert seen(form(), name) is None


# -- forms about persons that hold none ---------------------------------------------------------------------------------------

_FIELDS = [("XM", "姓名"), ("ZNXM", "子女姓名"), ("SFZH", "身份证号"), ("CSRQ", "出生日期"), ("MCYJ", "末次月经"), ("LXDH", "联系电话")]


@given(st.permutations(_FIELDS), st.sampled_from([("类型", "长度"), ("数据类型", "说明"), ("格式", "示例")]))
@settings(max_examples=20)
def test_a_data_dictionary_is_no_list(fields: list[tuple[str, str]], heads: tuple[str, str]) -> None:
    rows: list[list[Any]] = [["字段名", "中文名称", *heads], *([code, word, "VARCHAR", 18.0] for code, word in fields)]
    assert seen([["数据字典"], *rows]) is None
    assert seen([*rows, ["", "张三", "例", "11010119900101****"]]) is None
    persons = [[p, identity_number("119999", f"19{n + 60}0305", n), "", ""] for n, p in enumerate(["李建国", "赵铁柱", "王秀英"])]
    assert seen([*rows, *persons]) == PersonsSeen("1", True, "id_numbers")


def test_a_form_to_be_filled_in_is_no_list() -> None:
    heads = ["序号", "姓名", "性别", "身份证号", "出生日期", "住址", "联系电话"]
    assert seen([["低保人员名册"], heads, *([float(n), *[""] * 6] for n in range(1, 20))]) is None
    assert seen([heads, ["例", "张三", "男", "110101190001011234", "1900-01-01", "某村1组1号", "13800000000"]]) is None
    assert (
        seen(
            [
                ["登记表"],
                ["姓名", "", "性别", "□男 □女"],
                ["身份证号", "____"],
                ["户主姓名", "", "关系", "□本人 □配偶"],
                ["家庭住址", "__组__号"],
            ]
        )
        is None
    )
    assert seen([heads, ["例", "李建国", "男", "110101196203051234", "1962-03-05", "某村1组1号", "13812345678"]]) is not None


# -- headings of many words, pairs in one cell, signatures; heads of institutions, offices, names that were given ----


@given(
    st.lists(st.tuples(NAMES, PHONES), min_size=4, max_size=12, unique=True),
    st.sampled_from(["购机者", "住院人", "人员名称", "捐赠者", "租地人"]),
)
@settings(max_examples=25, deadline=None)
def test_a_column_of_persons_has_many_names(people: list[tuple[str, str]], head: str) -> None:
    rows = [["农机购置补贴申请"], [head, "机具品目", "发票号", "补贴额", "电话"]]
    assert seen([*rows, *([name, "微耕机", f"7745962{n}", 8850.0, phone] for n, (name, phone) in enumerate(people))]) is not None


@given(NAMES, PHONES, st.sampled_from(["户主姓名", "姓名", "产妇姓名"]))
@settings(max_examples=20, deadline=None)
def test_a_card_of_one_person_may_have_its_labels_in_the_cells(name: str, phone: str, label: str) -> None:
    rows = [[f"{label}：{name}", "收入来源"], ["家庭住址：驼铃村七社62号", "种植 12亩"], [f"联系方式：{phone}", ""], ["健康状况：良好", ""]]
    assert seen([["一户一档", ""], *rows]) is not None
    assert seen([["村级月报", ""], [f"填报人：{name}", f"电话：{phone}"], ["审核人：王芳", ""], ["期末户数", 493.0]]) is None


@given(st.lists(NAMES, min_size=15, max_size=30, unique=True))
@settings(max_examples=20, deadline=None)
def test_signatures_are_a_list_of_persons(names: list[str]) -> None:
    rows = [names[n : n + 5] for n in range(0, len(names), 5)]
    assert seen([["关于要求硬化三社道路的联名信"], ["参与联名的村民（签名、按手印）："], *rows]) is not None


@given(st.lists(st.tuples(NAMES, PHONES), min_size=4, max_size=10, unique=True), st.booleans())
@settings(max_examples=25, deadline=None)
def test_heads_of_institutions_and_telephones_of_offices_are_no_persons(people: list[tuple[str, str]], is_mobile: bool) -> None:
    places = ["庙儿沟", "东塬", "上河西", "后峪", "官地", "大槐树", "苜蓿台", "三岔口", "羊圈台", "驼铃"]
    numbers = [phone if is_mobile else f"0954-{n}892249" for n, (_, phone) in enumerate(people, start=2)]
    schools = [[f"{p}小学", 226.0, 18.0, name, n] for p, (name, _), n in zip(places, people, numbers, strict=False)]
    assert seen([["学校", "在校生", "留守学生数", "校长", "联系电话"], *schools]) is None
    clinics = [[f"{p}村卫生室", 793.0, 264.0, name, n] for p, (name, _), n in zip(places, people, numbers, strict=False)]
    assert seen([["村卫生室运行情况"], ["卫生室", "诊疗人次", "签约户数", "负责人", "电话"], *clinics]) is None
    offices = [[f"{places[k // 2]}镇", ("综治中心", "统计站")[k % 2], f"0954-{k}125800", n] for k, n in enumerate(numbers)]
    assert seen([["单位", "科室", "固话", "值班手机"], *offices]) is None


def test_names_that_were_given_are_counts_and_householders_are_not() -> None:
    given_names = [
        ["沐宸", 39.0, 14.0, 53.0],
        ["若汐", 13.0, 35.0, 48.0],
        ["一诺", 3.0, 4.0, 7.0],
        ["梓涵", 35.0, 2.0, 37.0],
        ["奕辰", 2.0, 9.0, 11.0],
    ]
    assert seen([["名字", "男", "女", "合计"], *given_names]) is None
    householders = [[name, 2.0, 1.0, 3.0] for name in ("王建国", "李秀英", "张桂兰", "刘志强", "陈玉梅")]
    assert seen([["户主", "男", "女", "合计"], *householders]) is not None


def test_a_damaged_workbook_is_refused_and_never_an_exception() -> None:
    data = bytearray(xlsx(form("无")))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        at = package.getinfo("xl/worksheets/sheet1.xml").header_offset
    data[at + 90] ^= 4
    reading = _READER.read(bytes(data), "月报.xlsx")
    assert (reading.status, [p.name for p in reading.problems]) == ("refused", ["damaged_member"])


def test_the_lines_of_a_text_are_sentences() -> None:
    text = "北坪村低保评议会议记录\n评议一：李桂花，女，66岁，四社，患脑梗，电话13296061317，同意18票。\n"
    reading = _READER.read(text.encode(), "会议记录.txt")
    assert reading.status == "sealed"
