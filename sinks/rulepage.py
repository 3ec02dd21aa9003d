"""docs/rules.md: every rule in plain words, and how a county writes its own, made from the dictionary alone."""

from __future__ import annotations

from pathlib import Path

from schemas.dictionary import Dictionary
from schemas.entries import Rule
from schemas.plain import rule_in_words
from sinks.files import write_if_changed

_LEVELS = {
    0: ("文件与表式", "file and form"),
    1: ("表内", "within one report"),
    2: ("跨月，同一单位", "over time, same place"),
    3: ("跨单位", "against others"),
    4: ("跨领域", "across domains"),
    5: ("对外部", "against the outside"),
}
_SEVERITIES = {"mandatory": "强制性 mandatory", "near_mandatory": "准强制性 near-mandatory", "verify": "核实性 verify"}
_OVER = {"village": "村 village", "town": "乡镇 town", "county": "县 county"}

_NO_PAGE = "\n\n不单为此给村里出核对单；在核对册和回执里说明。No page to the village for this alone; lists and receipts say it."

_HOW = """## 写一条规则 · Writing a rule

规则写在县里自己的 YAML 文件夹里，写完运行 `cunbao rules check`。
A rule is an entry in a folder of the county's own; run `cunbao rules check` after writing it.

```yaml
rules:
  - id: marriages_of_quarter
    level: 2                    # 0–5
    severity: verify            # mandatory | near_mandatory | verify
    valid_from: 2024-01         # 起用月 in force from
    when: population_end > 500  # 何时才问 asked only where
    observed: sum_of_months(marriages, 0, 2)
    relation: le                # eq | le | ge | lt | gt | whole
    expected: floor(2 + 0.004 * population_end)
    tolerance: 1                # 容许差 tolerance
    tolerance_unit: couples     # 单位 its unit (same: that of the figure)
    allow: 2 * sqrt(marriages)  # 再容许 a further allowance, an expression
    missing: cannot_tell        # 空白 a blank: cannot_tell | zero | skip
    figures: {now: marriages}   # 供说明用 further figures for the wording
    page: true                  # 是否为此单独给村里出核对单 reason enough for a page to the village
    label: {zh: 一季结婚对数, en: Marriages of a quarter}
    say:
      zh: 三个月结婚 {observed} 对（本月 {now} 对），一般不超过 {expected} 对。
      en: "{observed} marriages in three months ({now} this month); seldom more than {expected}."
    do: {zh: 请核对。, en: Please check.}
```

| 写法 expression | 意思 meaning |
|---|---|
| `births`, `births_m` | 本月数 this month's figure |
| `previous(x)`, `lag(x, 5)`, `same_month_last_year(x)` | 以前月份 an earlier month |
| `sum_of_months(x, 0, 11)` | 一段月份之和，0 为本月 the sum of a window of months, 0 being this one |
| `mean_of_months(x, 1, 12)`, `median_of_months(x, 1, 6)` | 平均、中位数（半数月份有数） mean, median of at least half the months |
| `+ - * /`, `abs` `floor` `sqrt` `min` `max`, `==` `!=` `<` `<=` `>` `>=`, `and` `or` `not` | 运算 arithmetic and comparison |
"""

_BENCHMARKS = """## 外部基准 · Outside figures

普查或已公布数由县里写成 `benchmarks`；没有基准的地方不问。
A county writes census or published figures as `benchmarks`; where there is none nothing is asked.

```yaml
benchmarks:
  - id: census_2020
    label: {zh: 第七次全国人口普查, en: Population census of 2020}
    period: 2020-11             # 数字的时点 of when the figures are
    valid_from: 2020-11         # 与哪些月比较 compared with the months from … to …
    valid_to: 2022-12
    tolerance_share: 0.10       # 可差多少 how far a figure may lie from it
    figures:
      "990101": {resident_population: 412300, households_end: 131200}
    file: census_2020.csv       # 或放在旁边的 CSV or a CSV beside it: place_code,resident_population,…
```

存量按时点数写；出生、死亡、结婚、离婚写十二个月的数。
Stocks are as of the date; births, deaths, marriages and divorces are those of twelve months.
"""


def write_rule_page(path: Path, dictionary: Dictionary) -> bool:
    """Write the page; returns whether it changed."""
    return write_if_changed(path, rule_page(dictionary).encode("utf-8"))


def rule_page(dictionary: Dictionary) -> str:
    """The page as Markdown: every rule by level, in both languages; sources; how to write a rule and a benchmark."""
    made = "由 `make docs` 从 `schemas/dictionary/` 生成，请勿手改。Made by `make docs`; do not edit by hand."
    asked = (
        "每条规则的结果是五种之一：通过、不通过、无法判断（缺数）、未问（不适用）、检查本身出错；“无法判断”不算通过。疑点是提问，不是指责。"
        "A rule has one of five outcomes: passed, not passed, cannot tell (a figure is missing), not asked, or the check itself broke; "
        "'cannot tell' is no pass. A finding is a question."
    )
    parts = [f"# 规则 Rules\n\n{made}\n\n{asked}"]
    for level, (zh, en) in _LEVELS.items():
        rules = [rule for rule in dictionary.rules.values() if rule.level == level]
        if rules:
            parts.append(f"## {level} 级：{zh} · Level {level}: {en}\n\n" + "\n\n".join(_rule(rule, dictionary) for rule in rules))
    return "\n\n".join([*parts, _HOW.strip(), _sources(dictionary), _BENCHMARKS.strip()]) + "\n"


def _rule(rule: Rule, dictionary: Dictionary) -> str:
    words = rule_in_words(rule, dictionary)
    over = "" if rule.over == ("village",) else " · " + "、".join(_OVER[level] for level in rule.over)
    dates = f" · {rule.valid_from or ''}–{rule.valid_to or ''}" if rule.valid_from or rule.valid_to else ""
    alone = "" if rule.page else _NO_PAGE
    return (
        f"### {rule.label.zh} · {rule.label.en}\n\n`{rule.id}` · {_SEVERITIES[rule.severity]}{over}{dates}\n\n"
        f"{words.zh}  \n{words.en}\n\n请 To do: {rule.do.zh.replace('{month}', '本月')} {rule.do.en.replace('{month}', 'the month')}{alone}"
    )


def _sources(dictionary: Dictionary) -> str:
    ask = {"always": "总问 always", "where_sent": "有人报来时 where any was sent", "where_given": "本单位有数时 where this place has it"}
    rows = [
        f"| `{s.code}(x)` | {s.label.zh} · {s.label.en} | {s.level} | {'、'.join(_OVER[level] for level in s.over)} | {ask[s.ask]} |"
        for s in dictionary.sources.values()
    ]
    heads = "| 写法 expression | 来源 source | 级别 from level | 单位 of | 何时问 asked |\n|---|---|---|---|---|"
    return "\n".join(["## 别的来源 · Other sources\n", heads, *rows])
