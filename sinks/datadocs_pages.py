"""The pages of a month's Data Docs: what was asked, of how many, with what outcome, and whom to ask. Nothing is loaded from outside.

A rule's mark has a shape of its own: ✘ some place fails, ? nobody could be told, ◐ nobody fails and some could not be told, ✔ everybody
asked passes, ! the check itself broke, – nobody was asked.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.levels import LEVELS, TIERS

MOST_CASES = 200
_MOST_OPEN = 8
_MOST_PLACES = 40
_STATES = ("broken", "fail", "unknown", "partly", "pass", "not_asked")
_MARKS = {
    "broken": ("!", "检查出错", "check broke"),
    "fail": ("✘", "不通过", "fail"),
    "unknown": ("?", "无法判断", "cannot tell"),
    "partly": ("◐", "部分无法判断", "partly told"),
    "pass": ("✔", "通过", "pass"),
    "not_asked": ("–", "未核对", "not asked"),
}
_TIER_ORDER = tuple(TIERS)


@dataclass(frozen=True)
class RuleResult:
    """One rule over one batch. Counts are of places; `cases` are the first MOST_CASES that fail.

    said: keys level, severity, label_zh, label_en, formula_zh, formula_en, do_zh, do_en. error: '' unless the check itself broke.
    cases: mappings place_code, place_name, town_name, excess (signed, beyond tolerance).
    """

    rule_id: str
    said: Mapping[str, Any]
    n_asked: int
    n_fail: int
    n_cannot_tell: int
    n_not_asked: int
    error: str
    cases: Sequence[Mapping[str, Any]]

    @property
    def n_pass(self) -> int:
        """Places that were asked and satisfy the rule."""
        return 0 if self.error else self.n_asked - self.n_fail - self.n_cannot_tell

    @property
    def state(self) -> str:
        """The rule's mark: 'pass' only where everybody who was asked passes."""
        if self.error:
            return "broken"
        if self.n_fail:
            return "fail"
        if not self.n_asked:
            return "not_asked"
        if self.n_cannot_tell:
            return "partly" if self.n_pass else "unknown"
        return "pass"


@dataclass(frozen=True)
class BatchPages:
    """One batch on the site: month, title, how many places it has, its results, and its two pages, below the site's folder."""

    month: str
    title_zh: str
    title_en: str
    n_places: int
    rules: Sequence[RuleResult]
    result_page: str
    rules_page: str


def index_page(batches: Sequence[BatchPages]) -> str:
    """The site's first page: for every batch its counts, a line for every level, and links."""
    month = batches[0].month if batches else ""
    parts = [f"<h1>数据质量 Data quality <small>{month}</small></h1>", _WHAT]
    for batch in batches:
        heading = f"{html.escape(batch.title_zh)} {html.escape(batch.title_en)} <small>{batch.n_places}</small>"
        parts.append(f'<section class="card"><h2>{heading}</h2>{_tiles(batch.rules)}')
        rows = [_level_row(level, [r for r in batch.rules if r.said["level"] == level]) for level in LEVELS]
        heads = ("级别 Level", "规则 rules", *_heads_of_counts(), "结果 Outcome")
        parts.append(_table(heads, [row for row in rows if row]))
        parts.append(
            f'<p><a class="go" href="{html.escape(batch.result_page)}">看结果 See the results</a> '
            f'<a href="{html.escape(batch.rules_page)}">规则说明 The rules in words</a></p></section>'
        )
    if not batches:
        parts.append("<p>本月没有可核对的单位。 There was nobody to ask this month.</p>")
    return _page(f"数据质量 Data quality {month}", "".join(parts))


def result_page(batch: BatchPages, up: str) -> str:
    """A batch's results: places with questions first, then every rule by level; filters work without scripts.

    Args:
        batch: what to show.
        up: from this page to the site's folder, such as '../../'.
    """
    nav = f'<nav><a href="{up}index.html">← 数据质量 Data quality {batch.month}</a> · '
    nav += f'<a href="{up}{batch.rules_page}">规则说明 The rules</a></nav>'
    heading = f"{html.escape(batch.title_zh)} {html.escape(batch.title_en)} <small>{batch.month} · {batch.n_places}</small>"
    parts = [
        nav,
        f"<h1>{heading}</h1>",
        _tiles(batch.rules),
        _places_with_questions(batch.rules),
        "<h2>各级规则 Rules by level</h2>",
        _FILTERS,
    ]
    sections = []
    for level, words in LEVELS.items():
        here = sorted((r for r in batch.rules if r.said["level"] == level), key=lambda r: _STATES.index(r.state))
        if not here:
            sections.append(f'<h3>{level} {words.zh} <small>{words.en}</small></h3><p class="none">{_NOTHING_ASKED}</p>')
            continue
        heads = ("", "规则 Rule", "程度 Severity", *_heads_of_counts())
        table = _table(heads, [_rule_row(rule) for rule in here], "rules")
        sections.append(f"<h3>{level} {words.zh} <small>{words.en}</small></h3>{table}")
    parts.append(f'<div class="levels">{"".join(sections)}</div>{nav}')
    return _page(f"{batch.title_zh} {batch.title_en} {batch.month}", "".join(parts))


