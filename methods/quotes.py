"""What the files themselves say, quoted: the words that a question about who and when, or about two versions, is filled with."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from methods.standing import former_copies, is_last_content
from methods.unfilled import is_unfilled
from schemas.dictionary import Dictionary
from schemas.states import NOT_COLLECTED, STATES

Words = Mapping[str, str]
_MOST_INDICATORS, _MOST_FILES = 4, 3
_WHY = {
    "near": ("相似度 {score:.2f}", "{score:.2f} alike"),
    "same": ("名称相同", "of that name"),
    "merge": ("{date}并入", "merged into it {date}"),
    "split": ("{date}由其拆出", "split off {date}"),
    "transfer": ("{date}划转后的代码", "its code since the transfer {date}"),
    "rename": ("{date}更名", "renamed {date}"),
}
_FILLED = {"sheet": ("工作表名", "the sheet's name"), "file": ("文件名", "the file's name"), "folder": ("文件夹名", "the folder's name")}


def words_of(reading: Mapping[Any, Any], month: str, name_of: Mapping[str, str]) -> tuple[Words, Words]:
    """Words of one identified record, Chinese and English: written, sources, months, suggestion, other_village, filled_from.

    Args:
        reading: a row of `sources.identify.identify`.
        month: the month it was sent for.
        name_of: names of the registry's places by code.
    """
    place, name, code = str(reading["place"]), str(reading["place_name"]), str(reading.get("place_code", reading["place"]))
    written = (
        [f"代码“{code}”" if code else "", f"村名“{name}”" if name else ""],
        [f"code “{code}”" if code else "", f"name “{name}”" if name else ""],
    )
    zh = {"written": "、".join(filter(None, written[0])) or "这张表所填的村（代码和村名都是空的）"}
    en = {"written": ", ".join(filter(None, written[1])) or "a form without code and name"}
    if (lost := _shortened(str(reading.get("row_note", "")))) and not code:
        zh["written"] = f"代码“{lost}”（表格程序四舍五入，只剩前几位；请把代码列设为文本，重填12位代码" + (
            f"；村名“{name}”）" if name else "，或写上村名）"
        )
        en["written"] = f"code “{lost}” (the spreadsheet rounded it: please send codes as text" + (
            f"; name “{name}”)" if name else ", or write the names)"
        )
    cells = name or code or "—"
    parent = str(reading["parent_name"])
    said = [("表内写“{}”", "the form says “{}”", f"{parent}{cells}" if parent and name else cells)]
    if place and name_of.get(place, name) != name:
        said.append(("代码是“{}”", "its code is that of “{}”", name_of.get(place, place)))
    said += [("工作表名写“{}”", "the sheet's name says “{}”", str(reading["sheet_says"]))]
    said += [("文件名写“{}”", "the file's name says “{}”", str(reading["file_says"]))]
    said += [("文件夹是“{}”", "its folder is “{}”", str(reading["folder_says"]))]
    zh["sources"] = "，".join(text.format(what) for text, _, what in said if what)
    en["sources"] = ", ".join(text.format(what) for _, text, what in said if what)
    on_form, in_name = str(reading["form_month"]), str(reading["file_month"])
    zh["months"] = (
        f"表内{'写 ' + on_form if on_form else '没有月份'}，" + (f"文件名写 {in_name}，" if in_name else "") + f"作为 {month} 报送"
    )
    en["months"] = (
        f"the form says {on_form or 'no month'}, " + (f"the file's name {in_name}, " if in_name else "") + f"it was sent for {month}"
    )
    if in_title := str(reading.get("title_month", "")):
        zh["months"] += f"，表题写 {in_title}"
        en["months"] += f", its title says {in_title}"
    zh["period"] = en["period"] = str(reading.get("period", ""))
    zh["suggestion"], en["suggestion"] = _suggested(str(reading["suggestions"]))
    other = str(reading["other_place"])
    zh["other_village"] = en["other_village"] = f"“{name_of.get(other, name)}” {other}" if other else "—"
    zh["filled_from"], en["filled_from"] = _FILLED.get(str(reading["place_from"]), ("表头", "the head of the form"))
    return zh, en


def _shortened(note: str) -> str:
    """What a spreadsheet left of the record's code, '' where it is whole."""
    if '"rounded"' not in note:
        return ""
    return str(json.loads(note).get("code", ""))


def _suggested(text: str) -> tuple[str, str]:
    """'是否为“罗阳村”（990101100203，相似度 0.86）？' for every place that may be meant; '' when there is none."""
    zh, en = [], []
    for why, code, name, score, date in json.loads(text) if text else []:
        reason = [words.format(score=int(score * 100) / 100, date=date).strip() for words in _WHY[why]]
        zh.append(f"“{name}”（{code}，{reason[0]}）")
        en.append(f"“{name}” ({code}, {reason[1]})")
    return (f"是否为{'或'.join(zh)}？", f"Is it {' or '.join(en)}?") if zh else ("", "")


