"""What goes back to the senders: receipts as a page, as a list, and a small file for each submission with a problem."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sinks.files import neutral, safe_name, write_if_changed

STATUS = {"read": ("已读", "read"), "refused": ("退回", "refused"), "quarantined": ("已隔离", "set aside")}
_LIST = ("file_name", "rel_path", "status", "sent_for", "arrived_at", "layout_id", "villages", "cells_read", "size", "sha256")


def write_receipts(folder: Path, receipts: pd.DataFrame) -> list[Path]:
    """Write `receipts.csv`, `index.html` and `<file>.receipt.txt` for each file with a problem; returns those that changed.

    Receipts of problems that no longer exist are left: they were sent.
    """
    listed = receipts[list(_LIST)].assign(
        **{c: receipts[c].map(neutral) for c in ("file_name", "rel_path")},
        problems=[" ".join(p["code"] for p in problems) for problems in receipts["problems"]],
    )
    files = {folder / "receipts.csv": listed.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")}
    files[folder / "index.html"] = _page(receipts).encode("utf-8")
    for row in _rows(receipts):
        if len(row["problems"]):
            path = folder / f"{safe_name(row['rel_path'])}.receipt.txt"
            if path in files:  # a/b.xlsx and a_b.xlsx
                path = path.with_name(f"{hashlib.sha256(row['rel_path'].encode()).hexdigest()[:8]}_{path.name}")
            files[path] = receipt_text(row).encode("utf-8-sig")
    return [path for path, data in files.items() if write_if_changed(path, data)]


def receipt_text(row: Mapping[str, Any]) -> str:
    """One file's receipt, Chinese first."""
    zh, en = STATUS[row["status"]]
    head = [
        "回执 Receipt",
        f"文件 File: {row['rel_path']}",
        f"收到 Received: {row['arrived_at']}   报送月份 For: {row['sent_for']}",
        f"结果 Result: {zh} {en}   表式 Form: {row['layout_id'] or '—'}",
        f"村 Villages: {row['villages']}   数字 Figures: {row['cells_read']}",
        f"SHA-256: {row['sha256'] or '—'}",
    ]
    problems = []
    for number, p in enumerate(row["problems"], start=1):
        problems += [
            "",
            f"{number}. [{p['code']}] {p['where']}",
            f"   {p['say_zh']}",
            f"   请：{p['do_zh']}",
            f"   {p['say_en']}",
            f"   {p['do_en']}",
        ]
    return "\r\n".join([*head, *problems, ""])


def _rows(receipts: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(receipts.columns, row, strict=True)) for row in receipts.itertuples(index=False)]


def _page(receipts: pd.DataFrame) -> str:
    rows = []
    for row in _rows(receipts):
        zh, en = STATUS[row["status"]]
        problems = "".join(
            f"<li><b>{p['code']}</b> {html.escape(p['where'])}<br>{html.escape(p['say_zh'])} {html.escape(p['do_zh'])}"
            f"<br><span>{html.escape(p['say_en'])} {html.escape(p['do_en'])}</span></li>"
            for p in row["problems"]
        )
        cells = (row["rel_path"], f"{zh} {en}", row["arrived_at"], row["layout_id"] or "—", str(row["villages"]), str(row["cells_read"]))
        rows.append(
            f'<tr class="{row["status"]}">' + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + f"<td><ul>{problems}</ul></td></tr>"
        )
    names = ("文件 File", "结果 Result", "收到 Received", "表式 Form", "村 Villages", "数字 Figures", "问题 Problems")
    heads = "".join(f"<th>{name}</th>" for name in names)
    return _HTML.replace("{heads}", heads).replace("{rows}", "\n".join(rows))


_HTML = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>回执 Receipts</title><style>
body{font:14px/1.5 "Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Zen Hei",sans-serif;margin:2em;color:#222}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top}
th{background:#f3f3f3;position:sticky;top:0}tr.refused td,tr.quarantined td{background:#fff4e5}
ul{margin:0;padding-left:1.2em}span{color:#666}
</style></head><body><h1>回执 Receipts</h1><table><thead><tr>{heads}</tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""
