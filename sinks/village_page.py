"""A page for a village and month: what was received, what is asked, in which cell, and what to do. For a clerk, on paper or on a screen.

One self-contained HTML page, Chinese first, A4; nothing is loaded from outside and every text from outside is escaped.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sinks.sparkline import sparkline

_SEVERITY = {
    "mandatory": ("必须更正", "must be corrected"),
    "near_mandatory": ("请更正或说明", "correct or explain"),
    "verify": ("请核实", "please confirm"),
}


_FEW = 3
"""So many figures have their history shown each; of more, those that are suspected."""


@dataclass(frozen=True)
class Figure:
    """A figure that a question is about: label (zh, en), cell, shown, and what is usual: last month and the 95 % interval ('' unknown).

    history: (month, figure or NaN), oldest first, the month itself last; low, high: the interval as numbers, NaN unknown.
    is_suspected: a hint names it.
    """

    label: tuple[str, str]
    cell: str
    shown: str
    last: str
    usual: str
    history: Sequence[tuple[str, float]] = ()
    low: float = float("nan")
    high: float = float("nan")
    is_suspected: bool = False


@dataclass(frozen=True)
class Question:
    """One question: severity; label, what is unusual, what to do (zh, en); the figures it is about; hints (zh, en), likeliest first."""

    severity: str
    label: tuple[str, str]
    say: tuple[str, str]
    do: tuple[str, str]
    figures: Sequence[Figure] = ()
    hints: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class VillagePage:
    """received: a file each: name, time of arrival, clerk."""

    village: str
    village_code: str
    town: str
    month: str
    received: Sequence[tuple[str, str, str]]
    questions: Sequence[Question]


def village_page(page: VillagePage) -> str:
    """The page as HTML."""
    e = html.escape
    period = f"{int(page.month[:4])}年{int(page.month[5:])}月"
    body = [
        f'<p class="to">{e(page.town)} · <code>{e(page.village_code)}</code></p>',
        f"<h1>{e(page.village)} {period}月报：请核对 {len(page.questions)} 个问题</h1>",
        f'<p class="en">{e(page.village)}, {e(page.month)}: {_asked_en(len(page.questions))} about your report</p>',
        _received(page.received),
        _how_to(),
        *[_question(number, question) for number, question in enumerate(page.questions, start=1)],
        '<p class="foot">本页只列出与往常不同或互相对不上的数字，不表示填错。提示由计算机给出，仅供参考；数字只能由村（居）更改。'
        '<span class="en">This page lists figures that are unusual or do not add up; that does not mean they are wrong. '
        "Hints come from a computer; only the village changes its figures.</span></p>",
    ]
    return _document(f"{page.village} {page.month}", "".join(body))


def _received(files: Sequence[tuple[str, str, str]]) -> str:
    e = html.escape
    lines = "".join(f"<li><b>{e(name)}</b>　{e(at)}{'　' + e(clerk) if clerk else ''}</li>" for name, at, clerk in files)
    return f'<section class="got"><h2>收到的报表 <span class="en">What was received</span></h2><ul>{lines or "<li>—</li>"}</ul></section>'


def _how_to() -> str:
    steps = (
        ("对照登记本，看下面圈出的格子", "look up the marked cells in your register"),
        ("填错了：在原表改正，整份重报", "if wrong: correct your own form and send the whole form again"),
        ("没填错：在问题下面写明原因", "if right: write the reason below the question"),
    )
    items = "".join(f'<li>{zh}<span class="en">{en}</span></li>' for zh, en in steps)
    return f'<section class="how"><h2>怎么办 <span class="en">What to do</span></h2><ol>{items}</ol></section>'


def _question(number: int, question: Question) -> str:
    e = html.escape
    zh, en = _SEVERITY[question.severity]
    hints = "".join(f'<li>{e(h_zh)}<span class="en">{e(h_en)}</span></li>' for h_zh, h_en in question.hints)
    parts = [
        f'<h3><span class="no">{number}</span>{e(question.label[0])}<span class="en">{e(question.label[1])}</span>'
        f'<span class="badge {question.severity}">{zh} {en}</span></h3>',
        f'<p class="say">{e(question.say[0])}<span class="en">{e(question.say[1])}</span></p>',
        _figures(question.figures),
        f'<div class="hint"><b>可能的原因 <span class="en">Perhaps</span></b><ul>{hints}</ul></div>' if hints else "",
        f'<p class="do"><b>→</b> {e(question.do[0])}<span class="en">{e(question.do[1])}</span></p>',
        _answer(bool(question.figures), must_correct=question.severity == "mandatory"),
    ]
    return f'<section class="q {question.severity}">{"".join(parts)}</section>'


def _answer(is_of_figures: bool, *, must_correct: bool) -> str:
    """Two boxes to tick and a line to write on; a question about the report as a whole does not speak of wrong figures, and no reason
    is asked for where only a correction settles it."""
    wrong, right = (
        (("填错，改正后重报", "wrong: sent again"), ("没错，原因是", "right, because"))
        if is_of_figures
        else (("已改正或重新报送", "sent again"), ("不用更正，说明", "all right, because"))
    )
    if must_correct:
        right = ("查不清，请乡镇协助", "unclear: please help")
    boxes = "".join(f'<span>□ {zh}<span class="en">{en}</span></span>' for zh, en in (wrong, right))
    return f'<p class="answer">{boxes}<span class="line"></span></p>'


def _asked_en(count: int) -> str:
    return f"{count} question{'' if count == 1 else 's'}"


def _figures(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    is_alone = len(figures) <= _FEW or not any(f.is_suspected for f in figures)
    heads = (
        ("指标", "figure"),
        ("单元格", "cell"),
        ("您填的", "yours"),
        ("上月", "last month"),
        ("一般范围", "usual"),
        ("往月走势", "history"),
    )
    head = "".join(f'<th>{zh}<span class="en">{en}</span></th>' for zh, en in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_figure(f, is_alone) for f in figures)}</tbody></table>"


def _figure(figure: Figure, is_alone: bool) -> str:
    e = html.escape
    cells: tuple[tuple[str, str], ...] = (
        ("", f'{e(figure.label[0])}<span class="en">{e(figure.label[1])}</span>'),
        ("cell", e(figure.cell) or "—"),
        ("n yours", e(figure.shown)),
        ("n", e(figure.last) or "—"),
        ("n", e(figure.usual) or "—"),
        ("plot", sparkline(figure.history, figure.low, figure.high) if figure.is_suspected or is_alone else ""),
    )
    row = "".join(f'<td class="{kind}">{text}</td>' for kind, text in cells)
    return f'<tr class="suspected">{row}</tr>' if figure.is_suspected else f"<tr>{row}</tr>"


def index_page(month: str, towns: Mapping[str, Sequence[tuple[str, str, int]]]) -> str:
    """The list of the pages, a town a section, places in the order of their codes.

    Args:
        month: 'YYYY-MM'.
        towns: town → (village code or '', village, number of questions).
    """
    e = html.escape
    parts = []
    for town, villages in towns.items():
        items = "".join(
            f'<li><a href="{e(page_name(code, name))}">{e(name)}</a> <code>{e(code)}</code>　{count} 个问题'
            f'<span class="en">{_asked_en(count)}</span></li>'
            for code, name, count in villages
        )
        parts.append(f'<section class="town"><h2>{e(town)}</h2><ul>{items}</ul></section>')
    none = '<p>本月没有要问村里的问题。<span class="en">Nothing to ask the villages this month.</span></p>'
    head = f'<h1>{int(month[:4])}年{int(month[5:])}月 各村核对单 <span class="en">pages for the villages, {e(month)}</span></h1>'
    body = head + ("".join(parts) or none)
    return _document(f"{month} 各村核对单", body)


def _document(title: str, body: str) -> str:
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="zh"><head>{head}</head><body><main>{body}</main></body></html>\n'


def page_name(village_code: str, village: str = "") -> str:
    """The page's file name: by the code; of a place without one, by a short digest of its name."""
    if village_code:
        return f"{village_code}.html"
    return f"unknown-{hashlib.sha256(village.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}.html"