class Quotes:
    """Quotes for the rows of a report.

    Args:
        report: VillageReport frame, whose `reading_ids` are asked by position.
        readings: the identified readings of the month.
        dictionary: labels and the order of figures.
        month: 'YYYY-MM'.
        name_of: names of the registry's places by code.
    """

    def __init__(
        self, report: pd.DataFrame, readings: pd.DataFrame, dictionary: Dictionary, month: str, name_of: Mapping[str, str]
    ) -> None:
        self._ids, self._places = report["reading_ids"].tolist(), report["village_code"].tolist()
        self._readings, self._dictionary, self._month, self._name_of = readings, dictionary, month, name_of

    @cached_property
    def _position(self) -> dict[str, int]:
        ids = self._readings["sha256"].str.cat(self._readings["ordinal"].astype("str"), sep="/")
        return {key: at for at, key in enumerate(ids)}

    @cached_property
    def _of_month(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The villages' records of the month that are to be heard, and those that came without figures."""
        r = self._readings
        r = r[(r["role"] == "report") & (r["level"] == "village") & r["month"].isin([self._month, ""])]
        unfilled = is_unfilled(r["states"], self._dictionary, self._month)
        current = is_last_content(r, unfilled)
        return r[current & ~unfilled & ~former_copies(r, ~unfilled)], r[unfilled]

    @cached_property
    def _by_place(self) -> Mapping[Any, Any]:
        return {place: rows.index.to_numpy() for place, rows in self._of_month[0].groupby("place")}

    @cached_property
    def _unfilled(self) -> Mapping[str, str]:
        return {str(place): str(rows["path"].iloc[-1]) for place, rows in self._of_month[1].groupby("place")}

    def __call__(self, row: int, wanted: Collection[str]) -> tuple[Words, Words]:
        """Chinese and English words, at least those wanted, for the report at position `row`; nothing where no file came."""
        at = [self._position[i] for i in self._ids[row].split(",") if i in self._position]
        if not at:
            path = self._unfilled.get(self._places[row], "") if "unfilled" in wanted else ""
            return ({"unfilled": f"（收到的“{path}”没有填数）"}, {"unfilled": f" (“{path}” came without figures)"}) if path else ({}, {})
        zh, en = words_of(self._readings.iloc[at[-1]].to_dict(), self._month, self._name_of)
        versions = self._versions(self._places[row]) if "versions" in wanted else ("", "")
        return {**zh, "versions": versions[0]}, {**en, "versions": versions[1]}

    def _versions(self, place: str) -> tuple[str, str]:
        """Every other version of a place's report beside the last one: its file, and the first figures that differ, both values."""
        rows = self._readings.loc[self._by_place.get(place, [])]
        zh, en = [], []
        for _, part in rows.groupby("return", sort=False):
            last = part.iloc[-1]
            for n in range(len(part) - 1):
                differing = self._differing(part.iloc[n], last)
                if differing[0]:
                    one, other = _files(part.iloc[n], last)
                    zh.append(f"“{one}”与“{other}”：{differing[0]}")
                    en.append(f"“{one}” and “{other}”: {differing[1]}")
        return "；".join(zh[:_MOST_FILES]) or "—", "; ".join(en[:_MOST_FILES]) or "—"

    def _differing(self, one: pd.Series, other: pd.Series) -> tuple[str, str]:
        codes = list(self._dictionary.codes)
        a, b = one[codes].to_numpy(dtype=np.float64), other[codes].to_numpy(dtype=np.float64)
        states = np.frombuffer((one["states"] + other["states"]).encode("ascii"), dtype=np.uint8).reshape(2, -1)
        differs = ((a != b) & ~(np.isnan(a) & np.isnan(b))) | (states[0] != states[1])
        at = np.flatnonzero(differs & (states != NOT_COLLECTED).all(axis=0)).tolist()  # of what one has no cell for, it says nothing
        labels = [self._dictionary.indicators[codes[n]].label for n in at[:_MOST_INDICATORS]]
        figures = [
            [[_shown(v[n], int(s[n]), lang) for v, s in ((a, states[0]), (b, states[1]))] for lang in (0, 1)] for n in at[:_MOST_INDICATORS]
        ]
        zh = "，".join(f"{label.zh} {f[0][0]} / {f[0][1]}" for label, f in zip(labels, figures, strict=True))
        en = ", ".join(f"{label.en} {f[1][0]} / {f[1][1]}" for label, f in zip(labels, figures, strict=True))
        more = len(at) - len(labels)
        return (zh + (f"，另有 {more} 项不同" if more else ""), en + (f", and {more} more" if more else "")) if at else ("", "")


def _files(one: pd.Series, other: pd.Series) -> tuple[str, str]:
    """The files of two records; where it is one file, with the sheet and the row of each."""
    files = str(one["path"]), str(other["path"])
    if files[0] != files[1]:
        return files
    rows = [f"{r['sheet']}!{int(r['row_no']) + 1}" if r["row_no"] else str(r["sheet"]) for r in (one, other)]
    return f"{files[0]} · {rows[0]}", f"{files[1]} · {rows[1]}"


def _shown(value: float, state: int, language: int) -> str:
    if value != value:
        return STATES[state][language]
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"
