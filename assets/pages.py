"""The villages' pages: findings, hints and history put together for the clerk who is asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.cells import cell_finder
from assets.common import monthly_asset, months_before
from assets.history import load_history, panel_with
from assets.ports import Outbox
from assets.queue import expected_figures
from assets.tables import month_record
from methods.cells import CellFinder
from methods.finding_frame import number
from methods.implausible import Expectation
from schemas.dictionary import Dictionary
from schemas.entries import Text
from sinks.files import write_if_changed
from sinks.month import load_month
from sinks.store import Store
from sinks.submissions import readings_sent_for
from sinks.village_page import Figure, Question, VillagePage, index_page, page_name, questions_in_order, village_page

INDEX = "index.html"
_MONTHS_SHOWN, _MOST_HINTS = 24, 3


@monthly_asset("tables", {"html"}, deps=[month_record])
def village_pages(
    context: AssetExecutionContext,
    finding: pd.DataFrame,
    hint: pd.DataFrame,
    expectation: pd.DataFrame,
    village_report: pd.DataFrame,
    reading: pd.DataFrame,
    history: pd.DataFrame,
    store: ResourceParam[Store],
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
) -> list[str]:
    """各村核对单 · A page for every village with figures to look up: what was received, which figures, what is usual, what to do."""
    frames = {"finding": finding, "hint": hint, "expectation": expectation, "village_report": village_report}
    frames |= {"reading": reading, "history": history}
    folder = outbox.folder / context.partition_key / "villages"
    written = write_pages(folder, frames, store, dictionary, context.partition_key)
    context.add_output_metadata({"改动的文件 files changed": len(written), "文件夹 folder": dg.MetadataValue.path(folder)})
    return [str(path) for path in written]


def pages_from_store(store: Store, dictionary: Dictionary, month: str) -> dict[str, pd.DataFrame]:
    """The frames of a recorded month that `write_pages` needs."""
    frames = {name: load_month(store, month, name) for name in ("finding", "hint", "village_report")}
    reading = readings_sent_for(store, month, dictionary.reading_version)
    history = load_history(store, dictionary, month)
    expectation = expected_figures(history, frames["village_report"], dictionary, month)
    return {**frames, "reading": reading, "history": history, "expectation": expectation}


def write_pages(
    folder: Path, frames: Mapping[str, pd.DataFrame], store: Store, dictionary: Dictionary, month: str, only: str = ""
) -> list[Path]:
    """Write the page of every village of which a report came and that has figures to look up; those that changed are named.

    Args:
        folder: where to.
        frames: finding, hint, expectation, village_report, reading of the month, and history.
        store: for the cells.
        dictionary: labels.
        month: 'YYYY-MM'.
        only: one village's code; '' for all.
    """
    report, findings = frames["village_report"], frames["finding"]
    asked = findings[(findings["place_level"] == "village") & (findings["village_code"] == only if only else True)]
    rows = report[report["village_code"].isin(villages_with_pages(asked, dictionary)) & (report["reading_ids"] != "")]
    by_village: dict[Key, list[Mapping[Any, Any]]] = {}
    for question in asked.to_dict("records"):
        by_village.setdefault(_key(question["village_code"], question["place_name"]), []).append(question)
    hints = {str(code): here.to_dict("records") for code, here in frames["hint"].groupby("village_code")}
    maker = _Maker(report, rows, frames, store, dictionary, month)
    written, wanted = [], {INDEX}
    keys = pd.Series(_keys(rows), index=rows.index, dtype=object)
    rows = rows[pd.Series([key in by_village for key in keys.tolist()], index=rows.index, dtype=bool) & ~keys.duplicated()]
    for row, key in zip(rows.index.tolist(), _keys(rows), strict=True):
        page = maker.page(row, by_village[key], hints.get(key[0], []) if key[0] else [])
        path = folder / page_name(*key)
        wanted.add(path.name)
        if write_if_changed(path, village_page(page).encode()):
            written.append(path)
    if not only:
        index = folder / INDEX
        if write_if_changed(index, index_page(month, _by_town(rows, by_village)).encode()):
            written.append(index)
        for stale in sorted(path for path in folder.glob("*.html") if path.name not in wanted):
            stale.unlink()  # its questions have been answered
            written.append(stale)
    return written


Key = tuple[str, str]
"""Code of a village, and its name where it has no code."""


def _keys(rows: pd.DataFrame) -> list[Key]:
    return [_key(code, name) for code, name in zip(rows["village_code"].tolist(), rows["village_name"].tolist(), strict=True)]


def _key(code: str, name: str) -> Key:
    return code, "" if code else name


def villages_with_pages(findings: pd.DataFrame, dictionary: Dictionary) -> set[str]:
    """Villages with a question that is reason enough for a page (`page` of its rule); a page then has all their questions."""
    without = [rule.id for rule in dictionary.rules.values() if not rule.page]
    return set(findings.loc[~findings["rule"].isin(without), "village_code"])


def _by_town(rows: pd.DataFrame, findings: Mapping[Key, Sequence[Any]]) -> dict[str, list[tuple[str, str, int]]]:
    """Town → its villages that are asked: code, name, number of questions; in the order of codes."""
    towns: dict[str, list[tuple[str, str, int]]] = {}
    for town, code, name in rows.sort_values("village_code")[["town_name", "village_code", "village_name"]].itertuples(
        index=False, name=None
    ):
        towns.setdefault(town, []).append((code, name or code, len(findings[_key(code, name)])))
    return towns


class _Maker:
    def __init__(
        self, report: pd.DataFrame, rows: pd.DataFrame, frames: Mapping[str, pd.DataFrame], store: Store, dictionary: Dictionary, month: str
    ) -> None:
        self.report, self.dictionary, self.month = report, dictionary, month
        self.cells: CellFinder = cell_finder(report, frames["reading"], store, dictionary)
        self.expected = Expectation.of_frame(frames["expectation"], dictionary.codes)
        self.row_of = {code: n for n, code in enumerate(self.expected.villages)}
        self.files = _files(frames["reading"], dictionary.calendar.time_zone)
        self.panel = panel_with(frames["history"], rows, dictionary.codes, month, _MONTHS_SHOWN, gaps=True)
        self.column_of = {code: n for n, code in enumerate(self.panel.villages)}

    def page(self, row: int, findings: Sequence[Mapping[Any, Any]], hints: Sequence[Mapping[Any, Any]]) -> VillagePage:
        names = ("village_name", "village_code", "town_name", "reading_ids")
        place = {name: str(self.report.at[row, name]) for name in names}
        received = [self.files[i] for i in place["reading_ids"].split(",") if i in self.files]
        questions = [self._question(row, f, hints) for f in questions_in_order(findings)]
        return VillagePage(
            place["village_name"] or place["village_code"], place["village_code"], place["town_name"], self.month, received, questions
        )

    def _question(self, row: int, finding: Mapping[Any, Any], hints: Sequence[Mapping[Any, Any]]) -> Question:
        here = sorted((h for h in hints if finding["rule_id"] in str(h["rules"]).split(",")), key=lambda h: int(h["rank"]))[:_MOST_HINTS]
        of = str(here[0]["indicators"] if here else finding["indicators"] if finding["track"] == "B" else "")
        suspected = set(of.split(",")) - {""}
        codes = [code for code in str(finding["indicators"]).split(",") if code in self.dictionary.indicators]
        codes += [code for code in sorted(suspected - set(codes)) if code in self.dictionary.indicators]
        instance = self.dictionary.instances.get(str(finding["rule_id"]))
        label = Text(zh=str(finding["label_zh"]), en=str(finding["label_en"]))
        label = self.dictionary.instance_label(instance) if instance is not None else label
        return Question(
            str(finding["severity"]),
            (label.zh, label.en),
            (str(finding["say_zh"]), str(finding["say_en"])),
            (str(finding["do_zh"]), str(finding["do_en"])),
            [self._figure(row, code, code in suspected) for code in codes],
            list(dict.fromkeys((str(h["say_zh"]), str(h["say_en"])) for h in here)),
        )

    def _figure(self, row: int, code: str, is_suspected: bool) -> Figure:
        indicator, village = self.dictionary.indicators[code], str(self.report.at[row, "village_code"])
        is_money, at = indicator.unit.decimals > 0, (self.row_of[village], self.expected.codes.index(code))
        low, high = float(self.expected.low[at]), float(self.expected.high[at])
        line = self.panel.of(code)[:, self.column_of[village]].tolist()
        last = line[-2] if len(line) > 1 and self.panel.months[-2] == months_before(self.month, 1)[0] else np.nan
        return Figure(
            (indicator.label.zh, indicator.label.en),
            self.cells(row, [code]),
            number(float(self.report[code].iloc[row]), is_money=is_money),
            "" if np.isnan(last) else number(last, is_money=is_money),
            _usual(low, high),
            list(zip(self.panel.months, line, strict=True)),
            low,
            high,
            is_suspected,
        )


def _usual(low: float, high: float) -> str:
    """What is usual in words: '3–7', or '0' where both ends are the same; '' unknown."""
    if np.isnan(low):
        return ""
    bottom, top = f"{low:.0f}", f"{high:.0f}"
    return bottom if bottom == top else f"{bottom}–{top}"


def _files(reading: pd.DataFrame, zone: str) -> dict[str, tuple[str, str, str]]:
    """Reading id → file, time of arrival in the office, clerk."""
    ids = reading["sha256"] + "/" + reading["ordinal"].astype("str")
    arrived = pd.to_datetime(reading["arrived_at"], utc=True, format="ISO8601").dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M")
    return dict(zip(ids, zip(reading["path"].str.rsplit("/", n=1).str[-1], arrived, reading["filled_by"], strict=True), strict=True))
