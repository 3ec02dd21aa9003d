"""Receipts: the frame, the letters, the pages, and what is written again when one thing changed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd

from schemas.frames import receipt_schema
from sinks.receipts import Sent, receipts_of
from sinks.returned import ROWS_A_PAGE, receipt_text, write_receipts
from tests.sinks.published import dictionary

DUE, OPENS = "2024-04-05T15:59:59Z", "2024-03-30T16:00:00Z"
TOWN = ("990101100", "青溪镇")
PROBLEM = {"name": "unreadable_cell", "sheet": "月报", "cell": "E7", "details": {"label": "出生（男）"}}


def _submissions(*rows: dict[str, object]) -> pd.DataFrame:
    base: dict[str, object] = {
        "sha256": "0" * 64, "path": "2024-03/a.xlsx", "size": 9, "arrived_at": "2024-04-03T01:00:00Z", "sent_for": "2024-03",
        "status": "read", "kind": "xlsx", "layout": "village_form_2024", "score": 0.97, "runner_up": "village_form_2023",
        "n_records": 1, "n_cells": 70, "problems": "",
    }  # fmt: skip
    made = [base | {"id": n} | row for n, row in enumerate(rows, start=1)]
    return pd.DataFrame(made).astype({c: "str" for c, value in base.items() if isinstance(value, str)})


def _receipts(*rows: dict[str, object], sent: dict[int, Sent] | None = None) -> pd.DataFrame:
    frame = receipts_of(_submissions(*rows), dictionary(), sent, due=DUE, opens=OPENS)
    receipt_schema().validate(frame, lazy=True)
    return frame


def _letter(*rows: dict[str, object], sent: dict[int, Sent] | None = None) -> str:
    return receipt_text({str(k): v for k, v in _receipts(*rows, sent=sent).iloc[0].items()})


def test_a_letter_tells_who_what_when_and_what_became_of_it() -> None:
    mine = Sent(*TOWN, "李会计", [("990101100203", "罗阳村")], ["counts"], [("2024-03/old.xlsx", "2024-04-01T01:00:00Z")], [], [])
    text = _letter({"arrived_at": "2024-04-07T01:00:00Z", "problems": json.dumps([PROBLEM])}, sent={1: mine})
    for words in (
        "文件 File: 2024-03/a.xlsx", "青溪镇 990101100 · 李会计", "2024-04-07 09:00", "迟报 late（2 天", "已读 read",
        "village_form_2024（相符 score 0.97", "village_form_2023", "罗阳村 990101100203", "采用 counted: 1",
        "2024-03/old.xlsx（2024-04-01T01:00:00Z）", "0" * 64, "月报 · E7", "CB-2205",
    ):  # fmt: skip
        assert words in text, words
    assert "{" not in text


def test_early_on_time_and_late_go_by_the_calendar() -> None:
    times = ["2024-03-30T15:59:59Z", "2024-03-30T16:00:00Z", DUE, "2024-04-05T16:00:00Z", "2024-04-07T16:00:00Z"]
    found = _receipts(*[{"arrived_at": t, "path": f"{n}.xlsx"} for n, t in enumerate(times)])
    assert found["timing"].tolist() == ["early", "on_time", "on_time", "late", "late"]
    assert found["days_off"].tolist() == [-1, 0, 0, 1, 3]


def test_why_a_file_is_held_or_superseded_is_told() -> None:
    held = Sent(*TOWN, "", [("", "罗洋村")], ["unknown_place"])
    old = Sent(*TOWN, "", [("990101100203", "罗阳村")], ["superseded"], [], [("2024-03/new.xlsx", "2024-04-04T01:00:00Z")])
    assert "待核 held: 1（单位不在名录 place not in the registry）" in _letter({}, sent={1: held})
    text = _letter({}, sent={1: old})
    assert "已取代 superseded: 1" in text
    assert "Superseded by: 2024-03/new.xlsx（2024-04-04T01:00:00Z）" in text


def test_many_villages_are_counted_and_the_first_ones_named() -> None:
    places = [(f"990101100{n}", f"村{n}") for n in range(200, 240)]
    text = _letter({"n_records": 40}, sent={1: Sent(*TOWN, "", places, ["counts"] * 39 + ["wrong_month"])})
    assert "村200" in text
    assert "另有 28 个 and 28 more" in text
    assert "村239" not in text
    assert "采用 counted: 39   待核 held: 1（报告期不符" in text


def test_headings_that_matched_nothing_are_on_the_receipt() -> None:
    problem = {"name": "unmatched_heading", "sheet": "月报", "cell": "B9", "details": {"label": "宠物数"}}
    assert "Headings not understood: 宠物数" in _letter({"problems": json.dumps([problem])})


def test_a_quarantined_file_s_receipt_holds_nothing_but_its_path() -> None:
    problem = {"name": "personal_data", "sheet": "附表", "cell": "", "details": {"sheet": "附表"}}
    row = {"status": "quarantined", "sha256": "", "layout": "", "score": None, "runner_up": "", "n_records": 0, "n_cells": 0}
    found = _receipts({**row, "problems": json.dumps([problem])})
    assert found[["places", "filled_by", "unmatched", "layout_id"]].eq("").all(axis=None)
    assert "已隔离 set aside" in _letter({**row, "problems": json.dumps([problem])})


def _many(n: int) -> pd.DataFrame:
    towns = [(f"99010110{t}", f"镇{t}") for t in range(3)]
    sent = {k: Sent(*towns[k % 3], "", [(f"{towns[k % 3][0]}{200 + k}", f"村{k}")], ["counts"]) for k in range(1, n + 1)}
    return _receipts(*[{"path": f"2024-03/村{k}.xlsx", "sha256": f"{k:064d}"} for k in range(1, n + 1)], sent=sent)


def test_every_file_has_a_letter_in_its_town_s_folder_and_a_row_on_its_page(tmp_path: Path) -> None:
    found = pd.concat([_many(6), _receipts({"path": "2024-03/x.bin", "status": "refused"})], ignore_index=True)
    write_receipts(tmp_path, found)
    towns = sorted(p.name for p in tmp_path.iterdir() if p.is_dir())
    assert towns == ["990101100_镇0", "990101101_镇1", "990101102_镇2"]
    for town in towns:
        names = {p.name for p in (tmp_path / town).iterdir()}
        assert len(names) == 4
        assert {"index.html", "summary.receipt.txt"} < names
    assert (tmp_path / "2024-03_x.bin.receipt.txt").exists()
    index = (tmp_path / "index.html").read_text("utf-8")
    assert all(town.split("_")[1] in index for town in towns)
    assert "2024-03/x.bin" in index
    page = (tmp_path / towns[0] / "index.html").read_text("utf-8")
    assert {n for n in range(1, 7) if f"2024-03/村{n}.xlsx" in page} == {3, 6}
    assert len(pd.read_csv(tmp_path / "receipts.csv")) == 7


def test_nothing_is_loaded_from_outside_and_every_link_leads_to_a_page(tmp_path: Path) -> None:
    import re

    write_receipts(tmp_path, pd.concat([_many(6), _receipts({"path": "y", "status": "refused"})], ignore_index=True))
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) == 5
    for page in pages:
        text = page.read_text("utf-8")
        assert not re.search(r"https?:|//[a-z]|<script|<link|<img|url\(", text)
        for link in re.findall(r'href="([^"]+)"', text):
            from urllib.parse import unquote

            assert (page.parent / unquote(link)).exists(), link


def test_only_what_changed_is_written_again(tmp_path: Path) -> None:
    before = _many(9)
    write_receipts(tmp_path, before)
    assert write_receipts(tmp_path, before) == []
    after = _many(9)
    after.loc[0, ["receipt_no", "size"]] = ["another", 10]
    changed = {str(p.relative_to(tmp_path)) for p in write_receipts(tmp_path, after)}
    assert changed == {"990101101_镇1/2024-03_村1.xlsx.receipt.txt", "990101101_镇1/index.html", "receipts.csv"}
    (tmp_path / "990101102_镇2" / "2024-03_村2.xlsx.receipt.txt").unlink()
    assert [p.name for p in write_receipts(tmp_path, after)] == ["2024-03_村2.xlsx.receipt.txt"]


def test_a_run_cut_off_before_the_list_writes_it_again(tmp_path: Path) -> None:
    found = _many(3)
    write_receipts(tmp_path, found)
    (tmp_path / "receipts.csv").unlink()
    (tmp_path / "990101101_镇1" / "2024-03_村1.xlsx.receipt.txt").write_bytes(b"half")
    assert {p.name for p in write_receipts(tmp_path, found)} == {"receipts.csv", "2024-03_村1.xlsx.receipt.txt"}


def test_a_receipt_s_number_changes_with_anything_on_it() -> None:
    numbers = {
        _receipts(row)["receipt_no"].iloc[0] for row in ({}, {"size": 10}, {"problems": json.dumps([PROBLEM])}, {"status": "refused"})
    }
    assert len(numbers) == 4
    assert _receipts({})["receipt_no"].iloc[0] in numbers


def test_long_lists_go_over_several_pages(tmp_path: Path) -> None:
    n = 2 * ROWS_A_PAGE + 1
    write_receipts(tmp_path, _receipts(*[{"path": f"f{k}.xlsx"} for k in range(n)]))
    pages = ["unplaced.html", "unplaced-2.html", "unplaced-3.html"]
    assert [(tmp_path / p).read_text("utf-8").count("<tr><td>") for p in pages] == [ROWS_A_PAGE, ROWS_A_PAGE, 1]
    assert 'href="unplaced-3.html"' in (tmp_path / pages[0]).read_text("utf-8")
    assert (tmp_path / "index.html").stat().st_size < 30_000


def test_what_comes_from_outside_is_escaped_and_no_formula(tmp_path: Path) -> None:
    sent = {1: Sent(*TOWN, "<i>=a</i>", [("1", "<b>村")], ["counts"]), 2: Sent(*TOWN)}
    write_receipts(tmp_path, _receipts({"path": "2024-03/a<b>.xlsx"}, {"path": "=1+1.xlsx"}, sent=sent))
    page = (tmp_path / "990101100_青溪镇" / "index.html").read_text("utf-8")
    assert not any(text in page for text in ("a<b>", "<b>村", "<i>"))
    assert "a&lt;b&gt;.xlsx" in page
    rows = list(csv.DictReader((tmp_path / "receipts.csv").read_text("utf-8-sig").splitlines()))
    assert rows[1]["file_name"] == "'=1+1.xlsx"


def test_files_whose_safe_names_are_equal_and_versions_of_one_path_have_a_receipt_each(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"path": p, "sha256": s} for p, s in (("a/b.xlsx", "1"), ("a_b.xlsx", "2"), ("a/b.xlsx", "3"))]
    write_receipts(tmp_path, _receipts(*rows))
    letters = {p.name: p.read_text("utf-8-sig") for p in tmp_path.glob("*.receipt.txt")}
    assert sorted(t.split("SHA-256: ")[1][0] for t in letters.values()) == ["1", "2", "3"]
