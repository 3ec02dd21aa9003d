"""Files that go out: tidy tables, receipts, pictures, the reference page, and how they are written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.frames import FINDING_COLUMNS
from sinks.files import neutral, safe_name, write_if_changed
from sinks.plots import completeness_png, findings_by_town_png
from sinks.reference import reference
from sinks.rulepage import rule_page
from sinks.tidy import COLUMNS, tidy, write_tidy
from tests.sinks.published import county, dictionary, plain_sum, report, towns

ROOT = Path(__file__).resolve().parents[2]


def test_tidy_files_are_golden_and_say_the_same(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    assert {p.suffix for p in write_tidy(tmp_path, "town", towns(), dictionary())} == {".csv", ".parquet"}
    text = (tmp_path / "town.csv").read_bytes().decode("utf-8-sig")
    golden("tidy.csv", text.replace("\r\n", "\n"))
    parquet = pd.read_parquet(tmp_path / "town.parquet")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS == tuple(parquet.columns)
    assert [r["indicator"] for r in rows] == parquet["indicator"].tolist()
    assert [float(r["value"] or "nan") for r in rows] == pytest.approx(parquet["value"].tolist(), nan_ok=True)
    assert write_tidy(tmp_path, "town", towns(), dictionary()) == []


def test_every_tidy_figure_is_the_plain_sum() -> None:
    frame = tidy(pd.concat([towns(), county()], ignore_index=True), dictionary())
    base = frame[frame["kind"] != "derived"]
    assert len(base) == 3 * len(dictionary().codes)
    for row in base.itertuples(index=False):
        expected = plain_sum(str(row.indicator), str(row.place_code))
        assert (row.state == "not_available") == (expected is None)
        assert expected is None or row.value == expected


def test_an_unchanged_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    assert write_if_changed(path, b"one")
    before = path.stat().st_mtime_ns
    assert not write_if_changed(path, b"one")
    assert path.stat().st_mtime_ns == before
    assert write_if_changed(path, b"two")
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


@given(st.text(max_size=300))
def test_a_name_from_outside_never_leaves_its_folder(name: str) -> None:
    made = safe_name(name)
    assert made == Path(made).name
    assert made not in ("", ".", "..")
    assert len(made.encode()) <= 255
    assert (Path("folder") / made).parent == Path("folder")


@given(st.text(max_size=40))
def test_neutral_text_is_no_formula_and_loses_nothing(text: str) -> None:
    made = neutral(text)
    assert not made.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert made.removeprefix("'") == text.removeprefix("'") or made == text


def png_size(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def test_plots_are_small_pictures_with_something_in_them() -> None:
    row = dict.fromkeys(FINDING_COLUMNS, "") | {"severity": "mandatory", "town_code": "990101100"}
    some, none = (
        findings_by_town_png(pd.DataFrame([row]), report()),
        findings_by_town_png(pd.DataFrame(columns=list(FINDING_COLUMNS)), report()),
    )
    assert png_size(some) == png_size(none) == (640, 300)
    assert some != none
    assert png_size(completeness_png(report())) == (640, 300)


def test_the_reference_page_is_the_dictionarys() -> None:
    committed = (ROOT / "docs" / "dictionary.md").read_text("utf-8")
    assert committed == reference(dictionary()), "run `make docs` and commit docs/dictionary.md"


def test_the_rule_page_is_the_dictionarys_and_tells_every_rule_in_both_languages() -> None:
    page = rule_page(dictionary())
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == page, "run `make docs` and commit docs/rules.md"
    for rule in dictionary().rules.values():
        told = page.split(f"`{rule.id}` · ")[1].split("###")[0].splitlines()
        zh, en = told[2], told[3]
        assert re.search("[一-鿿]", zh)
        assert not re.search("[一-鿿_]", en), en


def test_every_indicator_rule_and_message_is_on_the_reference_page() -> None:
    page = reference(dictionary())
    for code in (*dictionary().codes, *dictionary().rules, *dictionary().derived, *dictionary().layouts):
        assert f"`{code}`" in page
    for entry in dictionary().messages.values():
        assert entry.code in page
