"""Person-level rows are recognised; codes that only look like them are not. All numbers here are made up from the standard's arithmetic."""

from __future__ import annotations

import datetime as dt
import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.identity import (
    are_identities,
    by_chance,
    is_bank_card,
    is_identity_number,
    is_old_number,
    is_rounded_identity,
    may_hold_numbers,
    numbers_in,
    other_identities,
)
from sources.persons import is_named_after_person, where_persons_are
from sources.rosters import has_persons, texts_have_persons
from sources.workbook import Sheet
from tests.pipelines.persons import bank_card, identity_number

Rows = list[list[object]]

BORN = st.dates(min_value=dt.date(1930, 1, 1), max_value=dt.date(2020, 12, 31))
NUMBERS = st.builds(lambda born, serial: identity_number("119999", f"{born:%Y%m%d}", serial), BORN, st.integers(0, 999))
LONE = NUMBERS.filter(lambda number: re.search(r"20(1[5-9]|[23]\d)(0[1-9]|1[0-2])$", number) is None)
"""Without those that may as well be a village's code and a month: they count beside a word for them, or in company."""


def found(rows: Rows) -> bool:
    """What the reading worker would say of a sheet: the quick look, then the close one."""
    return where_persons_are("text", b"", [Sheet("", rows)]) is not None


def test_the_arithmetic_is_the_standards() -> None:
    """The example printed in GB 11643-1999, and that of ISO/IEC 7812 for Luhn's digit."""
    assert identity_number("110105", "19491231", 2) == "11010519491231002X"
    assert is_identity_number("11010519491231002X")
    assert bank_card("7992739871") == "79927398713"


@given(LONE)
def test_valid_numbers_are_recognised_and_one_wrong_digit_is_not(number: str) -> None:
    assert is_identity_number(number)
    assert found([["村民"], [f"号 {number}"]])
    assert not is_identity_number(number[:16] + str((int(number[16]) + 1) % 10) + number[17])


WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@given(
    LONE,
    st.sampled_from([" ", "-", "　", "\xa0", "－", "\u2009", "\u200b"]),
    st.booleans(),
    st.sampled_from([(6, 14), (6, 10, 12, 14), (6, 10, 14), (14,), (17,), (4, 8, 12, 16), (3, 6, 9, 12, 15)]),
)
def test_numbers_are_recognised_however_they_are_parted(number: str, gap: str, is_wide: bool, cuts: tuple[int, ...]) -> None:
    ends = [0, *cuts, 18]
    text = gap.join(number[a:b] for a, b in pairwise(ends))
    text = text.translate(WIDE) if is_wide else text.lower()
    assert number in set(numbers_in(f"张某 {text}。"))
    assert found([["甲", "乙"], ["", text]])


@given(st.text(alphabet="0123456789０５９ -X年人,.\n中", max_size=60))
def test_the_quick_look_misses_no_number(text: str) -> None:
    """What the close look can use, the quick one lets through."""
    if any(len(number) != 12 for number in numbers_in(text)):
        assert may_hold_numbers(text)


@given(NUMBERS)
def test_every_valid_number_counts_beside_a_word_for_it(number: str) -> None:
    assert found([["身份证号码"], [number]])


def test_a_place_code_followed_by_a_month_is_no_number() -> None:
    """The township codes 200 and 201 look like years: 330102 2002 01 20 is a date."""
    codes = [f"330102{town}{village}" for town in range(190, 210) for village in range(200, 230)]
    for code in codes:
        for text in (f"{code}-2024-03", f"{code} 202403", f"{code}202403", f"{code[:6]}-{code[6:]}-202403"):
            assert not found([["文件", text]])
            assert is_named_after_person(f"2024-03/{text}.xlsx") is None


@given(LONE)
def test_a_file_named_after_a_number_is(number: str) -> None:
    assert is_named_after_person(f"/inbox/2024-03/张某{number}.xlsx") is not None
    assert is_named_after_person(f"/inbox/{number}/月报.xlsx") is not None


# -- the law of false alarms ------------------------------------------------------------------------------------------


def _codes(chance: random.Random, n: int) -> list[str]:
    """Codes of a place, a day and a serial whose last digit means nothing."""
    days = [dt.date(1990, 1, 1) + dt.timedelta(days=chance.randrange(11_000)) for _ in range(n)]
    return [f"330102{day:%Y%m%d}{chance.randrange(10_000):04d}" for day in days]


@given(
    st.randoms(use_true_random=False), st.integers(1, 60), st.sampled_from(["凭证编号", "档案编号", "业务流水号", "统一代码", "serial no."])
)
def test_a_column_of_codes_is_taken_for_persons_only_beyond_chance(chance: random.Random, n: int, heading: str) -> None:
    """Under a heading of codes, no fewer valid check digits alarm than chance gives once in 1,000 columns."""
    codes = _codes(chance, n)
    valid = sum(map(is_identity_number, set(codes)))
    alarmed = found([[heading, "金额"], *([code, 12.5] for code in codes)])
    assert not alarmed or (valid >= 3 and by_chance(len(set(codes)), valid) < 0.001)


@pytest.mark.parametrize(
    ("n", "coded", "bare"), [(1, 0.0, 0.11), (2, 0.0, 0.20), (5, 0.001, 0.012), (10, 0.001, 0.004), (40, 0.001, 0.002)]
)
def test_false_alarms_are_as_rare_as_the_docstring_says(n: int, coded: float, bare: float) -> None:
    """4,000 columns of n codes each, seeded: the share that alarms, under a heading of codes and under none."""
    chance = random.Random(20240331)
    columns = [set(_codes(chance, n)) for _ in range(4000)]
    for under_code, limit in ((True, coded), (False, bare)):
        alarms = sum(are_identities(column, under_identity=False, under_code=under_code) for column in columns)
        assert alarms / 4000 <= limit + 3 * (limit / 4000) ** 0.5


