"""cunbao dictionary: check the dictionary with the county's own entries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Json


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="指标字典 / the dictionary of indicators, rules, layouts and tables")
    app.add_typer(group, name="dictionary")

    @group.command(help="检查字典 / check the dictionary; errors name file, entry and remedy")
    def check(
        folders: Annotated[list[Path] | None, typer.Argument(help="县里自己的 YAML 文件夹 / the county's own folders")] = None,
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.screen import console, print_json, say
        from schemas.dictionary import load_dictionary

        d = load_dictionary(folders) if folders else load_dictionary()
        counts = {
            "version": d.version,
            "indicators": len(d.indicators),
            "derived": len(d.derived),
            "rules": len(d.rules),
            "rule_instances": len(d.instances),
            "layouts": len(d.layouts),
            "tables": len(d.tables),
        }
        if as_json:
            print_json(counts)
            return
        console().print(
            say(
                "字典可用：{indicators} 个指标，{rules} 条规则，{layouts} 种表式，{tables} 张表（版本 {version}）",
                "The dictionary is sound: {indicators} indicators, {rules} rules, {layouts} layouts, {tables} tables (version {version})",
            ).format(**counts)
        )
