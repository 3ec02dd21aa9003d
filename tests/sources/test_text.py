"""Labels, numerals and addresses."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.text import address, chinese_number, column_letters, fold, fold_name, units_behind, units_in, units_of_sheet

DIGITS = "零一二三四五六七八九"


def write_chinese(number: int) -> str:
    """The number as a clerk writes it (0–99,999,999), an independent way round."""
    if number >= 10_000:
        head, tail = divmod(number, 10_000)
        return write_chinese(head) + "万" + (("零" if tail < 1000 else "") + write_chinese(tail) if tail else "")
    text, zero = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, scale)
        if digit:
            text += ("零" if zero and text else "") + DIGITS[digit] + name
            zero = False
        else:
            zero = True
    return text or "零"


WAYS = {
    "plain": {},
    "financial": dict(zip("零一二三四五六七八九十百千", "零壹贰叁肆伍陆柒捌玖拾佰仟", strict=True)),
    "traditional": {"万": "萬", "二": "貳", "六": "陸"},
    "round nought": {"零": "〇"},
}


@given(st.integers(0, 99_999_999) | st.integers(0, 9999), st.sampled_from(sorted(WAYS)))
def test_chinese_numerals_mean_what_they_say(number: int, way: str) -> None:
    assert chinese_number(write_chinese(number).translate(str.maketrans(WAYS[way]))) == number


@given(st.integers(2, 9), st.integers(1, 9), st.sampled_from([("百", 100), ("千", 1000), ("万", 10_000)]))
def test_a_bare_last_figure_counts_in_the_next_lower_place(head: int, tail: int, scale: tuple[str, int]) -> None:
    name, size = scale
    assert chinese_number(f"{DIGITS[head]}{name}{DIGITS[tail]}") == head * size + tail * size // 10
    assert chinese_number(f"{DIGITS[head]}{name}零{DIGITS[tail]}") == head * size + tail


@given(st.integers(20, 49))
def test_the_old_tens(number: int) -> None:
    tens = {2: "廿", 3: "卅", 4: "卌"}[number // 10]
    assert chinese_number(tens + (DIGITS[number % 10] if number % 10 else "")) == number


def ways_to_write(number: int) -> set[str]:
    """Every way in which a clerk writes a number above 9: in full, 十 for 一十, 两 for 二, without the last place, 零 behind a round 万."""
    full = write_chinese(number)
    found = {full}
    if full[-1] in "十百千" and len(full) > 2 and full[-3:-2] == {"十": "百", "百": "千", "千": "万"}[full[-1]]:
        found.add(full[:-1])
    if number % 100_000 // 10_000 == 0 and number % 10_000 >= 1000 and number > 100_000:
        found |= {re.sub("万", "万零", way) for way in found}
    found |= {way.replace("一十", "十") for way in found}
    return found | {re.sub("二(?=[百千万])", "两", way) for way in found}


@given(st.text("零一二三四五六七八九十百千万两", min_size=1, max_size=6).filter(lambda t: any(c in "十百千万" for c in t)))
@settings(max_examples=300)
@example("二十零")
@example("百十")
@example("三百零五十")
@example("二百两")
@example("一千零零五")
@example("两十")
def test_only_well_formed_numerals_are_read(text: str) -> None:
    number = chinese_number(text)
    if number is not None:
        assert text.replace("两", "二").replace("一十", "十") in {
            way.replace("两", "二").replace("一十", "十") for way in ways_to_write(number)
        }


@given(st.integers(10, 99_999_999), st.data())
def test_every_way_to_write_a_number_is_read(number: int, data: st.DataObject) -> None:
    assert chinese_number(data.draw(st.sampled_from(sorted(ways_to_write(number))))) == number


@pytest.mark.parametrize(
    "text", ["二十零", "十零", "百十", "一百零", "三百零五十", "二百两", "两十", "十两", "一千零零五", "百", "千百", "二俩", "万"]
)
def test_ill_formed_numerals_are_not_guessed(text: str) -> None:
    assert chinese_number(text) is None


@given(st.text(alphabet="零一二三四五六七八九十百千万亿两廿〇○", max_size=12))
def test_a_numeral_is_a_whole_number_or_none(text: str) -> None:
    number = chinese_number(text)
    assert number is None or number >= 0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十二", 12),
        ("三百零五", 305),
        ("一百二", 120),
        ("两千", 2000),
        ("二〇二四", 2024),
        ("十", 10),
        ("壹佰贰拾叁", 123),
        ("一万二千", 12000),
        ("零", 0),
        ("廿三", 23),
        ("一万二", 12000),
        ("一亿二千万", 120_000_000),
    ],
)
def test_numerals_as_clerks_write_them(text: str, number: int) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize("text", ["", "三个", "十十", "百千", "人", "万", "一二三个", "十二三", "一万万", "3百"])
def test_what_is_no_numeral_is_none(text: str) -> None:
    assert chinese_number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "出生（男）",
        "出 生(男)",
        "１．出生（男）",
        "一、出生（男）：",
        "（1）出生【男】",
        "出生（男）（人）",
        "*出生男",
        "1.1 出生（男）",
        "①出生（男）",
        "2.10、出生男",
        "㈠ 出生男",
    ],
)
def test_labels_that_mean_the_same_fold_alike(text: str) -> None:
    assert fold(text) == fold("出生男")


@given(st.text(max_size=30))
def test_folding_again_changes_nothing(text: str) -> None:
    once = fold_name(text)
    assert fold_name(once) == once


@given(
    st.lists(
        st.sampled_from(
            list("出生死亡人口男女合计其中数ABc12 \n（）()、：，.%—-~＊※") + ["（人）", "（万元）", "一、", "(1)", "１．", "Births"]
        ),
        max_size=8,
    )
)
def test_folding_a_label_again_changes_nothing(parts: list[str]) -> None:
    once = fold("".join(parts))
    assert fold(once) == once


@pytest.mark.parametrize(
    ("text", "label", "units"),
    [
        ("人口（万人）", "人口", ((4, "人"),)),
        ("发放金额(单位：千元)", "发放金额", ((3, "元"),)),
        ("发放金额，万元", "发放金额", ((4, "元"),)),
        ("流入人口（百万人）", "流入人口", ((6, "人"),)),
        ("实发人数、金额（人、万元）", "实发人数金额", ((0, "人"), (4, "元"))),
        ("出生（男）", "出生男", ()),
        ("占比（%）", "占比%", ()),
        ("出生（男）（人）", "出生男", ((0, "人"),)),
    ],
)
def test_a_unit_behind_a_label_is_no_part_of_it(text: str, label: str, units: object) -> None:
    assert (fold(text), units_behind(text)) == (label, units)


def test_units_of_a_cell_and_of_a_line() -> None:
    assert units_in("人、万元") == ((0, "人"), (4, "元"))
    assert units_in("（万人）") == ((4, "人"),)
    assert units_in("人口") == units_in("万") == units_in("") == ()
    assert units_of_sheet("计量单位：人、万元  2024年3月") == ((0, "人"), (4, "元"))
    assert units_of_sheet("填报单位：人民村") == units_of_sheet("单位：龙泉村") == ()


def test_age_bands_keep_their_dash() -> None:
    assert fold("0—14岁") == fold("0-14岁") == fold("０－１４岁") != fold("014岁")


def test_place_names_fold_without_spaces_and_marks() -> None:
    assert fold_name("新 北 市") == fold_name("新北市")
    assert fold_name("※烏來區") == fold_name("烏來區")
    assert fold_name("台北市") == fold_name("臺北市")


@given(st.integers(0, 20_000), st.integers(0, 1_048_575))
def test_addresses_are_those_of_openpyxl(column: int, row: int) -> None:
    from openpyxl.utils import get_column_letter

    if column < 18_278:
        assert column_letters(column) == get_column_letter(column + 1)
        assert address(row, column) == f"{get_column_letter(column + 1)}{row + 1}"


IDEOGRAPHS = st.text(
    alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("万千亿人户元十一台村"), min_size=1
)


@given(IDEOGRAPHS)
def test_what_is_all_ideographs_takes_a_shorter_way_to_the_same(text: str) -> None:
    """A colon behind it, which folding drops, makes it take the long way."""
    assert fold(text) == fold(f"{text}：")
    assert fold_name(text) == fold_name(f"{text}：")
