"""What stands in a cell, behind it and around it: the given cases through the run of a month, with what the receipts say."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.states import REPORTED, UNREADABLE
from tests.cases.office import VILLAGES, March, Offices

OWN = "990101200200"
"""The village (银坝村) of which the given forms are."""
NAMES = dict(zip(VILLAGES, ("双田社区", "银坝村", "金塘村", "泉塘村"), strict=True))


class Case(NamedTuple):
    """A given case: the figures that are not read, the message that is told, and words of it in both languages."""

    folder: str
    held: tuple[str, ...]
    told: str
    words: tuple[str, ...]


STRUCK = Case("A1_strike_part_xlsx", ("inflow_total", "outreach_participants"), "struck_part", ("划掉的“103”", "and “108”"))
STRUCK_XLS = STRUCK._replace(folder="A2_strike_part_xls")
RAISED = Case("A4_superscript", ("materials_issued",), "raised_part", ("E59（1 / 46）", "raised or lowered"))
WHOLE = Case("A6_strike_cell_beside", ("outreach_participants",), "struck_cell", ("旁边的数字：F58: 35", "is struck out"))
_FORMULAS = ("inflow_other_county", "inflow_other_province", "preconception_checks", "contraceptive_consultations", "contraceptive_clients")
NOUGHTS = Case(
    "C1d_form_cached0_small",
    (*_FORMULAS, "only_child_award_eligible", "only_child_award_paid"),
    "never_calculated",
    ("没有人计算过", "calculated by nobody (7 such cells"),
)
LOST = Case(
    "C4_lo_xls_text_formula",
    ("contraceptive_clients", "outreach_participants", "materials_issued"),
    "never_calculated",
    ("打开、保存", "open the file in WPS or Excel"),
)
SHARED = Case("R2_shared_formula_uncached", ("outreach_participants", "materials_issued"), "stale_formula", ("没有人计算过", "by nobody"))
OPEN = Case("R3b_ods_formula_no_value", ("outreach_participants",), "stale_formula", ("没有人计算过", "send it again"))
PREFIXED = Case(
    "U5b_errors_prefix",
    ("contraceptive_clients", "outreach_participants", "materials_issued"),
    "error_cell",
    ("出错（#N/A）", "failed (#DIV/0!)", "没有人计算过"),
)
SHARES = Case("E5_percent_whole", ("contraceptive_consultations", "contraceptive_clients"), "share_cell", ("百分比", "a percentage"))
SEXES = Case(
    "F2_form_merged_over_sexes",
    ("moved_in_m", "moved_in_f", "moved_out_m", "moved_out_f"),
    "figure_merged",
    ("E14:F14 是合并单元格", "Whose figure it is"),
)
RESIDENTS = Case(
    "F2c_form_resident_merged", ("resident_population_m", "resident_population_f"), "figure_merged", ("E19:F19", "常住人口（女）", "“1187”")
)
AGES = Case("F2e_form_age_merged", ("age_0_14", "age_15_59"), "figure_merged", ("E27:F27", "15—59岁", "Please unmerge"))
ASIDE = Case(
    "P28_figure_in_label",
    ("contraceptive_consultations", "contraceptive_clients", "outreach_participants", "materials_issued"),
    "figure_beside",
    ("“参加人次32”", "“46份”", "“避孕咨询人次：1”", "(E58) is blank"),
)


def given(folder: Path, village: str) -> tuple[str, bytes]:
    """The form of a case, as the form of a village of the same town."""
    (path,) = (p for p in folder.iterdir() if p.suffix in (".xlsx", ".xls", ".ods"))
    content = path.read_bytes()
    if village == OWN:
        return path.name, content
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(
                entry.filename, old.read(entry).replace(OWN.encode(), village.encode()).replace("银坝村".encode(), NAMES[village].encode())
            )
    return f"{village}_202403{path.suffix}", buffer.getvalue()


def sees(march: March, case: Case, village: str, path: str) -> None:
    """Nothing of the doubtful figures is read, each is asked about, and the receipt says why in both languages."""
    for indicator in case.held:
        assert march.figure(village, indicator)[1] == UNREADABLE, indicator
    assert case.told in march.told(path)
    words = march.receipt_words(path)
    assert all(text in words for text in case.words), words
    asked = march.findings(village)
    assert any(any(indicator in str(row) for indicator in case.held) for row in asked.itertuples()), "no finding asks about them"


@pytest.mark.parametrize(
    "cases",
    [
        (AGES, STRUCK_XLS, STRUCK, RAISED),
        (WHOLE, LOST, NOUGHTS, SHARED),
        (PREFIXED, OPEN, SHARES, SEXES),
        (RESIDENTS, ASIDE),
    ],
    ids=lambda cases: "+".join(case.folder.split("_")[0] for case in cases),
)
def test_figures_of_forms_that_are_not_what_they_seem(cases: tuple[Case, ...], shared_cases: Path, offices: Offices) -> None:
    files, about = {}, []
    for case, village in zip(cases, VILLAGES, strict=False):
        name, content = given(shared_cases / "reading" / case.folder, village)
        files[name] = content
        about.append((case, village, name))
    march = offices.march(files)
    for case, village, name in about:
        sees(march, case, village, name)


LISTS = [
    (Case("A9_list_strike_xlsx", ("inflow_other_province", "contraceptive_clients"), "struck_part", ("划掉的“6”", "“8”")), (OWN,)),
    (Case("A9_list_strike_ods", ("inflow_other_province", "contraceptive_clients"), "struck_part", ("划掉的“6”", "“8”")), (OWN,)),
    (
        Case(
            "C1_list_xlsxwriter_cached0",
            ("population_end_m", "outreach_participants", "materials_issued"),
            "never_calculated",
            ("没有人计算过", "send it again"),
        ),
        VILLAGES,
    ),
    (
        Case(
            "F1_list_figure_merged_two_villages_xlsx",
            ("outreach_sessions", "outreach_participants", "materials_issued"),
            "figure_merged",
            ("BW7:BW8", "“60”", "Whose figure"),
        ),
        VILLAGES[1:3],
    ),
    (
        Case(
            "F1d_list_figure_merged_html",
            ("outreach_sessions", "outreach_participants", "materials_issued"),
            "figure_merged",
            ("BX7:BX8", "“90”", "Whose figure"),
        ),
        VILLAGES[1:3],
    ),
]


@pytest.mark.parametrize(("case", "villages"), LISTS, ids=[case.folder for case, _ in LISTS])
def test_figures_of_lists_that_are_not_what_they_seem(case: Case, villages: tuple[str, ...], shared_cases: Path, offices: Offices) -> None:
    (path,) = (shared_cases / "reading" / case.folder).glob("松渡乡*")
    march = offices.march({path.name: path})
    for village in VILLAGES:
        if village in villages:
            sees(march, case, village, path.name)
        else:
            assert all(march.figure(village, indicator)[1] == REPORTED for indicator in case.held)


def test_a_page_of_libreoffice_is_read_by_the_numbers_that_it_holds(shared_cases: Path, offices: Offices) -> None:
    (path,) = (shared_cases / "reading" / "Y5_lo_html_rounded").glob("松渡乡*")
    march = offices.march({path.name: path})
    assert march.figure(OWN, "pension_support_amount") == (6499.74, REPORTED)
    assert march.told(path.name) == set()
