"""cunbao layout: draft the description of an unknown form, and see what a description would read. Nothing is stored."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Json

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from sources.reading import FileReading
    from sources.suggest import Draft

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="报表 / the file")]
EXIT_NOTHING = 3
_ROWS_SHOWN, _ROWS_PAGED = 5, 200
_STATES = {"R": "", "M": "空 blank", "N": "—", "C": "不收集 not collected", "U": "无法识别 unreadable"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="表式 / layouts: how the figures stand in a form")
    app.add_typer(group, name="layout")

    @group.command(help="草拟新表式 / draft the layout of an unknown form, for a person to check")
    def suggest(
        path: File,
        sheet: Annotated[str, typer.Option("--sheet", help="工作表名 / name of the sheet")] = "",
        table: Annotated[int, typer.Option("--table", min=1, help="工作表里第几张表 / which table of the sheet")] = 1,
        out: Annotated[Path | None, typer.Option("--out", help="写到 / YAML to write")] = None,
        layout_id: Annotated[str, typer.Option("--id", help="表式代号 / the layout's id")] = "",
        as_json: Json = False,
    ) -> None:
        _suggest(path, sheet, table, out, layout_id, as_json=as_json)

    @group.command(help="试读 / show what would be read. 退出码 exit status: 0 可读 something, 3 读不出 nothing")
    def test(
        path: File,
        layout: Annotated[
            Path | None, typer.Option("--layout", exists=True, help="要试的 YAML（文件或文件夹）/ YAML file or folder to try")
        ] = None,
        rows: Annotated[int, typer.Option("--rows", min=0, help="显示几个单位，0为全部 / how many places to show, 0 for all")] = 0,
        as_json: Json = False,
    ) -> None:
        _test(path, layout, rows, as_json=as_json)


def _suggest(path: Path, sheet: str, table: int, out: Path | None, layout_id: str, *, as_json: bool) -> None:
    from pipelines.cli.screen import console, print_json, say
    from schemas.dictionary import load_dictionary
    from sources.drafts import layout_yaml
    from sources.layout import reading_kit
    from sources.quarantine import may_hold_persons
    from sources.reading import FileReader
    from sources.suggest import suggest_layout
    from sources.workbook import read_sheets

    dictionary = load_dictionary()
    kit, data = reading_kit(dictionary), path.read_bytes()
    known = FileReader(kit).read(data, path.name)
    if may_hold_persons(known) or known.kind == "":
        _refuse(known, path, dictionary)
    if known.layout and not sheet:
        console(stderr=True).print(say(f"表式 {known.layout} 已能读取此文件", f"The layout {known.layout} reads this file already"))
    draft = suggest_layout(read_sheets(data)[1], dictionary, kit.values, sheet, table)
    if draft is None:
        console(stderr=True).print(say("没有找到数字上方的标题", "No headings were found above or beside figures"))
        raise typer.Exit(EXIT_NOTHING)
    text = layout_yaml(draft, layout_id or "my_layout", path.name)
    if out is not None:
        out.write_text(text, "utf-8")
    if as_json:
        about = {"sheet": draft.sheet, "kind": draft.kind, "table": draft.table, "tables": draft.tables}
        print_json({**about, "headings": [_guess_of(g) for g in draft.guesses], "yaml": text})
        return
    _print_draft(draft)
    if out is None:
        console().print(text, markup=False, soft_wrap=True)
    else:
        console().print(say(f"草稿已写入 {out}，请逐行核对", f"Draft written to {out}; please check every line"))


def _guess_of(guess: Any) -> dict[str, object]:
    rival = {"target": guess.runner_up.target, "score": guess.runner_up.score} if guess.runner_up else None
    about = {"heading": guess.path, "target": guess.target, "confidence": guess.confidence, "level": guess.level, "runner_up": rival}
    return {**about, "figures": list(guess.figures), "sum_of": list(guess.sum_of)}


def _print_draft(draft: Draft) -> None:
    from rich.table import Table

    from pipelines.cli.screen import console, say
    from sources.values import plain_number

    table = Table(title=say(f"工作表“{draft.sheet}”的标题", f"Headings of sheet “{draft.sheet}”"))
    for name in (say("标题", "heading"), say("可能是", "probably"), say("把握", "confidence"), say("依据", "why")):
        table.add_column(name)
    for guess in draft.guesses:
        why = [guess.why, f"{plain_number(guess.figures[0])} …" if guess.figures else "", " + ".join(guess.sum_of)]
        table.add_row(guess.path.replace("\n", ""), guess.target, f"{guess.level} {guess.confidence:.2f}", "; ".join(filter(None, why)))
    console().print(table)
    if draft.tables > 1:
        zh = f"工作表里有 {draft.tables} 张表，这是第 {draft.table} 张；其他的用 --table"
        console().print(say(zh, f"The sheet has {draft.tables} tables; this is table {draft.table}. Draft the others with --table"))


def _test(path: Path, layout: Path | None, rows: int, *, as_json: bool) -> None:
    from pipelines.cli.screen import console, print_json, say
    from schemas.dictionary import load_dictionary
    from sources.layout import reading_kit
    from sources.quarantine import may_hold_persons
    from sources.reading import FileReader

    with tempfile.TemporaryDirectory() as room:
        dictionary = load_dictionary([*_folders(layout, Path(room))] or None)
    reading = FileReader(reading_kit(dictionary), is_trial=True).read(path.read_bytes(), path.name)
    if may_hold_persons(reading) or reading.kind == "":
        _refuse(reading, path, dictionary)
    told = _told(reading, dictionary, rows)
    if as_json:
        print_json(told)
    else:
        _print_reading(told)
    if not reading.records:
        console(stderr=True).print(say("读不出任何数字", "Nothing would be read"))
        raise typer.Exit(EXIT_NOTHING)


def _folders(layout: Path | None, room: Path) -> list[Path]:
    """Folders for `load_dictionary`: the county's own and the one to try; a single file gets a folder for itself."""
    import os

    own = [Path(p) for p in os.environ.get("CUNBAO_DICTIONARY", "").split(os.pathsep) if p]
    if layout is None:
        return own
    if layout.is_dir():
        return [*own, layout]
    (room / "layout.yaml").write_bytes(layout.read_bytes())
    return [*own, room]