def questions_in_order(questions: Sequence[Mapping[Any, Any]]) -> list[Mapping[Any, Any]]:
    """Findings of one village, gravest first."""
    order = list(_SEVERITY)
    return sorted(questions, key=lambda f: (order.index(f["severity"]), -int(f["level"]), str(f["rule_id"])))


_STYLE = """
@page{size:A4;margin:14mm}
*{box-sizing:border-box}
body{margin:0;background:#f3f3f1;color:#1a1a1a;font:15px/1.55 "Noto Sans CJK SC","Microsoft YaHei","PingFang SC","SimSun",sans-serif}
main{max-width:820px;margin:0 auto;padding:24px 32px;background:#fff}
h1{font-size:24px;margin:2px 0 0;line-height:1.3}h2{font-size:16px;margin:0 0 4px}h3{font-size:17px;margin:0 0 6px;line-height:1.4}
.to{margin:0;color:#555}.en{color:#6b6b6b;font-size:12px;margin-left:.5em;font-weight:400}
p.en{margin:0 0 12px}.say>.en,.do>.en,.hint li>.en,.how li>.en,.foot>.en,th>.en,td>.en{display:block;margin-left:0;line-height:1.35}
ul,ol{margin:0;padding-left:1.4em}code{font:13px ui-monospace,Consolas,monospace}
.got,.how{border:1px solid #ddd;border-radius:6px;padding:10px 14px;margin:10px 0}.how{background:#f6faf4;border-color:#cfe3c6}
.how ol{display:grid;grid-template-columns:repeat(3,1fr);gap:4px 28px}
.q{border:1px solid #ccc;border-left:6px solid #7aa6c9;border-radius:6px;padding:12px 16px;margin:14px 0;break-inside:avoid}
.q.mandatory{border-left-color:#b2182b}.q.near_mandatory{border-left-color:#e08214}
.no{display:inline-block;min-width:1.7em;height:1.7em;line-height:1.7em;text-align:center;border-radius:50%;background:#333;color:#fff;
font-size:14px;margin-right:8px}
.badge{float:right;margin-left:12px;font-size:12px;font-weight:400;border-radius:10px;padding:1px 10px;background:#e4eef6;color:#1f4e73}
.badge.mandatory{background:#fbe3e4;color:#8e1220}.badge.near_mandatory{background:#fdeedd;color:#8a4b08}
.say{font-size:16px;margin:0 0 8px}.do{margin:8px 0}
.answer{display:flex;gap:22px;align-items:flex-end;margin:10px 0 0;border-top:1px dashed #bbb;padding-top:10px}
.line{flex:1;min-width:160px;border-bottom:1px solid #555;height:1.8em}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #d5d5d5;padding:4px 8px;text-align:left;vertical-align:middle}
th{background:#f4f4f4;font-weight:600;font-size:13px;white-space:nowrap}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.yours{font-weight:700;font-size:17px}.cell{font:13px ui-monospace,Consolas,"Noto Sans CJK SC",monospace;white-space:nowrap}
.plot{width:180px;padding:2px 6px}
tr.suspected td{background:#fff8db}tr.suspected .yours,tr.suspected .cell{outline:2px solid #c77700;outline-offset:-3px}
.hint{background:#fffbe8;border:1px solid #f0dfa0;border-radius:6px;padding:8px 12px;margin:8px 0}
.town{margin:16px 0;break-inside:avoid}.town li{margin:2px 0}a{color:#0b5394}
.foot{color:#555;font-size:13px;margin-top:18px}
@media print{body{background:#fff}main{padding:0;max-width:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
