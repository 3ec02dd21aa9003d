"""Receipts as pages: an index with counts for each town, and pages with a row for every file. Nothing is loaded from outside."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

Row = Mapping[str, Any]
_STATUS = {"read": "已读 read", "refused": "退回 refused", "quarantined": "已隔离 set aside", "sealed": "已封存待定 sealed, to be decided"}
_STATUS |= {"let_through": "已放行 let through", "removed": "已决定删除 deleted by decision"}
_TIMING = {"early": "月末前 early", "on_time": "按时 on time", "late": "迟报 late", "": ""}
_MOST_URGENT = 200


def index_page(towns: Sequence[tuple[str, str, Sequence[Row], str]], rows: Sequence[Row]) -> str:
    """The first page: totals, files that were not read or are held, and a line for every town.

    Args:
        towns: code, name, the town's receipts, and its page.
        rows: all receipts.
    """
    month = rows[0]["sent_for"] if rows else ""
    body = [f"<h1>回执 Receipts <small>{html.escape(month)}</small></h1>", _tiles(rows)]
    urgent = [r for r in rows if r["status"] != "read" or r["held"]]
    if urgent:
        body.append(f"<h2>未采用的文件 Files not counted <small>{len(urgent)}</small></h2>{_table(urgent[:_MOST_URGENT])}")
        if len(urgent) > _MOST_URGENT:
            body.append(
                f"<p>… 另有 {len(urgent) - _MOST_URGENT} 个，见各乡镇页 · {len(urgent) - _MOST_URGENT} more on the towns' pages</p>"
            )
    lines = []
    for code, name, here, page in towns:
        counts = (
            len(here), sum(r["status"] == "refused" for r in here), sum(r["status"] == "quarantined" for r in here),
            sum(r["counts"] for r in here), sum(r["held"] for r in here), sum(r["timing"] == "late" for r in here),
            sum(bool(r["problems"]) for r in here),
        )  # fmt: skip
        cells = "".join(f'<td class="n{" warn" if n and at in (1, 2, 4) else ""}">{n or "–"}</td>' for at, n in enumerate(counts))
        lines.append(f'<tr><td><a href="{quote(page)}">{html.escape(name)}</a> <code>{html.escape(code)}</code></td>{cells}</tr>')
    heads = (
        "乡镇 Town",
        "文件 files",
        "退回 refused",
        "隔离 set aside",
        "采用的村 counted",
        "待核 held",
        "迟报 late",
        "有问题 with problems",
    )
    body.append(
        f"<h2>各乡镇 Towns <small>{sum(bool(code) for code, *_ in towns)}</small></h2>"
        f"<table><thead><tr>{_heads(heads)}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )
    return _html("回执 Receipts", "\n".join(body))


def town_page(name: str, rows: Sequence[Row], number: int, pages: Sequence[str], *, is_below: bool) -> str:
    """One page of a town's receipts.

    Args:
        name: of the town.
        rows: the receipts on this page.
        number: of the page, from 0.
        pages: names of all its pages.
        is_below: whether the page stands in a folder below the index.
    """
    links = [f'<a href="{"../" if is_below else ""}index.html">← 全部 all</a>']
    if len(pages) > 1:
        links += [f"<b>{n + 1}</b>" if n == number else f'<a href="{quote(page)}">{n + 1}</a>' for n, page in enumerate(pages)]
    nav = f"<nav>{' '.join(links)}</nav>"
    return _html(
        name, f"{nav}<h1>{html.escape(name)} <small>{html.escape(rows[0]['sent_for'])}</small></h1>{_tiles(rows)}{_table(rows)}{nav}"
    )


def _tiles(rows: Sequence[Row]) -> str:
    counts = (
        ("文件 files", len(rows), ""),
        ("已读 read", sum(r["status"] == "read" for r in rows), ""),
        ("退回 refused", sum(r["status"] == "refused" for r in rows), "warn"),
        ("隔离 set aside", sum(r["status"] == "quarantined" for r in rows), "warn"),
        ("封存待定 sealed, to be decided", sum(r["status"] == "sealed" for r in rows), "warn"),
        ("采用的村 villages counted", sum(r["counts"] for r in rows), ""),
        ("待核 held", sum(r["held"] for r in rows), "warn"),
        ("迟报 late", sum(r["timing"] == "late" for r in rows), ""),
        ("月末前 early", sum(r["timing"] == "early" for r in rows), ""),
    )
    tiles = "".join(f'<div class="{kind if n else ""}"><b>{n}</b>{words}</div>' for words, n, kind in counts)
    return f'<div class="tiles">{tiles}</div>'


def _table(rows: Sequence[Row]) -> str:
    heads = ("文件 File", "结果 Result", "收到 Received", "表式 Form", "村 Villages", "数字 Figures", "问题 Problems")
    return f"<table><thead><tr>{_heads(heads)}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"


def _heads(names: Sequence[str]) -> str:
    return "".join(f"<th>{name}</th>" for name in names)


def _row(row: Row) -> str:
    e = html.escape
    days = f" {abs(row['days_off'])} 天 days" if row["days_off"] else ""
    timing = f'<br><span class="{row["timing"]}">{_TIMING[row["timing"]]}{days}</span>' if row["timing"] else ""
    is_held, is_old = bool(row["held"]), bool(row["superseded"] and not row["counts"])
    badge = row["status"] if row["status"] != "read" else "held" if is_held else "old" if is_old else "read"
    words = {"held": "待核 held", "old": "已取代 superseded"}.get(badge) or _STATUS[row["status"]]
    runner_up = f" › {e(row['runner_up'])}" if row["runner_up"] else ""
    match = f"<br><span>相符 match {row['score']:.2f}{runner_up}</span>"
    form = f"<b class=form>{e(row['layout_id'])}</b>{match}" if row["layout_id"] else "—"
    links = [("取代 replaces", row["supersedes"]), ("取代者 replaced by", row["superseded_by"])]
    chain = "".join(f"<br><span>{label} {e(_names(pairs, 0))}</span>" for label, pairs in links if pairs)
    clerk = f"{e(row['filled_by'])} · " if row["filled_by"] else ""
    file = f"{e(row['rel_path'])}<br><span>{clerk}{e(row['kind'] or '—')} · {row['size']} B · "
    file += f"<code>{e(row['sha256'][:12]) or '—'}</code></span>{chain}"
    problems = "".join(
        f"<li><b>{e(p['code'])}</b> {e(p['where'].removeprefix(row['rel_path']).removeprefix(' · '))}<br>{e(p['say_zh'])} {e(p['do_zh'])}"
        f"<br><span>{e(p['say_en'])} {e(p['do_en'])}</span></li>"
        for p in row["problems"]
    )
    cells = (
        file,
        f'<span class="badge {badge}">{words}</span>',
        f"{e(row['arrived_local'] or row['arrived_at'])}{timing}",
        form,
        f"{row['villages']}<br><span>{e(_names(row['places'], 1))}</span>",
        str(row["cells_read"]),
        f"<ul>{problems}</ul>" if problems else "",
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _names(text: str, at: int) -> str:
    if not text:
        return ""
    pairs, more = json.loads(text)
    return "、".join(pair[at] or pair[1 - at] for pair in pairs) + (f" … +{more}" if more else "")


def _html(title: str, body: str) -> str:
    return _PAGE.replace("{title}", html.escape(title)).replace("{body}", body)


_PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>
body{font:14px/1.55 "Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Zen Hei",sans-serif;
  margin:24px auto;padding:0 24px;max-width:1360px;color:#1f2328}
h1{font-size:24px;margin:0 0 12px}h2{font-size:17px;margin:28px 0 8px}small{color:#6a737d;font-weight:400}
a{color:#0b5cad;text-decoration:none}
nav{margin:8px 0}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:8px 0 16px}
.tiles div{border:1px solid #d8dee4;border-radius:6px;padding:6px 14px;color:#57606a}
.tiles b{display:block;font-size:20px;color:#1f2328}.tiles .warn{background:#fff4e0;border-color:#e8c48a}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #e3e7eb;padding:6px 10px;text-align:left;vertical-align:top}
th{background:#f5f7f9;position:sticky;top:0;white-space:nowrap;font-weight:600}
td{overflow-wrap:anywhere}td:first-child{min-width:260px}.form{font-weight:400;white-space:nowrap}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.warn{background:#fff4e0}
td span{color:#6a737d;font-size:12.5px}
td span.late{color:#9a5b00}td span.early{color:#5a4aa0}.badge{display:inline-block;border-radius:10px;padding:0 9px;white-space:nowrap}
td span.badge{font-size:13px;color:#1a6b33;background:#e4f4e8}
td span.badge.refused,td span.badge.quarantined,td span.badge.sealed{color:#8a2a12;background:#fde8e1}
td span.badge.held{color:#8a5a00;background:#fff0cc}td span.badge.old{color:#57606a;background:#eceff2}
ul{margin:0;padding-left:1.1em;min-width:280px}li{margin-bottom:4px}code{font-size:12px;color:#57606a}
</style></head><body>
{body}
</body></html>
"""