def _refuse(reading: FileReading, path: Path, dictionary: Dictionary) -> None:
    """The receipt's own words, and nothing of the file."""
    from pipelines.cli.screen import console
    from schemas.messages import message

    for problem in reading.problems:
        console(stderr=True).print(f"{path.name}: {message(dictionary, problem.name, dict(problem.details)).both()}", markup=False)
    raise typer.Exit(EXIT_NOTHING)


def _told(reading: FileReading, dictionary: Dictionary, rows: int) -> dict[str, Any]:
    import json

    from schemas.messages import message

    plans = [json.loads(text) for text in reading.plans.values()]
    return {
        "layout": reading.layout,
        "score": round(reading.score, 3),
        "runner_up": reading.runner_up,
        "places": len(reading.records),
        "plans": [{"sheet": p["sheet"], "cells": p["cells"]} for p in plans],
        "first": [_place(r, dictionary) for r in reading.records[:_ROWS_SHOWN]],
        "rows": [_place(r, dictionary) for r in (reading.records[:rows] if rows else reading.records)],
        "problems": [
            {"sheet": p.sheet, "cell": p.cell, "code": made.code, "say_zh": made.say_zh, "say_en": made.say_en}
            for p in reading.problems
            for made in [message(dictionary, p.name, {"month": "?", **p.details})]
        ],
    }


def _place(record: Any, dictionary: Dictionary) -> dict[str, Any]:
    values = memoryview(record.values).cast("d")
    figures = {
        code: values[n] if chr(record.states[n]) == "R" else _STATES[chr(record.states[n])]
        for n, code in enumerate(dictionary.codes)
        if chr(record.states[n]) != "C"
    }
    head = {"level": record.level, "code": record.place_code, "name": record.place_name, "within": record.parent_name}
    return {**head, "month": record.month, "figures": figures}


def _in_full(place: dict[str, Any]) -> str:
    """The figures of a place, none of them shortened."""
    from sources.values import plain_number

    figures = place["figures"].items()
    return ", ".join(f"{code}={plain_number(value)}" if isinstance(value, float) else f"{code}: {value}" for code, value in figures)


def _print_reading(told: dict[str, Any]) -> None:
    from rich.table import Table

    from pipelines.cli.screen import console, say

    screen = console()
    layout, rival, places = told["layout"] or "—", told["runner_up"] or "—", told["places"]
    zh = f"表式 {layout}，相符 {told['score']:.2f}，其次 {rival}，共 {places} 个单位"
    en = f"Layout {layout}, score {told['score']:.2f}, runner-up {rival}, {places} places"
    screen.print(say(zh, en), markup=False)
    for plan in told["plans"][:3]:
        table = Table(title=say(f"工作表“{plan['sheet']}”", f"sheet “{plan['sheet']}”"))
        for name in (say("指标", "indicator"), say("单元格或列", "cell or column")):
            table.add_column(name)
        for code, cell in plan["cells"].items():
            table.add_row(code, str(cell))
        screen.print(table)
    if told["rows"] and not any(place["figures"] for place in told["rows"]):
        zh = "各行都读到了，但还没有一栏写明是哪个指标：请在 columns 里填写"
        screen.print(say(zh, "The places are read, but no heading has a meaning yet: fill in `columns`"))
    with screen.pager() if screen.is_terminal and len(told["rows"]) > _ROWS_PAGED else nullcontext():
        for place in told["rows"]:
            screen.print(f"{place['month'] or '?'} {place['code']} {place['within']}{place['name']}: {_in_full(place)}", markup=False)
    if len(told["rows"]) < places:
        screen.print(say(f"（另有 {places - len(told['rows'])} 个单位）", f"({places - len(told['rows'])} more places)"))
    for p in told["problems"]:
        screen.print(f"[{p['code']}] {p['sheet']} {p['cell']} {say(p['say_zh'], p['say_en'])}", markup=False)
