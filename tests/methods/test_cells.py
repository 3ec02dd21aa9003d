"""Where a figure stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from methods.cells import CellFinder, cell_address
from sources.layout import Plan

FORM = {"sheet": "月报", "cells": {"births_m": "E7", "births_f": "F7"}}
LIST = {"sheet": "汇总表", "cells": {"births_m": "+0:E", "deaths_m": "+2:AA"}}
VITAL = {"sheet": "", "cells": {"births_m": "+0:C", "births_order_1": "+0:D"}}


def test_a_form_s_cell_stands_where_the_plan_says() -> None:
    assert cell_address(FORM, "births_m", 0) == "月报!E7"
    assert cell_address(FORM, "deaths_m", 0) == ""


def test_a_list_s_cell_moves_with_the_row_of_its_village() -> None:
    assert cell_address(LIST, "births_m", 5) == "汇总表!E6"
    assert cell_address(LIST, "deaths_m", 5) == "汇总表!AA8"


def test_a_text_file_has_no_sheet_to_name() -> None:
    assert cell_address(VITAL, "births_m", 1) == "C2"


@given(st.integers(0, 5000), st.integers(0, 3), st.integers(0, 800), st.integers(1, 40))
def test_an_address_is_where_the_reader_took_the_figure_from(row: int, offset: int, column: int, first_row: int) -> None:
    plan = Plan("l", "S", cells={"births_m": (offset, column)}, first_row=first_row, record_rows=4)
    whole = Plan("l", "S", cells={"births_m": (row + offset, column)})
    listed = cell_address({"sheet": "S", "cells": plan.addresses()}, "births_m", row)
    assert listed == cell_address({"sheet": "S", "cells": whole.addresses()}, "births_m", 0)


def test_a_report_of_two_files_is_found_in_both_and_nothing_is_named_twice() -> None:
    find = CellFinder(["a/0,b/3", "", "gone/0"], {"a/0": ("form", 0), "b/3": ("vital", 1)}, {"form": FORM, "vital": VITAL})
    assert find(0, ["births_m"]) == "月报!E7, C2"
    assert find(0, ["births_m", "births_f", "births_m"]) == "月报!E7, 月报!F7, C2"
    assert find(0, ["births_order_1"]) == "D2"
    assert find(1, ["births_m"]) == ""
    assert find(2, ["births_m"]) == ""


def test_written_totals_are_found_where_the_reading_says() -> None:
    plans = {"form": FORM}
    find = CellFinder(["a/0,b/3", ""], {"a/0": ("form", 0), "b/3": ("form", 0)}, plans, {"a/0": "月报!G7,G9", "b/3": ""})
    assert find(0, ["stated_sum_mismatches"]) == "月报!G7,G9"
    assert find(0, ["births_m"]) == "月报!E7"
    assert find(1, ["stated_sum_mismatches"]) == ""
