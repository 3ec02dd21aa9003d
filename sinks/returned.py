"""What goes back to the senders: a small file for each submission, a list for each town, pages to look at, and one list of all.

Everything is written anew only where a receipt changed: receipts carry a number (`receipt_no`), and `receipts.csv`, written last,
tells which ones were written before. Receipts of a month that no longer exist are left: they were sent.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sinks.files import neutral, safe_name, temporary_beside, write_if_changed
from sinks.receipt_pages import index_page, town_page

STATUS = {
    "read": ("已读", "read"),
    "refused": ("退回", "refused"),
    "quarantined": ("已隔离", "set aside"),
    "sealed": ("已封存待定", "sealed, to be decided"),
    "let_through": ("已放行", "let through"),
    "removed": ("已决定删除", "deleted by decision"),
}
_ALWAYS_COUNTED = ("read", "refused", "quarantined")
TIMING = {"early": ("月末前", "early"), "on_time": ("按时", "on time"), "late": ("迟报", "late"), "": ("—", "—")}
HELD_WHY = {
    "rival": ("同一时刻有不同版本", "different versions at the same moment"),
    "unknown_place": ("单位不在名录", "place not in the registry"),
    "expired_place": ("单位不在有效期", "place not in force"),
    "wrong_month": ("报告期不符", "wrong month on the form"),
}
UNPLACED = ("", "部门文件或未能判定乡镇 Files of departments, or town not known")
ROWS_A_PAGE = 300
_SUMMARY = "summary.receipt.txt"
_LIST: tuple[str, ...] = (
    "receipt_no",
    "file_name",
    "rel_path",
    "town_code",
    "town_name",
    "status",
    "timing",
    "days_off",
    "sent_for",
    "arrived_at",
    "kind",
)
_LIST += (
    "layout_id",
    "score",
    "runner_up",
    "villages",
    "counts",
    "held",
    "held_why",
    "superseded",
    "cells_read",
    "size",
    "sha256",
    "filled_by",
)

Row = Mapping[str, Any]


def write_receipts(folder: Path, receipts: pd.DataFrame) -> list[Path]:
    """Write one `<file>.receipt.txt` a submission, and `summary.receipt.txt` with pages for each town, in the town's folder (those
    whose town is not known: in `folder` itself); `index.html` and `receipts.csv` for all. Returns the files that changed.
    """
    columns = {c: receipts[c].to_numpy(dtype=object).tolist() for c in receipts.columns}
    rows: list[Row] = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    listed = _csv(columns)
    path = folder / "receipts.csv"
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        before = b""
    known = _written_before(before)
    towns: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        towns.setdefault((row["town_code"], row["town_name"]) if row["town_code"] else UNPLACED, []).append(row)
    written: list[Path] = []
    was_of_town: dict[str, set[str]] = {}
    for number, town in known.items():
        was_of_town.setdefault(town, set()).add(number)
    for (code, name), here in sorted(towns.items()):
        place = folder / _folder(code, name) if code else folder
        there = {entry.name for entry in os.scandir(place)} if place.is_dir() else set()
        names = _letter_names(here)
        stale = [(n, row) for n, row in zip(names, here, strict=True) if n not in there or known.get(row["receipt_no"]) != code]
        written += _letters(place, [(n, receipt_text(row)) for n, row in stale], there)
        pages = _page_names(code, len(here))
        if (
            not stale
            and was_of_town.get(code, set()) == {row["receipt_no"] for row in here}
            and {*pages, *([_SUMMARY] if code else [])} <= there
        ):
            continue
        if code:
            written += _letters(place, [(_SUMMARY, town_summary(code, name, here))], there)
        shown = [here[n * ROWS_A_PAGE : (n + 1) * ROWS_A_PAGE] for n in range(len(pages))]
        made = [
            (page, town_page(name, part, n, pages, is_below=bool(code))) for n, (page, part) in enumerate(zip(pages, shown, strict=True))
        ]
        written += _letters(place, made, there, encoding="utf-8")
    lines = [(*town, here, f"{_folder(*town)}/index.html" if town[0] else "unplaced.html") for town, here in sorted(towns.items())]
    for file, data in ((folder / "index.html", index_page(lines, rows).encode("utf-8", "backslashreplace")), (path, listed)):
        if write_if_changed(file, data):
            written.append(file)
    return written


def receipt_text(row: Row) -> str:
    """One file's receipt, Chinese first."""
    zh, en = STATUS[row["status"]]
    timing = TIMING[row["timing"]]
    days = f"（{abs(row['days_off'])} 天 day(s)）" if row["days_off"] else ""
    runner_up = f"；次近 runner-up: {row['runner_up']}" if row["runner_up"] else ""
    form = f"{row['layout_id']}（相符 score {row['score']:.2f}{runner_up}）" if row["layout_id"] else "—"
    sender = " · ".join(filter(None, (f"{row['town_name']} {row['town_code']}".strip(), row["filled_by"]))) or "—"
    lines = [
        "回执 Receipt",
        f"文件 File: {row['rel_path']}",
        f"报送 From: {sender}",
        f"收到 Received: {row['arrived_local'] or row['arrived_at']}   报送月份 For: {row['sent_for']}   {timing[0]} {timing[1]}{days}",
        f"结果 Result: {zh} {en}   格式 Kind: {row['kind'] or '—'}   表式 Form: {form}",
        f"村 Villages: {row['villages']}   数字 Figures: {row['cells_read']}",
    ]
    lines += [f"   {line}" for line in (_pairs(row["places"], "{1} {0}"), standing_text(row)) if line]
    if row["unmatched"]:
        lines.append(f"未识别的标题 Headings not understood: {row['unmatched']}")
    if row["supersedes"]:
        lines.append(f"此前已收到，本次取代 Takes the place of: {_pairs(row['supersedes'], '{0}（{1}）')}")
    if row["superseded_by"]:
        lines.append(f"已被后来的文件取代 Superseded by: {_pairs(row['superseded_by'], '{0}（{1}）')}")
    lines.append(f"大小 Size: {row['size']}   SHA-256: {row['sha256'] or '—'}")
    for number, p in enumerate(row["problems"], start=1):
        lines += ["", f"{number}. [{p['code']}] {p['where']}"]
        lines += [f"   {p['say_zh']}", f"   怎么办：{p['do_zh']}", f"   {p['say_en']}", f"   {p['do_en']}"]
    return "\r\n".join([*lines, "", f"回执号 Receipt no.: {row['receipt_no']}", ""])


