"""Sheets that are totals among sheets of villages, whatever they are called and wherever they stand; the registry's own faults."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random
from typing import Any

import pytest
import xlsxwriter
import xlwt

from schemas.dictionary import load_dictionary
from sources.draft import draft_registry
from sources.layout import reading_kit
from sources.places import RegistryError, read_events, read_places
from sources.reading import FileReader, FileReading
from sources.rows import row_note
from tests.sources.sheets import csv_text, figures_of

DICTIONARY = load_dictionary([])
READER = FileReader(reading_kit(DICTIONARY))
LABELS = tuple(indicator.label.zh for indicator in DICTIONARY.indicators.values())
VILLAGES = (("990101200001", "双田社区"), ("990101200200", "银坝村"), ("", "金塘村"), ("990101200202", "泉塘村"))


def _form(code: str, name: str, figures: list[float]) -> list[list[Any]]:
    head = [["村级人口与家庭服务月报"], ["村（居）代码", code, "村（居）名称", name], ["乡镇（街道）", "松渡乡", "报告期", "2024年3月"]]
    return [*head, ["序号", "指标", "单位", "本月数"], *[[n + 1.0, LABELS[n], "", figures[n]] for n in range(len(LABELS))]]


def _xlsx(sheets: dict[str, list[list[Any]]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            sheet.write_row(r, 0, row)
    book.close()
    return buffer.getvalue()


def _xls(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                sheet.write(r, c, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _read(sheets: dict[str, list[list[Any]]], write: Any = _xlsx) -> FileReading:
    return READER.read(write(sheets), "松渡乡各村")


@pytest.mark.parametrize("write", [_xlsx, _xls])
@pytest.mark.parametrize("where", [0, 2, 4])
@pytest.mark.parametrize(
    ("sheet", "name", "wrong"),
    [
        ("合计", "", 0),
        ("合计", "合计", 6),
        ("汇总", "松渡乡", 0),
        ("松渡乡", "松渡乡", 7),
        ("Sheet1", "", 0),
        ("Sheet1", "阖境", 1),
        ("全乡", "", 2),
        ("表", "4个村合计", 0),
    ],
)
def test_a_total_sheet_is_the_town_s_statement(write: Any, where: int, sheet: str, name: str, wrong: int) -> None:
    rng = Random(f"{sheet}{name}{where}")
    figures = [[float(rng.randint(1, 900)) for _ in LABELS] for _ in VILLAGES]
    total = [sum(column) + (n < wrong) for n, column in enumerate(zip(*figures, strict=True))]
    forms = [(village, _form(code, village, of)) for (code, village), of in zip(VILLAGES, figures, strict=True)]
    forms.insert(where, (sheet, _form("", name, total)))
    reading = _read(dict(forms), write)
    assert sorted(r.place_name for r in reading.records if r.role == "report") == sorted(village for _, village in VILLAGES)
    (stated,) = [r for r in reading.records if r.role == "stated"]
    assert (stated.level, stated.place_name) == ("town", "松渡乡")
    assert figures_of(stated, DICTIONARY)["households_end"] == total[0]


def test_a_form_without_code_and_name_that_adds_up_to_nothing_is_asked_about() -> None:
    rng = Random(1)
    forms = {village: _form(code, village, [float(rng.randint(1, 900)) for _ in LABELS]) for code, village in VILLAGES}
    reading = _read({**forms, "Sheet9": _form("", "", [float(rng.randint(1, 900)) for _ in LABELS])})
    assert [r.role for r in reading.records] == ["report"] * 5


def test_a_part_is_left_out_and_told() -> None:
    rng = Random(1)
    figures = [[float(rng.randint(1, 900)) for _ in LABELS] for _ in VILLAGES]
    forms = {village: _form(code, village, of) for (code, village), of in zip(VILLAGES, figures, strict=True)}
    reading = _read({**forms, "Sheet9": _form("", "河东", [a + b for a, b in zip(figures[2], figures[3], strict=True)])})
    assert [r.role for r in reading.records] == ["report"] * 4 + ["aside"]
    note = row_note(reading.records[-1].row_note)
    assert (note.seems, note.name, note.is_told) == ("part", "河东", True)


def test_totals_of_sheets_of_lists_are_parts_and_that_of_all_is_the_town_s() -> None:
    rng = Random(1)
    names = ["双田村", "银坝村", "金塘村", "泉塘村"]
    rows: list[list[Any]] = [[name, *(float(rng.randint(1, 900)) for _ in range(5))] for name in names]

    def added(name: str, some: list[list[Any]]) -> list[Any]:
        return [name, *(sum(row[c] for row in some) for c in range(1, 6))]

    head = [["松渡乡2024年3月村级人口与家庭服务月报汇总表"], ["村名", "期末户数", "结婚对数", "离婚对数", "宣传活动场次", "参加人次"]]
    sheets = {"东": [*head, *rows[:2], added("合计", rows[:2])], "西": [*head, *rows[2:], added("合计", rows[2:]), added("全乡合计", rows)]}
    reading = _read(sheets)
    assert [row_note(r.row_note).name for r in reading.records if r.role == "stated"] == ["全乡合计"]
    assert [r.place_name for r in reading.records if r.role == "report"] == names


# -- the registry ------------------------------------------------------------------------------------------------------


def test_a_later_file_without_names_takes_no_name_from_the_draft() -> None:
    head = [
        ["松渡乡2024年3月村级人口与家庭服务月报汇总表"],
        ["填报单位：松渡乡　报告期：2024年3月"],
        ["村（居）代码", "村（居）名称", "期末户数", "结婚对数", "离婚对数"],
    ]
    records = []
    for names in (("双田社区", "银坝村"), ("", "")):
        rows = [[code, name, 5.0, 1.0, 2.0] for code, name in zip(("990101200001", "990101200200"), names, strict=True)]
        first = head if names[0] else [[head[0][0].replace("松渡乡", "")], ["报告期：2024年3月"], head[2]]
        records += READER.read(csv_text([*first, *rows]).encode(), "a.csv").records
    assert len(records) == 4
    places = draft_registry(records, DICTIONARY).set_index("code")["name"]
    assert (places["990101200001"], places["990101200200"], places["990101200"]) == ("双田社区", "银坝村", "松渡乡")


PLACES = "code,level,name\n990101,county,栖云县\n990101200,town,松渡乡\n990101200200,village,银坝村\n990101200201,village,金塘村\n"
EVENT = "990101200200,990101200201"


@pytest.mark.parametrize(
    ("lines", "line", "says"),
    [
        ([f"2024-13-01,merge,{EVENT},"], 2, "no day"),
        ([f"2023-02-29,merge,{EVENT},"], 2, "no day"),
        ([f"2024/3/1,merge,{EVENT},"], 2, "no day"),
        ([f"2024-01-01,merge,{EVENT},", f"2024-01-01,merge,{EVENT},"], 3, "same as a line above"),
        ([f"2024-01-01,merge,{EVENT},", "2024-02-01,rename,990101200200,990101200999,"], 3, "not in the registry"),
        ([f"2024-01-01,split,{EVENT},1.2"], 2, "between 0 and 1"),
        ([f"2024-01-01,split,{EVENT},nought"], 2, "no number"),
        (["2024-01-01,merge,990101200200,,"], 2, "blank"),
    ],
)
def test_a_line_of_the_lineage_that_cannot_be_is_named(lines: list[str], line: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "lineage.csv").write_text("\n".join(["date,kind,from_code,to_code,share", *lines]), encoding="utf-8")
    places = read_places(tmp_path / "places.csv", DICTIONARY)
    with pytest.raises(RegistryError, match=says) as told:
        read_events(tmp_path / "lineage.csv", places)
    assert told.value.line == line
    assert any("一" <= c <= "鿿" for c in told.value.why_zh)


@pytest.mark.parametrize(
    ("line", "says"), [("990101200202,village,泉塘村,2024-13,", "no month"), ("990101200202,village,泉塘村,2024-05,2024-01", "ends before")]
)
def test_a_validity_that_cannot_be_is_named(line: str, says: str, tmp_path: Path) -> None:
    text = PLACES.replace("code,level,name\n", "code,level,name,valid_from,valid_to\n") + line
    (tmp_path / "places.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=says):
        read_places(tmp_path / "places.csv", DICTIONARY)


def test_faults_of_registry_lineage_and_scheme_are_coded_on_the_command_line(tmp_path: Path) -> None:
    from tests.pipelines.office import cunbao

    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "lineage.csv").write_text(f"date,kind,from_code,to_code,share\n2024-02-30,merge,{EVENT},\n", encoding="utf-8")
    environment = {"CUNBAO_HOME": str(tmp_path / "home")}
    load = ("places", "load", str(tmp_path / "places.csv"))
    for arguments, more, says in (
        ((*load, "--lineage", str(tmp_path / "lineage.csv")), {}, "CB-3005"),
        (load, {"CUNBAO_PLACE_SCHEME": "tw11"}, "CB-3005"),
        (load, {"CUNBAO_PLACE_SCHEME": "nowhere"}, "nowhere"),
    ):
        ended = cunbao(*arguments, environment={**environment, **more})
        text = ended.stdout + ended.stderr
        assert ended.returncode == 2
        assert says in text
        assert "Traceback" not in text