def rules_page(title: str, said: Sequence[Mapping[str, Any]], up: str) -> str:
    """The batch's rules in plain words, by level: what is expected, how serious it is, what the respondent is asked to do."""
    parts = [
        f'<nav><a href="{up}index.html">← 数据质量 Data quality</a></nav><h1>规则说明 The rules <small>{html.escape(title)}</small></h1>'
    ]
    for level, words in LEVELS.items():
        here = [one for one in said if one["level"] == level]
        rows = [
            f"<tr><td>{_words(one)}</td><td>{_tier(one)}</td>"
            f"<td>{html.escape(one['do_zh'])}<br><span>{html.escape(one['do_en'])}</span></td></tr>"
            for one in here
        ]
        if rows:
            parts.append(
                f"<h3>{level} {words.zh} <small>{words.en}</small></h3>"
                + _table(("规则 Rule", "程度 Severity", "怎么办 What to do"), rows, "said")
            )
    return _page("规则说明 The rules", "".join(parts))


def _tiles(rules: Sequence[RuleResult]) -> str:
    """Rules by their mark: how many, and what the mark means."""
    tiles = []
    for state, (mark, zh, en) in _MARKS.items():
        n = sum(rule.state == state for rule in rules)
        tiles.append(f'<div class="{state if n else "nil"}"><i class="{state}">{mark}</i><b>{n}</b>{zh} {en}</div>')
    return f'<div class="tiles"><div class="nil"><b>{len(rules)}</b>规则 rules</div>{"".join(tiles)}</div>'


def _level_row(level: int, rules: Sequence[RuleResult]) -> str:
    words = LEVELS[level]
    name = f"<td><b>{level} {words.zh}</b> <span>{words.en}</span></td>"
    if not rules:
        return f'<tr>{name}<td class="n">0</td><td colspan="5" class="none">{_NOTHING_ASKED}</td></tr>'
    counts = [sum(rule.n_fail for rule in rules), sum(r.n_cannot_tell for r in rules), sum(r.n_pass for r in rules)]
    counts.append(sum(r.n_not_asked for r in rules))
    states = [state for state in _STATES if any(rule.state == state for rule in rules)]
    marks = " ".join(f"{_mark(state)} {sum(rule.state == state for rule in rules)}" for state in states)
    return f'<tr>{name}<td class="n">{len(rules)}</td>{_counts(counts)}<td class="marks">{marks}</td></tr>'


def _heads_of_counts() -> tuple[str, ...]:
    return ("不通过 fail", "无法判断 cannot tell", "通过 pass", "未核对 not asked")


def _counts(counts: Sequence[int]) -> str:
    kinds = ("fail", "unknown", "pass", "")
    return "".join(f'<td class="n {kind if n else ""}">{n or "–"}</td>' for n, kind in zip(counts, kinds, strict=True))


def _rule_row(rule: RuleResult) -> str:
    detail = _cases(rule)
    if rule.error:
        detail = (
            f'<p class="error">检查本身出错，对任何单位都没有得出结论。 The check itself broke: it says nothing about any place. '
            f"<code>{html.escape(rule.error)}</code></p>"
        )
    counts = _counts((rule.n_fail, rule.n_cannot_tell, rule.n_pass, rule.n_not_asked)) if not rule.error else '<td colspan="4"></td>'
    unknown = " has-unknown" if rule.n_cannot_tell and not rule.error else ""
    cells = (_mark(rule.state), _words(rule.said) + detail, _tier(rule.said))
    return f'<tr class="{rule.state}{unknown}">{"".join(f"<td>{cell}</td>" for cell in cells)}{counts}</tr>'


