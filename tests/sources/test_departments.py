"""Files of line departments: wholes without parts, several months in one file, names without codes, and lists of persons."""

from __future__ import annotations

import pytest

from schemas.dictionary import Dictionary, DictionaryError, load_dictionary
from sources.departments import totals_of, totals_text
from sources.layout import reading_kit
from sources.reading import FileReader
from tests.pipelines.persons import book_of, people
from tests.sources.sheets import figures_of, ods, xlsx

DOSES = "儿童首针接种统计（2024年3月）"


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load_dictionary(extra=[])


@pytest.fixture(scope="module")
def reader(dictionary: Dictionary) -> FileReader:
    return FileReader(reading_kit(dictionary))


def test_a_total_is_read_with_its_cell_where_the_parts_are_not_given(reader: FileReader) -> None:
    rows = [[DOSES], ["乡镇代码", "乡镇名称", "首针接种人数"], ["990101001", "青溪镇", "十二人"], ["", "白石乡", 7], ["", "合计", 19]]
    for data in (xlsx(rows), ods(rows), "\n".join(",".join(map(str, r)) for r in rows).encode("gb18030")):
        reading = reader.read(data, "首针.bin")
        assert (reading.status, reading.returns) == ("read", "first_immunisations")
        first, second = reading.records
        assert (first.role, first.level, first.place_code, first.month) == ("department", "town", "990101001", "2024-03")
        assert totals_of(first.totals) == {"births": (12.0, "C3")}
        assert (second.place_name, totals_of(second.totals)) == ("白石乡", {"births": (7.0, "C4")})


def test_a_total_that_cannot_be_read_is_told_with_its_cell_and_is_no_zero(reader: FileReader) -> None:
    reading = reader.read(xlsx([[DOSES], ["乡镇名称", "首针接种人数"], ["青溪镇", "约十二三"], ["白石乡", ""], ["云溪乡", "无"]]), "a.xlsx")
    assert [totals_of(r.totals) for r in reading.records] == [{}, {}, {"births": (0.0, "B5")}]
    assert [p.cell for p in reading.problems] == ["B3"]


def test_one_file_may_carry_several_months(reader: FileReader, dictionary: Dictionary) -> None:
    head = [["出生登记分村统计表（截至2024年3月末）"], ["出生年月", "村代码", "村（居）委会", "累计登记", ""], ["", "", "", "男", "女"]]
    body = [["2024年2月", "990101100201", "龙泉村", 3, 1], ["2024-03", "990101100201", "龙泉村", 2, "无"], ["合计", "", "", 5, 1]]
    reading = reader.read(xlsx([*head, *body], merges=[(1, 3, 1, 4)]), "户籍.xlsx")
    assert [(r.month, figures_of(r, dictionary)) for r in reading.records] == [
        ("2024-02", {"births_m": 3.0, "births_f": 1.0}),
        ("2024-03", {"births_m": 2.0, "births_f": 0.0}),
    ]
    assert [r.totals for r in reading.records] == ["", ""]


def test_the_parts_go_before_a_written_total(reader: FileReader, dictionary: Dictionary) -> None:
    head = [["住院分娩活产统计表 2024年3月"], ["居住村代码", "居住村", "活产数", "", ""], ["", "", "合计", "男", "女"]]
    reading = reader.read(xlsx([*head, ["990101100201", "龙泉村", 9, 3, 1]], merges=[(1, 2, 1, 4)]), "医院.xlsx")
    assert figures_of(reading.records[0], dictionary) == {"births_m": 3.0, "births_f": 1.0}
    assert reading.records[0].totals == ""
    assert [p.name for p in reading.problems] == ["stated_sum"]  # 9 is not 3 + 1


def test_a_hospitals_list_of_mothers_is_quarantined_whole(reader: FileReader) -> None:
    rows = [["医院分娩出生情况统计表"], ["居住村", "产妇姓名", "身份证号"], *[["龙泉村", p.name, p.number] for p in people(6)]]
    reading = reader.read(book_of(rows), "医院.xlsx")
    assert (reading.status, reading.records, reading.layout) == ("quarantined", (), "")


def test_totals_survive_their_text() -> None:
    totals = {"births": (12.0, "C3"), "marriages": (0.0, "D3")}
    assert totals_of(totals_text(totals)) == totals
    assert (totals_text({}), totals_of("")) == ("", {})


ENTRY = """
departments:
  - id: x
    label: {{zh: 甲, en: a}}
    office: {{zh: 甲, en: a}}
    place: event
    basis: event
    innocent: {{zh: 甲, en: a}}
    speaks_of: {spoken}
layouts:
  - {{id: lx, kind: list, role: department, return: {returns}, label: {{zh: 甲, en: a}}, recognise: {{title: [甲]}}}}
"""


@pytest.mark.parametrize(
    ("spoken", "returns", "says"),
    [
        ("{birth: {}}", "x", "“birth” is no indicator or concept"),
        ("{marriages: {}}", "y", "“y” is no department"),
        ("{births: {ours: [births], late: {concept: late_births, shares: [0.9, 0.1]}}}", "x", "must be among ours (births)"),
        ("{births: {late: {concept: births, shares: [0.9, 0.3]}}}", "x", "add up to 1"),
        ("{childcare_subsidy: {}}", "x", "has no total"),
        ("{}", "x", "speaks_of"),
    ],
)
def test_a_faulty_entry_is_told_with_its_remedy(tmp_path_factory: pytest.TempPathFactory, spoken: str, returns: str, says: str) -> None:
    folder = tmp_path_factory.mktemp("ours")
    (folder / "ours.yaml").write_text(ENTRY.format(spoken=spoken, returns=returns), "utf-8")
    with pytest.raises(DictionaryError) as told:
        load_dictionary(extra=[folder])
    assert says in str(told.value)
    assert "ours.yaml" in str(told.value)
