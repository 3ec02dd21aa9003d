"""cunbao template: the blank monthly return, one workbook a village."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, Month, Places, StoreUrl


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="生成空白月报 / write blank forms: one, or one for every village of the registry")
    def template(
        month: Month,
        folder: Annotated[Path, typer.Argument(help="文件夹 / folder")] = Path("templates"),
        all_villages: Annotated[bool, typer.Option("--all-villages", help="名录中每村一份 / one for each village")] = False,
        home: Home = None,
        store: StoreUrl = "",
        places: Places = None,
    ) -> None:
        from pipelines.cli.options import checked_month
        from pipelines.cli.screen import console, say
        from schemas.dictionary import load_dictionary
        from sinks.template import write_template

        dictionary, wanted = load_dictionary(), checked_month(month)
        folder.mkdir(parents=True, exist_ok=True)
        if not all_villages:
            path = folder / f"村级月报_{wanted}.xlsx"
            write_template(path, dictionary, month=wanted)
            console().print(say(f"已写入 {path}", f"Written: {path}"))
            return
        villages = _villages(home, store, places, wanted)
        for v in villages.itertuples(index=False):
            town = folder / f"{v.town_code}_{v.town_name}"
            town.mkdir(exist_ok=True)
            write_template(
                town / f"{v.village_code}_{v.village_name}_{wanted}.xlsx",
                dictionary,
                month=wanted,
                village_code=str(v.village_code),
                village_name=str(v.village_name),
                town_name=str(v.town_name),
                county_name=str(v.county_name),
            )
        console().print(say(f"已为 {len(villages)} 个村写入 {folder}", f"Written for {len(villages)} villages: {folder}"))


def _villages(home: Path | None, store: str, places: Path | None, month: str):  # type: ignore[no-untyped-def]
    from pipelines.cli.places import registry
    from sources.places import villages_of

    return villages_of(registry(home, store, places), month)
