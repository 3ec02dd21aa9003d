"""cunbao sealed: files that may be about persons wait for a person in charge, who lets each through or has it deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Home, Json, StoreUrl

if TYPE_CHECKING:
    from assets.sealed import Choice
    from pipelines.settings import Settings
    from sinks.sealed import Decision
    from sinks.store import Store

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="封存号，见回执 / the number on the receipt or in the list")]
By = Annotated[str, typer.Option("--by", help="由谁决定 / who decides")]
Reason = Annotated[str, typer.Option("--reason", help="具体理由（“核实无误”不算）/ a specific reason; a bare 'checked' is none")]
EXIT_WAITING = 3
"""Something waits for a decision."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="封存待定的文件（可能含个人信息）/ files that may be about persons: list, let through, delete. "
        "退出码 exit status: 0 好 fine, 2 号码、理由或私钥不对 wrong number, reason or identity, 3（list）有文件待定 some wait.",
    )
    group.command("list", help="列出待定的文件 / list what waits for a decision")(_list)
    group.command("allow", help="放行：下次运行作为普通报送读取 / let through: the next run reads it as an ordinary submission")(_allow)
    group.command("delete", help="删除：不可恢复，回执和决定保留 / delete for good; receipt and decision are kept")(_delete)
    app.add_typer(group, name="sealed")


def _list(
    month: Annotated[str, typer.Option("--month", help="只看此月 / only this month")] = "",
    every: Annotated[bool, typer.Option("--all", help="连同已决定的 / decided ones too")] = False,
    home: Home = None,
    store: StoreUrl = "",
    as_json: Json = False,
) -> None:
    from assets.sealed import sealed_files
    from pipelines.cli.options import checked_month
    from pipelines.cli.screen import console, print_json
    from schemas.dictionary import load_dictionary

    settings, opened = _office(home, store)
    found = sealed_files(opened, load_dictionary(), settings.sealed_folder, checked_month(month) if month else "")
    shown = [item for item in found if every or item["state"] == "waiting"]
    if as_json:
        print_json(shown)
    else:
        console().print(_table(shown, settings.sealed_folder))
    if any(item["state"] == "waiting" for item in shown):
        raise typer.Exit(EXIT_WAITING)


def _allow(
    number: Number,
    by: By = "",
    reason: Reason = "",
    identity: Annotated[
        Path | None,
        typer.Option("--identity", help="加密封存的：县里的 age 私钥文件 / of an encrypted file: the age identity file"),
    ] = None,
    home: Home = None,
    store: StoreUrl = "",
    as_json: Json = False,
) -> None:
    from assets.sealed import allow
    from pipelines.cli.screen import say

    settings, opened = _office(home, store)
    made = allow(opened, settings.sealed_folder, number, _choice(settings, by, reason), identity)
    told = say("已放行；运行 cunbao run {month} 时读取。", "let through; `cunbao run {month}` reads it.")
    _tell(made, told.format(month=made.sent_for), as_json=as_json)


def _delete(number: Number, by: By = "", reason: Reason = "", home: Home = None, store: StoreUrl = "", as_json: Json = False) -> None:
    from assets.sealed import delete
    from pipelines.cli.screen import say

    settings, opened = _office(home, store)
    made = delete(opened, settings.sealed_folder, number, _choice(settings, by, reason))
    _tell(made, say("已删除；决定和回执保留。", "deleted; the decision and the receipt are kept."), as_json=as_json)


def _office(home: Path | None, store: str) -> tuple[Settings, Store]:
    from pipelines.settings import settings_from_environment
    from schemas.dictionary import load_dictionary
    from sinks.store import open_store

    settings = settings_from_environment(home, None, store)
    return settings, open_store(settings.store_url, load_dictionary())


def _choice(settings: Settings, by: str, reason: str) -> Choice:
    from assets.sealed import Choice
    from schemas.clock import Clock

    return Choice(by, reason, Clock(settings.now).now())


def _tell(made: Decision, told: str, *, as_json: bool) -> None:
    from rich.markup import escape

    from pipelines.cli.screen import console, print_json
    from sources.quarantine import short_number

    if as_json:
        print_json({**made._asdict(), "number": short_number(made.number)})
    else:
        console().print(escape(f"{short_number(made.number)} {made.path}: {told}"))


def _table(items: list[dict[str, Any]], folder: Path) -> Any:
    from rich.markup import escape
    from rich.table import Table

    from pipelines.cli.screen import say

    states = {"waiting": say("待定", "waits"), "allowed": say("已放行", "let through"), "deleted": say("已删除", "deleted")}
    waits = sum(item["state"] == "waiting" for item in items)
    title = say(f"封存待定的文件 {waits} 个", f"files that wait for a decision: {waits}")
    table = Table(title=title, caption=say(f"封存在 {folder}", f"sealed in {folder}"))
    for head in (say("封存号", "Number"), say("文件", "File"), say("单位", "Place"), say("收到", "Received"), say("看到的", "Seen")):
        table.add_column(head, overflow="fold")
    table.add_column(say("状态", "State"), overflow="fold")
    for item in items:
        place = " ".join(filter(None, (item["town"], item["village"])))
        by = f" {item['decided_by']} {item['decided_at']}: {item['reason']}" if item["decided_by"] else ""
        absent = say("（尚未移入，请先运行该月）", " (not moved yet: run its month)")
        state = states[item["state"]] + (absent if item["state"] == "waiting" and not item["is_there"] else "") + by
        cells = (item["number"], item["file"], place, item["received"], say(item["say_zh"], item["say_en"]), state)
        table.add_row(*map(escape, cells))
    return table
