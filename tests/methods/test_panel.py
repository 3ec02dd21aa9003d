"""History under the codes of today: a merger sums, a transfer goes on, a split hands nothing on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from methods.panel import panel_of, with_successors

CODES = ["births_m", "households_end"]


def reports(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["month", "village_code", *CODES])


def event(kind: str, old: str, new: str, date: str = "2024-03-01") -> pd.DataFrame:
    return pd.DataFrame([(date, kind, old, new, 1.0)], columns=["date", "kind", "from_code", "to_code", "share"])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=2))
def test_merging_villages_conserves_persons(figures: list[tuple[int, int]]) -> None:
    rows = [(f"2024-0{n + 1}", code, float(v), 1.0) for n, pair in enumerate(figures) for code, v in zip("ab", pair, strict=True)]
    joined = with_successors(reports(rows), event("merge", "a", "b"), CODES, "2024-03")
    assert set(joined["village_code"]) == {"b"}
    assert joined.groupby("month")["births_m"].sum().tolist() == [float(a + b) for a, b in figures]


def test_a_figure_that_one_of_the_merged_did_not_report_is_unknown_for_both() -> None:
    rows = [("2024-01", "a", 1.0, np.nan), ("2024-01", "b", 2.0, 5.0)]
    joined = with_successors(reports(rows), event("merge", "a", "b"), CODES, "2024-03")
    assert joined["births_m"].tolist() == [3.0]
    assert joined["households_end"].isna().all()


def test_a_transfer_goes_on_under_the_new_code_and_a_later_one_is_left_out() -> None:
    rows = reports([("2024-01", "a", 1.0, 2.0)])
    assert with_successors(rows, event("transfer", "a", "c"), CODES, "2024-03")["village_code"].tolist() == ["c"]
    assert with_successors(rows, event("transfer", "a", "c"), CODES, "2024-02")["village_code"].tolist() == ["a"]


def test_a_split_hands_nothing_on_not_even_to_the_village_that_keeps_the_code() -> None:
    rows = reports([("2024-01", "a", 1.0, 2.0), ("2024-01", "b", 3.0, 4.0), ("2024-02", "a", 0.0, 1.0)])
    left = with_successors(rows, event("split", "a", "c"), CODES, "2024-03")
    date = str(event("split", "a", "c")["date"].iloc[0])[:7]
    assert sorted(zip(left["month"], left["village_code"], strict=True)) == sorted(
        (m, v) for m, v in zip(rows["month"], rows["village_code"], strict=True) if v != "a" or m >= date
    )


def test_a_panel_leaves_out_other_villages_and_months_and_marks_what_is_missing() -> None:
    rows = reports([("2024-01", "a", 1.0, 2.0), ("2024-02", "z", 3.0, 4.0), ("2023-12", "a", 5.0, 6.0)])
    panel = panel_of(rows, CODES, ["a", "b"], ["2024-01", "2024-02"])
    assert panel.of("births_m")[0].tolist()[0] == 1.0
    assert np.isnan(panel.values).sum() == 6
    assert panel.until("2024-01").months == ("2024-01",)


def lines(*events: tuple[str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame([(*e, 1.0) for e in events], columns=["date", "kind", "from_code", "to_code", "share"])
    return frame.sort_values(["date", "from_code", "to_code"], ignore_index=True)


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=4, max_size=4), min_size=1, max_size=2),
    st.integers(2, 4),
    st.booleans(),
    st.booleans(),
)
def test_merging_into_a_new_or_an_old_code_conserves_persons(
    figures: list[list[int]], size: int, keeps_a_code: bool, written_twice: bool
) -> None:
    members = "abcd"[:size]
    rows = [(f"2024-0{n + 1}", code, float(v), 1.0) for n, of in enumerate(figures) for code, v in zip(members, of, strict=False)]
    new = members[-1] if keeps_a_code else "z"
    events = [("2024-03-01", "merge", code, new) for code in members if code != new] * (1 + written_twice)
    joined = with_successors(reports(rows), lines(*events), CODES, "2024-03")
    assert set(joined["village_code"]) == {new}
    assert joined["births_m"].tolist() == [float(sum(of[:size])) for of in figures]
    assert (joined["households_end"] == size).all()


def test_a_figure_that_one_of_them_did_not_report_is_unknown_for_the_new_code_too() -> None:
    rows = [("2024-01", "a", 1.0, np.nan), ("2024-01", "b", 2.0, 5.0), ("2024-02", "a", 1.0, 2.0)]
    joined = with_successors(reports(rows), lines(("2024-03-01", "merge", "a", "c"), ("2024-03-01", "merge", "b", "c")), CODES, "2024-03")
    assert joined["village_code"].tolist() == ["c", "c"]
    assert joined["births_m"].tolist()[0] == 3.0
    assert np.isnan(joined["births_m"].tolist()[1])
    assert joined["households_end"].isna().all()


def test_villages_that_join_a_new_one_month_after_month_are_all_summed_once() -> None:
    rows = [(m, code, 1.0, 10.0) for m in ("2024-01", "2024-02") for code in "ab"] + [("2024-01", "c", 5.0, 7.0)]
    rows = [row for row in rows if not (row[0] == "2024-02" and row[1] == "a")] + [("2024-02", "z", 1.0, 10.0)]
    events = lines(("2024-02-01", "merge", "a", "z"), ("2024-03-01", "merge", "b", "z"), ("2024-04-01", "transfer", "z", "y"))
    joined = with_successors(reports(rows), events, CODES, "2024-04").sort_values("month")
    assert joined.loc[joined["village_code"] == "y", "births_m"].tolist() == [2.0, 2.0]
    assert joined.loc[joined["village_code"] == "c", "births_m"].tolist() == [5.0]
