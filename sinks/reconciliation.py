"""The reconciliation with line departments as an official-looking workbook and as CSV, for the county's statistician.

Places stand in the order of their codes. The first sheet tells of the county and of what is out of line; then comes a sheet for every
figure of every department with all its places.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from schemas.dictionary import Dictionary
from schemas.entries import Text
from sinks.files import neutral, write_if_changed
from sinks.workbook import SIGNATURES, Book

STATUS = {
    "in_line": Text(zh="相符", en="in line"),
    "out_of_line": Text(zh="相差较大", en="out of line"),
    "cannot_tell": Text(zh="无法判断", en="cannot tell"),
}
NUMBER = "村统对1表"
_LEVELS = {"county": Text(zh="县", en="county"), "town": Text(zh="乡镇", en="town"), "village": Text(zh="村", en="village")}
_WHAT = (("部门", "Department", 44), ("指标", "Figure", 46))
_HEADS = (
    ("级别", "Level", 11), ("代码", "Code", 14), ("单位", "Place", 16), ("月数", "Months", 7), ("村报数", "Villages", 13),
    ("部门数", "Department", 13), ("应有村报数", "Expected", 13), ("下限", "Low", 13), ("上限", "High", 13), ("应有/村报", "Ratio", 9),
    ("比对情况", "Outcome", 22), ("比对单位数", "Compared", 11),
)  # fmt: skip
_FIGURES = ("ours", "theirs", "expected", "low", "high")
_NOTES = (
    Text(
        zh="两边数字并列，不预设哪一边正确；“相差较大”是请双方核对的问题，不是结论。",
        en="Both figures stand beside each other and neither is presumed right; “out of line” is a question to both sides.",
    ),
    Text(
        zh="应有村报数＝部门数按其覆盖面和补报月份折算；上下限为95%区间（负二项预测区间）。“:”表示没有数据，“–”表示零。",
        en="Expected: the department's count given what it covers and how late cases are registered; low–high is the 95 % "
        "(Gamma–Poisson) interval. “:” not available, “–” zero.",
    ),
    Text(
        zh="应有/村报在0.90–1.10以外（世界卫生组织数据质量核查）且超出偶然差异（条件精确检验，错误发现率5%）的列为相差较大；月数为2及以上的行是年内累计。",
        en="Out of line: expected / reported outside 0.90–1.10 (WHO) and beyond chance (exact conditional test, false discovery "
        "rate 5 %). Rows of two months and more are sums of the year so far.",
    ),
    Text(
        zh="任何一边缺数为“无法判断”；乡镇、县只加总两边都有数的单位。",
        en="Missing on either side is “cannot tell”; towns and counties add up only places of which both sides are known.",
    ),
)


def in_words(found: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """Rows for a reader: office and figure by name, then place, months, both figures and the outcome (coded, as the UI words it)."""
    return pd.DataFrame(
        {
            "office": [_both(dictionary.departments[s].label) if s in dictionary.departments else s for s in found["source"]],
            "figure": [_both(figure_label(code, dictionary)) for code in found["indicator"]],
            **{c: found[c].to_numpy() for c in ("place_code", "place_name", "span", *_FIGURES, "ratio", "status")},
        }
    )


def figure_label(code: str, dictionary: Dictionary) -> Text:
    """What an indicator or concept is called."""
    if code in dictionary.indicators:
        return dictionary.indicators[code].label
    return dictionary.concepts[code].label if code in dictionary.concepts else Text(zh=code, en=code)


def write_reconciliation(folder: Path, found: pd.DataFrame, dictionary: Dictionary, month: str) -> list[Path]:
    """Write `department_reconciliation_<month>.xlsx` and `.csv`; returns those that changed."""
    name = f"department_reconciliation_{month}"
    book = Book(month, "部门数据对账表")
    units = [str(n) for n in found.loc[found["place_level"] == "county", "place_name"].unique()]
    reporting = "、".join(units[:3]) + ("等" if len(units) > 3 else "")
    summary = found[(found["place_level"] == "county") | (found["status"] == "out_of_line")]
    _sheet(book, "对账汇总", Text(zh="对账汇总", en="Summary"), _ordered(summary), dictionary, month, reporting, _NOTES)
    for n, ((source, code), rows) in enumerate(found.groupby(["source", "indicator"], sort=True), start=1):
        department = dictionary.departments[str(source)]
        figure = figure_label(str(code), dictionary)
        title = Text(zh=f"{department.label.zh}（{figure.zh}）", en=f"{department.label.en} ({figure.en})")
        innocent = Text(zh=f"可能的正常原因：{department.innocent.zh}", en=department.innocent.en)
        _sheet(book, f"{n} {department.label.zh}"[:31], title, _ordered(rows), dictionary, month, reporting, (innocent, *_NOTES))
    csv = _csv(found, dictionary)
    files = ((folder / f"{name}.xlsx", book.close()), (folder / f"{name}.csv", csv))
    return [path for path, data in files if write_if_changed(path, data)]


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """County first, then its towns and villages in the order of their codes; a place's months so far below its month."""
    rank = rows["place_level"].map({level: n for n, level in enumerate(_LEVELS)})
    return rows.assign(rank=rank).sort_values(["source", "indicator", "rank", "place_code", "span"], kind="stable")