def _cases(rule: RuleResult) -> str:
    if not rule.cases:
        return ""
    rows = [
        f"<tr><td><b>{html.escape(str(c['place_name']))}</b></td><td>{html.escape(str(c['town_name']))}</td>"
        f'<td><code>{html.escape(str(c["place_code"]))}</code></td><td class="n">{_signed(float(c["excess"]))}</td></tr>'
        for c in rule.cases
    ]
    table = _table(("单位 Place", "乡镇 Town", "代码 Code", "容许之外 Beyond tolerance"), rows, "cases")
    left = rule.n_fail - len(rule.cases)
    more = f"<p>… 另有 {left} 个，见各乡镇核对册 · {left} more, in the towns' listings</p>" if left > 0 else ""
    is_open = " open" if rule.n_fail <= _MOST_OPEN else ""
    return f"<details{is_open}><summary>{rule.n_fail} 个单位要核对 places to ask</summary>{table}{more}</details>"


def _places_with_questions(rules: Sequence[RuleResult]) -> str:
    """A line for every place that fails something: the most serious and the most questions first, then in order of code."""
    failed: dict[str, tuple[Mapping[str, Any], list[RuleResult]]] = {}
    for rule in rules:
        for case in rule.cases:
            failed.setdefault(str(case["place_code"]), (case, []))[1].append(rule)

    def weight(code: str) -> tuple[Any, ...]:
        tiers = [rule.said["severity"] for rule in failed[code][1]]
        return (*[-tiers.count(tier) for tier in _TIER_ORDER], code)

    rows = []
    for code in sorted(failed, key=weight)[:_MOST_PLACES]:
        case, theirs = failed[code]
        tiers = [rule.said["severity"] for rule in theirs]
        counts = "".join(f'<td class="n">{tiers.count(tier) or "–"}</td>' for tier in _TIER_ORDER)
        asked = "<br>".join(f"{_said(r.said, 'label')}" for r in sorted(theirs, key=lambda r: _TIER_ORDER.index(r.said["severity"])))
        who = f"<b>{html.escape(str(case['place_name']))}</b><br><span>{html.escape(str(case['town_name']))}</span> "
        who += f"<code>{html.escape(code)}</code>"
        rows.append(f"<tr><td>{who}</td>{counts}<td>{asked}</td></tr>")
    if not rows:
        return ""
    tiers = [f"{TIERS[tier].zh} {TIERS[tier].en}" for tier in _TIER_ORDER]
    left = len(failed) - len(rows)
    more = f"<p>… 另有 {left} 个 · {left} more</p>" if left > 0 else ""
    cut = "" if all(r.n_fail == len(r.cases) for r in rules) else f"<p><span>{_CUT}</span></p>"
    table = _table(("单位 Place", *tiers, "要核对什么 What to ask"), rows, "places")
    return f"<h2>要核对的单位 Places to ask <small>{len(failed)}</small></h2>{cut}{table}{more}"


def _mark(state: str) -> str:
    mark, zh, en = _MARKS[state]
    return f'<i class="{state}" title="{zh} {en}" aria-label="{zh} {en}">{mark}</i>'


def _tier(said: Mapping[str, Any]) -> str:
    words = TIERS[said["severity"]]
    return f'<span class="tier {said["severity"]}">{words.zh}</span><br><span>{words.en}</span>'


def _words(said: Mapping[str, Any]) -> str:
    formula = (
        f'<div class="formula">{html.escape(said["formula_zh"])}<br>{html.escape(said["formula_en"])}</div>' if said["formula_zh"] else ""
    )
    return f"{_said(said, 'label')}{formula}"


def _said(said: Mapping[str, Any], key: str) -> str:
    return f"{html.escape(said[key + '_zh'])} <span>{html.escape(said[key + '_en'])}</span>"


def _signed(excess: float) -> str:
    figure = f"{abs(excess):,.0f}" if excess == round(excess) else f"{abs(excess):,.2f}"
    return f"+{figure}" if excess > 0 else f"−{figure}"


def _table(heads: Sequence[str], rows: Sequence[str], kind: str = "") -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _page(title: str, body: str) -> str:
    return _PAGE.replace("{title}", html.escape(title)).replace("{body}", body)


