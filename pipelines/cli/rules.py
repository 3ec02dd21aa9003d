"""cunbao rules: the rule book, examined (`check`) and told in plain words (`list`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Json

if TYPE_CHECKING:
    from methods.rulefaults import RuleFault

Folders = Annotated[list[Path] | None, typer.Argument(help="县里自己的 YAML 文件夹 / the county's own folders [CUNBAO_DICTIONARY]")]
InMonth = Annotated[
    str,
    typer.Option("--month", help="只看这个月的规则，缺省看各个时期 / only rules in force in this month; by default every period's"),
]

FAULTS_FOUND = 1
"""Exit status where the rule book has a fault."""
NOT_ALL_TAKEN = 3
"""Exit status where some of the rules of a sheet were not taken."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="规则 / the rule book: examined, and told in plain words")
    app.add_typer(group, name="rules")

    @group.command(help="检查规则：矛盾、多余、从不成立、单位、来源 / examine the rules; exit status 1 where something is wrong")
    def check(folders: Folders = None, month: InMonth = "", as_json: Json = False) -> None:
        from methods.rulebook import check_all, check_rules, coverage
        from methods.rulefaults import RuleFault
        from pipelines.cli.screen import print_json
        from schemas.dictionary import DictionaryError, load_dictionary

        reads: dict[str, list[str]] = {}
        files: dict[str, str] = {}
        rules = 0
        try:
            d = load_dictionary(folders) if folders else load_dictionary()
            when = _month(d, month)
            faults, reads, rules = (check_rules if month else check_all)(d, when), coverage(d, when), len(d.rules)
            files = {subject: _file(d, subject) for fault in faults for subject in fault.subjects}
        except DictionaryError as error:
            faults = [RuleFault("unreadable", (f.where,), f.zh, f.en) for f in error.faults]
        wrong = [fault for fault in faults if not fault.note]
        if as_json:
            told = [
                {
                    "kind": f.kind,
                    "subjects": list(f.subjects),
                    "files": _files(f, files),
                    "because": list(f.because),
                    "zh": f.zh,
                    "en": f.en,
                    "note": f.note,
                }
                for f in faults
            ]
            print_json({"rules": rules, "faults": len(wrong), "found": told, "coverage": reads})
        else:
            _print_faults(faults, files, rules, len(reads))
        raise typer.Exit(FAULTS_FOUND if wrong else 0)

    @group.command(
        "import", help="导入已有的审核公式 / take an office's own sheet of rules. 退出码 exit status: 3 有没导入的 some were not taken"
    )
    def import_rules(
        path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="写有审核公式的工作簿 / workbook with the rules")],
        out: Annotated[Path | None, typer.Option("--out", help="写到 / YAML to write; by default printed")] = None,
        prefix: Annotated[str, typer.Option("--prefix", help="规则代号的开头 / how the new rules' ids begin")] = "imported",
        severity: Annotated[
            str, typer.Option("--severity", help="表中没写类型时 / where the sheet says none: mandatory, near_mandatory, verify")
        ] = "verify",
        as_json: Json = False,
    ) -> None:
        from schemas.dictionary import SEVERITIES

        if severity not in SEVERITIES or not re.fullmatch(r"[a-z0-9][a-z0-9_]*", prefix):
            raise typer.BadParameter(f"--severity: {', '.join(SEVERITIES)}; --prefix: a-z 0-9 _")
        _import(path, out, prefix, severity, as_json=as_json)

    @group.command("list", help="用文字列出每条规则 / every rule in plain words")
    def list_rules(
        folders: Folders = None,
        level: Annotated[int, typer.Option(help="只看这一级，缺省全部 / only this level, 0–5; by default all", show_default=False)] = -1,
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.screen import console, print_json, say
        from schemas.dictionary import load_dictionary
        from schemas.plain import rule_in_words

        d = load_dictionary(folders) if folders else load_dictionary()
        rules = [rule for rule in d.rules.values() if level in (-1, rule.level)]
        words = {rule.id: rule_in_words(rule, d) for rule in rules}
        if as_json:
            print_json(
                [
                    {"id": r.id, "level": r.level, "severity": r.severity, "label": r.label.model_dump(), "words": words[r.id].model_dump()}
                    for r in rules
                ]
            )
            return
        for rule in sorted(rules, key=lambda r: r.level):
            console().print(f"[bold]{rule.level}  {say(*rule.label.pair)}[/bold]  [dim]{rule.id}[/dim]")
            console().print(f"   {say(*words[rule.id].pair)}", markup=False)


def _import(path: Path, out: Path | None, prefix: str, severity: str, *, as_json: bool) -> None:
    from pipelines.cli.screen import console, print_json, say
    from schemas.dictionary import load_dictionary
    from sources.faults import FileFault
    from sources.ruledraft import draft_rules, rules_yaml
    from sources.rulesheet import formula_reader, legend, rule_rows
    from sources.workbook import read_sheets

    dictionary = load_dictionary()
    try:
        _, sheets = read_sheets(path.read_bytes())
    except FileFault as fault:
        from schemas.messages import message

        console().print(message(dictionary, fault.name, fault.details).both(), markup=False)
        raise typer.Exit(NOT_ALL_TAKEN) from None
    symbols, unknown = legend(sheets, dictionary)
    rows = rule_rows(sheets, dictionary)
    taken, left = draft_rules(rows, formula_reader(dictionary, symbols), dictionary, prefix, severity)
    text = rules_yaml(taken, left, path.name)
    if out is not None:
        out.write_text(text, "utf-8")
    if as_json:
        told = [
            {"sheet": n.row.sheet, "cell": n.row.cell, "number": n.row.number, "formula": n.row.formula, "zh": n.zh, "en": n.en}
            for n in left
        ]
        rules = [
            {"id": d.id, "cell": f"{d.row.sheet}!{d.row.cell}", "severity": d.severity, "zh": d.zh, "en": d.en, **d.rule._asdict()}
            for d in taken
        ]
        print_json(
            {"rows": len(rows), "rules": rules, "not_taken": told, "legend": symbols, "legend_unknown": unknown, "out": str(out or "")}
        )
    else:
        if out is None:
            print(text)
        if not rows:
            console().print(
                say(
                    "没有找到写公式的一栏：标题应为“审核公式”之类",
                    "No column of formulas was found: its heading should be 审核公式 or the like",
                )
            )
        summary = say(
            "{rows} 行公式，导入 {taken} 条规则，{left} 行没有导入", "{rows} formulas: {taken} rules taken, {left} formulas not taken"
        )
        console(stderr=True).print(summary.format(rows=len(rows), taken=len(taken), left=len(left)))
        for row, zh, en in left:
            console(stderr=True).print(f"  {row.sheet}!{row.cell} {row.formula}: {say(zh, en)}", markup=False)
        for label in unknown:
            console(stderr=True).print(
                say("  图例中的“{x}”不是已知指标", "  “{x}” in the legend is no known indicator").format(x=label), markup=False
            )
    raise typer.Exit(0 if rows and not left else NOT_ALL_TAKEN)


def _month(dictionary: Any, month: str) -> str:
    """The month given, or the one in which the last rule or indicator came into force."""
    from pipelines.cli.options import checked_month

    if month:
        return checked_month(month)
    entries = (*dictionary.rules.values(), *dictionary.concepts.values())
    return max((entry.valid_from for entry in entries if entry.valid_from), default="2024-01")


def _file(dictionary: Any, subject: str) -> str:
    """The file in which a rule, an instance of one, or an indicator stands."""
    instance, indicator = dictionary.instances.get(subject), dictionary.indicators.get(subject)
    names = (subject, instance.rule.id if instance else "", indicator.concept.code if indicator else "")
    kinds = ("rules", "concepts", "benchmarks", "derived", "layouts", "tables", "departments")
    return next((dictionary.files[kind, name] for name in names for kind in kinds if (kind, name) in dictionary.files), "")


def _files(fault: RuleFault, files: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(files[s] for s in fault.subjects if files.get(s)))


def _print_faults(faults: list[RuleFault], files: dict[str, str], rules: int, indicators: int) -> None:
    from rich.markup import escape
    from rich.table import Table

    from pipelines.cli.screen import console, say

    wrong = [fault for fault in faults if not fault.note]
    if wrong:
        table = Table(title=say(f"{len(wrong)} 处问题", f"{len(wrong)} faults"))
        for head in (say("种类", "Kind"), say("规则", "Rules"), say("说明", "What is wrong")):
            table.add_column(head, overflow="fold")
        for fault in wrong:
            where = "".join(f"\n{name}" for name in _files(fault, files))
            table.add_row(say(*KINDS[fault.kind]), escape(", ".join(fault.subjects) + where), escape(say(fault.zh, fault.en)))
        console().print(table)
    elif rules:
        sound = say("规则没有问题：{rules} 条规则，读取 {n} 个指标", "The rule book is sound: {rules} rules read {n} indicators")
        console().print(sound.format(rules=rules, n=indicators))
    for fault in faults:
        if fault.note:
            console().print(say("注：", "Note: ") + say(fault.zh, fault.en), style="dim")


KINDS: dict[str, tuple[str, str]] = {
    "unreadable": ("读不懂", "unreadable"),
    "contradiction": ("互相矛盾", "contradiction"),
    "never_holds": ("从不成立", "never holds"),
    "never_fails": ("从不违反", "never fails"),
    "redundant": ("多余", "redundant"),
    "duplicate": ("重复", "asked twice"),
    "fixed_cell": ("只剩一个数", "one figure left"),
    "never_asked": ("从不发问", "never asked"),
    "condition": ("条件", "condition"),
    "units": ("单位不同", "units"),
    "level": ("级别不对", "level"),
    "source": ("没有来源", "no such source"),
    "missing": ("空白处理", "blanks"),
    "idle_blank": ("空白处理", "blanks"),
    "tolerance": ("容许差", "tolerance"),
    "tolerance_unit": ("容许差单位", "unit of the tolerance"),
    "wording": ("说明文字", "wording"),
}
"""Kinds of faults as they are called on the screen, Chinese and English."""