def standing_text(row: Row) -> str:
    """What became of a file's records: how many count, are held (and why), or are superseded; '' for a file without records."""
    said = [f"采用 counted: {row['counts']}"] if row["counts"] else []
    if row["held"]:
        why = "、".join(" ".join(HELD_WHY[reason]) for reason in row["held_why"].split(" ") if reason in HELD_WHY)
        said.append(f"待核 held: {row['held']}（{why}）")
    if row["superseded"]:
        said.append(f"已取代 superseded: {row['superseded']}")
    return "   ".join(said)


def town_summary(code: str, name: str, rows: Sequence[Row]) -> str:
    """A town's receipts on one sheet: counts, then every file that needs something done."""
    counts = {status: sum(row["status"] == status for row in rows) for status in STATUS}
    counts = {status: n for status, n in counts.items() if n or status in _ALWAYS_COUNTED}
    lines = [
        "乡镇回执汇总 Receipts of a town",
        f"乡镇 Town: {name} {code}   报送月份 For: {rows[0]['sent_for']}",
        f"文件 Files: {len(rows)}   " + "   ".join(f"{' '.join(STATUS[status])}: {n}" for status, n in counts.items()),
        f"采用的村 Villages counted: {sum(r['counts'] for r in rows)}   待核 held: {sum(r['held'] for r in rows)}"
        f"   迟报文件 late files: {sum(r['timing'] == 'late' for r in rows)}",
    ]
    for row in rows:
        if row["problems"] or row["held"]:
            lines += ["", f"{row['rel_path']}：{' '.join(STATUS[row['status']])}   {standing_text(row)}".rstrip()]
            lines += [f"   [{p['code']}] {p['say_zh']} {p['say_en']}" for p in row["problems"]]
    return "\r\n".join([*lines, ""])


def _pairs(text: str, form: str) -> str:
    if not text:
        return ""
    pairs, more = json.loads(text)
    return "、".join(form.format(*pair).strip() for pair in pairs) + (f" …（另有 {more} 个 and {more} more）" if more else "")


def _letter_names(rows: Sequence[Row]) -> list[str]:
    """File names of receipts, each once: a/b.xlsx and a_b.xlsx, or the same path received twice, get the receipt's digest before them."""
    names: dict[str, None] = {}
    newest = {row["rel_path"]: row["sha256"] for row in rows}
    for row in rows:
        name = f"{safe_name(row['rel_path'])}.receipt.txt"
        if name in names or newest[row["rel_path"]] != row["sha256"]:
            name = f"{hashlib.sha256((row['rel_path'] + row['sha256']).encode('utf-8', 'surrogatepass')).hexdigest()[:8]}_{name}"
        names[name] = None
    return list(names)


def _page_names(code: str, n: int) -> list[str]:
    first = "index" if code else "unplaced"
    return [f"{first}.html", *(f"{first}-{page}.html" for page in range(2, -(-n // ROWS_A_PAGE) + 1))]


def _folder(code: str, name: str) -> str:
    return safe_name(f"{code}_{name}")


def _letters(folder: Path, texts: Sequence[tuple[str, str]], there: Container[str], encoding: str = "utf-8-sig") -> list[Path]:
    """Write what is not in the folder like that: under a temporary name, then renamed, without waiting for the disk. What a power
    failure spoils is written again from the store; there are twenty thousand of them.
    """
    if not texts:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    at, temporary, written = f"{folder}/", str(temporary_beside(folder / _SUMMARY)), []
    for name, text in texts:
        data = text.encode(encoding, "backslashreplace")
        if name in there and (folder / name).read_bytes() == data:
            continue
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(file, left) :]
        finally:
            os.close(file)
        os.replace(temporary, at + name)
        written.append(folder / name)
    return written


def _csv(columns: Mapping[str, list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*_LIST, "problems"])
    from_outside = ("file_name", "rel_path", "town_name", "filled_by")
    listed = [[neutral(text) for text in columns[c]] if c in from_outside else columns[c] for c in _LIST]
    problems = [" ".join(p["code"] for p in found) for found in columns["problems"]]
    writer.writerows(zip(*listed, problems, strict=True))
    return out.getvalue().encode("utf-8-sig", "backslashreplace")


def _written_before(listed: bytes) -> dict[str, str]:
    """Receipt number → town code, of the list that the last run wrote."""
    rows = csv.DictReader(io.StringIO(listed.decode("utf-8-sig", "replace")))
    if "receipt_no" not in (rows.fieldnames or ()):
        return {}
    return {row["receipt_no"]: row["town_code"] or "" for row in rows}
