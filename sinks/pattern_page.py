"""The page of unusual patterns: a card for every village to look at, for the reviewer of the county. It leaves with no release.

One self-contained HTML page, Chinese first; nothing is loaded from outside and every text from outside is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from schemas.cards import Card, Line
from schemas.entries import Text
from sinks.series_plot import series_plot

_MOST_SERIES = 3


def pattern_page(cards: Sequence[Card], month: str, towns: Mapping[str, str], names: Mapping[str, str], villages_examined: int) -> str:
    """The page as HTML.

    Args:
        cards: in the order in which to look at them.
        month: 'YYYY-MM'.
        towns: town code → name.
        names: village code → name, for the partners that lines name.
        villages_examined: how many villages had enough months to be looked at.
    """
    period = f"{int(month[:4])}年{int(month[5:])}月"
    body = [
        f"<h1>{period}：{f'请核对 {len(cards)} 个村多月数字的走势' if cards else '没有多月走势需要核对'}</h1>",
        f'<p class="en">{month}: {_asked_en(len(cards))}</p>',
        _foreword(villages_examined) if villages_examined else "",
        _contents(cards, towns) if len(cards) > 1 else "",
        *[_card(card, towns, names, month) for card in cards],
        "" if cards else _none(villages_examined),
    ]
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{month} 走势核对</title><style>{_STYLE}</style></head>'
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _asked_en(count: int) -> str:
    return (
        f"figures over many months to check in {count} village{'' if count == 1 else 's'}"
        if count
        else "no figures over many months to check"
    )


def _none(villages_examined: int) -> str:
    zh, en = (
        ("本月没有需要核对的村。", "No village to check this month.")
        if villages_examined
        else ("还没有村报满 6 个月，满了才看走势。", "No village has six months of figures yet; patterns are looked at from then on.")
    )
    return f'<p class="none">{zh}<span class="en">{en}</span></p>'


def _foreword(villages_examined: int) -> str:
    points = (
        (
            f"看过至少有 6 个月数字的 {villages_examined} 个村；这里列出的是走势少见、值得问一句的。",
            f"{villages_examined} villages with six months of figures or more were looked at; these have an unusual pattern worth a look.",
        ),
        (
            "走势少见不说明原因，也不说明数字不对；没列出的村也不等于都对。",
            "Unusual does not say why, nor that a figure is wrong; and a village that is not here is not thereby right.",
        ),
        ("每条都附常见的正常原因，和怎样能弄清楚。", "Each line has usual, innocent explanations and what would settle it."),
        (
            "看过以后请记下：cunbao answer 月份 村代码 pattern --text … --by …；此后再有 6 个新月份才会再问。",
            "Afterwards note it: cunbao answer MONTH VILLAGE pattern --text … --by …; it is asked again only after six new months.",
        ),
    )
    return '<ul class="fore">' + "".join(f'<li>{zh}<span class="en">{en}</span></li>' for zh, en in points) + "</ul>"


def _contents(cards: Sequence[Card], towns: Mapping[str, str]) -> str:
    e = html.escape
    items = "".join(
        f'<li><a href="#{e(c.village_code)}">{e(c.village)}</a> <small>{e(towns.get(c.town_code, c.town_code))}</small>　'
        f"{e('、'.join(line.family_label.zh for line in c.lines))}</li>"
        for c in cards
    )
    return f'<nav><h2>各村 <span class="en">Villages</span></h2><ul>{items}</ul></nav>'


def _card(card: Card, towns: Mapping[str, str], names: Mapping[str, str], month: str) -> str:
    e = html.escape
    badge = '<span class="badge strong">较明显 clear</span>' if card.is_strong else '<span class="badge">请核对 please check</span>'
    named = {m for line in card.lines for m in line.months}
    plots = "".join(
        f"<figure><figcaption>{_both(series.label)}</figcaption>{svg}</figure>"
        for series in card.series[:_MOST_SERIES]
        if (svg := series_plot(series, sorted(named)))
    )
    legend = (
        '<p class="legend">━●━ 填报 reported　┅┅ 按全县和本村往常推算 expected　'
        '<span class="shade">　</span> 涉及的月份 months in question</p>'
        if plots
        else ""
    )
    return (
        f'<section class="card" id="{e(card.village_code)}"><h2>{e(card.village)} {badge}'
        f"<small>{e(towns.get(card.town_code, card.town_code))} · <code>{e(card.village_code)}</code> · {e(month)}</small></h2>"
        f"{''.join(_line(line, names) for line in card.lines)}{plots}{legend}</section>"
    )


def _line(line: Line, names: Mapping[str, str]) -> str:
    e = html.escape
    also = "、".join(e(label.zh) for label in line.also)
    other = f"{e(names.get(line.partner_code, ''))} <code>{e(line.partner_code)}</code>"
    partner = f'<p class="partner">另一村 the other village：{other}</p>' if line.partner_code else ""
    innocent = "".join(f"<li>{_both(text)}</li>" for text in line.innocent)
    return (
        f'<div class="line"><h3>{_both(line.label)}</h3><p class="say">{_block(line.say)}</p>'
        f"{f'<p class=also>同类 alike：{also}</p>' if also else ''}{partner}"
        f'<div class="two"><div><b>常见的正常原因 <span class="en">innocent explanations</span></b><ul>{innocent}</ul></div>'
        f'<div><b>怎样弄清楚 <span class="en">what would settle it</span></b><p>{_block(line.settle)}</p></div></div></div>'
    )


def _both(text: Text) -> str:
    return f'{html.escape(text.zh)} <span class="en">{html.escape(text.en)}</span>'


def _block(text: Text) -> str:
    return f'{html.escape(text.zh)}<span class="en under">{html.escape(text.en)}</span>'


_STYLE = """
@page{size:A4;margin:14mm}
*{box-sizing:border-box}body{margin:0;background:#f3f3f1;color:#1a1a1a}
body{font:15px/1.55 "Noto Sans CJK SC","Microsoft YaHei","PingFang SC","WenQuanYi Zen Hei",sans-serif}
main{max-width:860px;margin:0 auto;padding:24px 32px;background:#fff}
h1{font-size:24px;margin:0;line-height:1.3}h2{font-size:20px;margin:0 0 8px}h3{font-size:16px;margin:0 0 4px}
h2 small{display:block;font-weight:400;color:#555;font-size:13px}nav h2{font-size:16px}
.en{color:#6b6b6b;font-size:12px;font-weight:400}.en.under,.fore .en,.none .en{display:block;line-height:1.4}p.en{margin:0 0 12px}
.fore{background:#f6faf4;border:1px solid #cfe3c6;border-radius:6px;padding:10px 14px 10px 32px;margin:10px 0 18px}
nav ul{margin:0 0 16px;padding-left:1.6em;columns:2}nav a{color:#0b5394}
.card{border:1px solid #ccc;border-left:6px solid #7aa6c9;border-radius:6px;padding:14px 18px;margin:16px 0}
.badge{font-size:12px;font-weight:400;border-radius:10px;padding:1px 10px;background:#e4eef6;color:#1f4e73}
.badge.strong{background:#fdeedd;color:#8a4b08}
.line{border-top:1px solid #e3e3e3;padding:10px 0;break-inside:avoid}
.say{font-size:16px;margin:0 0 6px}.also,.partner{margin:0 0 6px;color:#444}
.two{display:grid;grid-template-columns:3fr 2fr;gap:20px;font-size:14px;background:#fafafa;border-radius:6px;padding:8px 12px}
.two ul{margin:4px 0;padding-left:1.3em}.two p{margin:4px 0}
figure{margin:10px 0 4px;break-inside:avoid}figure svg{width:100%;height:auto}figcaption{font-size:13px;color:#333}
.legend{font-size:12px;color:#555;margin:4px 0 0}.shade{background:#fff0b8;border:1px solid #e6d27a}
code{font:13px ui-monospace,Consolas,monospace}.none{font-size:18px;padding:24px 0}
@media print{body{background:#fff}main{padding:0;max-width:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