def test_random_numbers_of_18_digits_hardly_ever_look_like_persons() -> None:
    """19 in a million (0.38 × 0.015 × 0.037 / 11): among 200,000 about 4."""
    chance = random.Random(11643)
    valid = sum(is_identity_number(f"{chance.randrange(10**17, 10**18)}") for _ in range(200_000))
    assert valid <= 12


@given(st.lists(LONE, min_size=1, max_size=12, unique=True), st.integers(0, 5))
def test_a_list_is_found_though_up_to_half_of_it_is_mistyped(numbers: list[str], mistyped: int) -> None:
    wrong = [n[:17] + ("0" if n[17] != "0" else "1") for n in numbers[: min(mistyped, len(numbers) // 2)]]
    assert found([[n] for n in [*wrong, *numbers[len(wrong) :]]])


# -- what has no check digit ------------------------------------------------------------------------------------------


@given(NUMBERS)
def test_old_and_rounded_numbers_are_known_and_need_company(number: str) -> None:
    old, rounded = number[:6] + number[8:17], float(number[:15] + "000")
    assert is_old_number(old) and is_rounded_identity(rounded)  # noqa: PT018
    assert not found([[old], [rounded]])
    assert found([["身份证号码", ""], [rounded, ""]])
    assert found([["身份证", old]])


def test_three_telephone_numbers_are_a_list_one_is_the_offices() -> None:
    assert not found([["联系电话：13800000001"]])
    assert found([["13800000001"], ["13900000002"], ["15000000003"]])
    assert found([[13800000001.0], [13900000002.0], [15000000003.0]])
    assert found([["+86 138-0000-0001"], [8613900000002.0], ["１５０００００００３３"]])


def test_those_who_sign_may_be_called() -> None:
    foot: Rows = [["填表人 张三 13800000000"], ["审核人：李四", 13900000001.0], ["负责人 王五", "电话 13700000002"]]
    assert not found(foot)
    assert found([*foot, ["13600000003"], ["13500000004"], ["13400000005"]])


def test_cards_count_beside_names_or_banks() -> None:
    cards = [bank_card(f"62179973519{n:07d}") for n in (1234567, 2345678, 3456789)]
    assert all(map(is_bank_card, cards))
    assert found([["姓名", "一卡通"], *([n, c] for n, c in zip(("张三", "李四", "王五"), cards, strict=True))])
    assert not found([["张三", cards[0]]])


def test_identity_cards_of_taiwan_and_hong_kong_count_beside_names() -> None:
    assert other_identities("A123456789 与 G123456(A)、A123456780") == ["A123456789", "G123456A"]
    rows: Rows = [["姓名", "號"], ["某甲", "A123456789"], ["某乙", "B120863158"], ["某丙", "F131104093"]]
    assert found(rows)
    assert not found(rows[1:])


@given(st.lists(st.from_regex(r"99\d{10}", fullmatch=True), max_size=20))
def test_place_codes_are_no_persons(codes: list[str]) -> None:
    assert not found([[code, float(code)] for code in codes])


def test_credit_codes_are_no_persons() -> None:
    assert not found([["91110000MA00000000"], ["12330000470500000X"], ["330102202402000001"]])


# -- headings and rosters ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heads",
    [
        ["姓名", "身份证号码"],
        ["姓 名", "公民身份号码"],
        ["户主姓名", "證件號碼"],
        ["名字", "身分證"],
        ["Name", "ID card"],
        ["姓名", "出生年月"],
        ["妇女姓名", "末次月经"],
        ["姓名", "手机"],
    ],
)
def test_headings_about_persons_with_names_below_them(heads: list[str]) -> None:
    rows: Rows = [["附表"], ["序号", *heads], [1.0, "张　三", "甲"], [2.0, "买买提·艾力", "乙"], [3.0, "扎西顿珠次仁", "丙"]]
    assert found(rows)
    assert not found(rows[:2]), "an empty list is nobody's"


def test_names_alone_are_no_persons() -> None:
    assert not found([["姓名", "职务"], ["张三", "会计"], ["李四", "主任"]])
    assert not found([["填表人姓名", "联系电话", "村代码"], ["张三", "13800000000", "990101100201"]])
    assert not texts_have_persons(["姓名：张三", "审核 李四"])


def test_a_household_register_needs_no_headings() -> None:
    register: Rows = [["张三", "户主"], ["李四", "妻"], ["张小三", "长子"]]
    assert found(register)
    assert not found([["户主", 320.0], ["配偶", 280.0], ["子女", 400.0]])
    assert has_persons([["一", *row] for row in register])


@pytest.mark.parametrize(
    ("name", "is_of_person"),
    [
        ("990101200200_202403.xlsx", False),
        ("银坝村990101200200-2024年3月.xlsx", False),
        ("110101199003200312.xlsx", is_identity_number("110101199003200312")),
        ("11010119900307002X.xlsx", True),
        ("张某_11010119900307002X.xls", True),
    ],
)
def test_a_file_called_by_code_and_month_is_nobodys_and_one_called_by_a_number_is(name: str, is_of_person: bool) -> None:
    assert (is_named_after_person(name) is not None) == is_of_person


def test_an_identity_number_that_looks_like_a_code_and_a_month_is_one() -> None:
    """Every number of somebody born on a 20th: its last six digits may be read as a month (2003-12)."""
    found = [n for n in (f"1101011990032003{d:02d}" for d in range(100)) if is_identity_number(n)]
    assert found
    for number in found:
        assert is_named_after_person(f"{number}.xlsx") is not None