_NOTHING_ASKED = "没有提出问题 nothing was asked"
_CUT = "单位很多的规则只列出前 200 个。 Of a rule that very many places fail, the first 200 are listed."
_WHAT = (
    "<p>每条规则对每个单位有四种结果：通过、不通过、无法判断（缺数）、检查出错。“无法判断”不算通过。不通过是一个问题，不是结论：数字只由填报单位更正。<br>"
    "<span>A rule has one of four outcomes for a place: pass, fail, cannot tell (a figure is missing), or the check itself broke. "
    "‘Cannot tell’ is not a pass. A fail is a question and not a verdict: only the respondent changes its figures.</span></p>"
)
_FILTERS = (
    '<input type="radio" name="show" id="all" checked><label for="all">全部 all</label>'
    '<input type="radio" name="show" id="fail"><label for="fail">不通过 fail</label>'
    '<input type="radio" name="show" id="unknown"><label for="unknown">无法判断 cannot tell</label>'
    '<input type="radio" name="show" id="broken"><label for="broken">检查出错 check broke</label>'
)
_PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>
body{font:14px/1.55 "Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Zen Hei",sans-serif;
  margin:24px auto;padding:0 24px;max-width:1240px;color:#1f2328}
h1{font-size:24px;margin:12px 0}h2{font-size:18px;margin:26px 0 8px}h3{font-size:15px;margin:22px 0 6px}
small{color:#6a737d;font-weight:400}span{color:#6a737d;font-size:12.5px}
a{color:#0b5cad;text-decoration:none}a:hover{text-decoration:underline}nav{margin:8px 0}
.card{border:1px solid #d8dee4;border-radius:8px;padding:4px 18px 8px;margin:18px 0}.card h2{margin-top:12px}
a.go{display:inline-block;background:#0b5cad;color:#fff;border-radius:6px;padding:4px 14px;margin-right:10px}
.tiles{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0 14px}
.tiles div{border:1px solid #d8dee4;border-radius:6px;padding:5px 10px;color:#424a53;font-size:13px}
.tiles b{font-size:20px;color:#1f2328;margin-right:6px}.tiles i{margin-right:8px}.tiles .nil{color:#8c959f}.tiles .nil b{color:#8c959f}
.tiles div.fail{background:#fdeee9;border-color:#e9b8a6}.tiles div.unknown{background:#fff6df;border-color:#e6cf94}
.tiles div.partly{background:#f3f7e6;border-color:#cddba4}
.tiles div.pass{background:#eaf6ed;border-color:#b4dabf}.tiles div.broken{background:#f3ebfb;border-color:#cdb3e6}
i{font-style:normal;display:inline-block;width:20px;height:20px;line-height:20px;text-align:center;border-radius:50%;
  color:#fff;font-size:13px;font-weight:700}
i.fail{background:#b3401b}i.unknown{background:#9a6b00}i.partly{background:#6b8f2a}i.pass{background:#23803f}i.broken{background:#6f3aa6}i.not_asked{background:#8c959f}
.tiles .nil i{opacity:.35}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #e3e7eb;padding:6px 10px;text-align:left;vertical-align:top}
th{background:#f5f7f9;font-weight:600;font-size:13px}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.n.fail{color:#b3401b;font-weight:700}td.n.unknown{color:#9a6b00}td.n.pass{color:#23803f}td.marks{white-space:nowrap}
.none{color:#6a737d}
.rules>thead th:nth-child(n+4),.rules>tbody>tr>td.n{width:72px}
.rules>tbody>tr>td:first-child{width:24px}.rules>tbody>tr>td:nth-child(3){width:110px}
.places td:nth-child(-n+4).n{width:84px}.places td:first-child{width:260px}.places td:last-child{min-width:360px}
.formula{color:#424a53;font-size:12.5px;margin-top:2px}
.tier{border-radius:10px;padding:1px 9px;background:#e6eef6;color:#24507c;white-space:nowrap}
.tier.mandatory{background:#fde3da;color:#8a2a12}.tier.near_mandatory{background:#fff0d2;color:#805500}
details{margin:6px 0}summary{cursor:pointer;color:#b3401b}
.cases{width:auto;margin:4px 0}.cases td,.cases th{padding:3px 12px;background:#fff;white-space:nowrap}
code{font-size:12px;color:#57606a}.error{color:#6f3aa6;margin:4px 0}
.said td:nth-child(2){width:110px}.said td:last-child{width:36%}
input[name=show]{position:absolute;opacity:0}
label{display:inline-block;border:1px solid #d8dee4;border-radius:14px;padding:2px 14px;margin-right:8px;cursor:pointer}
input[name=show]:checked+label{background:#0b5cad;border-color:#0b5cad;color:#fff}
input[name=show]:focus-visible+label{outline:2px solid #1f2328}
#fail:checked~.levels .rules>tbody>tr:not(.fail),#unknown:checked~.levels .rules>tbody>tr:not(.has-unknown),
#broken:checked~.levels .rules>tbody>tr:not(.broken){display:none}
@media print{nav,label,a.go{display:none}}
</style></head><body>
{body}
</body></html>
"""