def _sheet(
    book: Book,
    name: str,
    title: Text,
    rows: pd.DataFrame,
    dictionary: Dictionary,
    month: str,
    reporting: str,
    notes: Sequence[Text],
) -> None:
    has_all = rows[["source", "indicator"]].drop_duplicates().shape[0] != 1  # of one figure the title says it
    heads = (*_WHAT, *_HEADS) if has_all else _HEADS
    s, sheet, last = book.styles, book.book.add_worksheet(name), len(heads) - 1
    sheet.set_row(0, 26)
    sheet.merge_range(0, 0, 0, last, f"部门数据对账表 — {title.zh}", s["title"])
    sheet.merge_range(1, 0, 1, last, f"Reconciliation with line departments: {title.en}", s["subtitle"])
    half = last // 2
    made_by = dictionary.tables["county_table"].made_by if "county_table" in dictionary.tables else Text(zh="县统计部门", en="")
    lines = (
        (f"填报单位 Reporting unit：{reporting}", f"表号 Table：{NUMBER}"),
        (f"报告期 Period：{int(month[:4])}年{int(month[5:])}月", f"制表机关 Made by：{made_by.zh} {made_by.en}"),
        ("计量单位 Unit：见指标 see figure", "核对用，内部资料 For internal review"),
    )
    for n, (left, right) in enumerate(lines, start=2):
        sheet.merge_range(n, 0, n, half, left, s["meta"])
        sheet.merge_range(n, half + 1, n, last, right, s["meta_right"])
    for column, (zh, en, width) in enumerate(heads):
        sheet.write_string(5, column, zh, s["head"])
        sheet.write_string(6, column, en, s["head_en"])
        sheet.set_column(column, column, width)
    for n, row in enumerate(rows.to_dict("records"), start=7):
        _line(book, sheet, n, row, dictionary, has_all=has_all)
    end = 7 + len(rows)
    for n, note in enumerate(notes):
        sheet.write_string(end + 2 * n, 0, f"{'注 Notes：' if n == 0 else ''}{note.zh}", s["note"])
        sheet.write_string(end + 2 * n + 1, 0, note.en, s["note"])
    sheet.write_string(end + 2 * len(notes) + 1, 0, SIGNATURES, s["meta"])
    sheet.freeze_panes(7, len(heads) - 9)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(5, 6)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.set_footer("&C&P / &N")


def _line(book: Book, sheet: Any, n: int, row: dict[Any, Any], dictionary: Dictionary, *, has_all: bool) -> None:
    s, code = book.styles, str(row["indicator"])
    is_odd = row["status"] == "out_of_line"
    look, outcome = (s["odd"], s["odd_centred"]) if is_odd else (s["name"], s["centred"])
    what = [_both(dictionary.departments[row["source"]].label), _both(figure_label(code, dictionary))] if has_all else []
    words = [*what, _both(_LEVELS[row["place_level"]]), str(row["place_code"]), str(row["place_name"])]
    for column, text in enumerate(words):
        sheet.write_string(n, column, text, look)
    at, decimals = len(words), _decimals(code, dictionary)
    sheet.write_number(n, at, row["span"], book.number(0))
    for column, name in enumerate((*_FIGURES, "ratio"), start=at + 1):
        places = 2 if name == "ratio" else max(decimals, 1) if name == "expected" else decimals
        if row[name] != row[name]:
            sheet.write_string(n, column, ":", s["none"])
        else:
            sheet.write_number(n, column, row[name], book.number(places))
    sheet.write_string(n, at + 7, _both(STATUS[row["status"]]), outcome)
    sheet.write_string(n, at + 8, f"{row['places_compared']} / {row['places_expected']}", s["centred"])


def _csv(found: pd.DataFrame, dictionary: Dictionary) -> bytes:
    """All rows with codes and names in both languages; UTF-8 with mark, so that WPS and Excel open it."""
    labels = [figure_label(code, dictionary) for code in found["indicator"]]
    departments = [dictionary.departments[source].label for source in found["source"]]
    shown = found.assign(
        place_name=found["place_name"].map(neutral),
        source_zh=[d.zh for d in departments],
        source_en=[d.en for d in departments],
        indicator_zh=[x.zh for x in labels],
        indicator_en=[x.en for x in labels],
        status_zh=[STATUS[x].zh for x in found["status"]],
    )
    return shown.to_csv(index=False, lineterminator="\r\n", float_format="%.10g").encode("utf-8-sig")


def _decimals(code: str, dictionary: Dictionary) -> int:
    codes = dictionary.sums.get(code, (code,))
    return dictionary.indicators[codes[0]].unit.decimals if codes[0] in dictionary.indicators else 0


def _both(text: Text) -> str:
    return f"{text.zh} {text.en}"
