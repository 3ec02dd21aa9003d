"""cunbao template: the blank monthly return: one form, one for every village, or a list form for every town."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Home, Month, Places, Quiet, StoreUrl

if TYPE_CHECKING:
    import pandas as pd

    from schemas.dictionary import Dictionary

Last = Mapping[str, Mapping[str, float]]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="生成月报表式：一份、每村一份或每乡镇一份汇总表 / write forms: one, one a village, a list a town")
    def template(
        month: Month,
        folder: Annotated[Path, typer.Argument(help="文件夹 / folder")] = Path("templates"),
        all_villages: Annotated[bool, typer.Option("--all-villages", help="名录中每村一份 / one for each village of the registry")] = False,
        town_lists: Annotated[bool, typer.Option("--town-lists", help="每乡镇一份汇总表 / a list form for each town")] = False,
        town: Annotated[
            list[str] | None, typer.Option("--town", help="只要这个乡镇（代码，可重复）/ only this town (code, repeatable)")
        ] = None,
        village: Annotated[
            list[str] | None, typer.Option("--village", help="只要这个村（代码，可重复）/ only this village (code, repeatable)")
        ] = None,
        blank: Annotated[bool, typer.Option("--blank", help="不预填上月期末数 / without opening figures of last month")] = False,
        home: Home = None,
        store: StoreUrl = "",
        places: Places = None,
        quiet: Quiet = False,
    ) -> None:
        from pipelines.cli.options import checked_month
        from pipelines.cli.screen import Bar, console, say
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from sinks.files import write_if_changed

        settings = settings_from_environment(home, None, store, places)
        dictionary = load_dictionary([path for path in settings.dictionary.split(os.pathsep) if path])
        wanted = checked_month(month)
        folder.mkdir(parents=True, exist_ok=True)
        if not (all_villages or town_lists or town or village):
            path = folder / f"村级月报_{wanted}.xlsx"
            _write_single(path, dictionary, wanted)
            console().print(say(f"已写入 {path}", f"Written: {path}"))
            return
        chosen = _chosen(_villages(home, store, places, wanted), town or [], village or [], wanted)
        last: Last = {} if blank else _last_figures(settings.store_url, dictionary, wanted)
        has_forms = all_villages or bool(village) or not town_lists
        forms, lists = (len(chosen) if has_forms else 0), (chosen["town_code"].nunique() if town_lists else 0)
        bar, changed = Bar(is_quiet=quiet), 0
        made = _files(dictionary, wanted, chosen, last, has_forms=has_forms, has_lists=town_lists)
        for below, data in bar.track(made, total=forms + lists, what=say("生成表式", "writing forms")):
            changed += write_if_changed(folder / below, data)
        known = sum(code in last for code in chosen["village_code"])
        console().print(
            say(
                f"已写入 {folder}：村表 {forms} 份，乡镇汇总表 {lists} 份（有变化 {changed} 份）；{known} 个村有上月报表可预填",
                f"Written to {folder}: {forms} village forms, {lists} town lists ({changed} changed); "
                f"last month's report is known of {known} villages",
            )
        )


def _files(
    dictionary: Dictionary, month: str, chosen: pd.DataFrame, last: Last, *, has_forms: bool, has_lists: bool
) -> Iterator[tuple[str, bytes]]:
    """Path below the folder and content of every form, one after the other."""
    from sinks.files import safe_name
    from sinks.listform import town_list_bytes
    from sinks.villageforms import Village, village_forms

    rows: list[Any] = list(chosen.itertuples(index=False))
    villages = [Village(v.village_code, v.village_name, v.town_name, v.county_name, last.get(v.village_code, {})) for v in rows]
    if has_forms:
        for row, data in zip(rows, village_forms(dictionary, month, villages), strict=True):
            town = safe_name(f"{row.town_code}_{row.town_name}")
            yield f"{town}/{safe_name(f'{row.village_code}_{row.village_name}_{month}')}.xlsx", data
    for code in dict.fromkeys(row.town_code for row in rows) if has_lists else ():
        of_town = [village for row, village in zip(rows, villages, strict=True) if row.town_code == code]
        name = of_town[0].town_name
        data = town_list_bytes(dictionary, month=month, town_code=code, town_name=name, villages=of_town, values=[{} for _ in of_town])
        yield f"{safe_name(f'{code}_{name}')}/{safe_name(f'汇总表_{code}_{name}_{month}')}.xlsx", data


def _write_single(path: Path, dictionary: Dictionary, month: str) -> None:
    from sinks.files import write_if_changed
    from sinks.template import template_bytes

    write_if_changed(path, template_bytes(dictionary, month=month))


def _chosen(villages: pd.DataFrame, towns: list[str], codes: list[str], month: str) -> pd.DataFrame:
    """The villages asked for: those of the towns named and those named themselves; all when nothing is named."""
    from pipelines.cli.screen import CommandError

    for code, known in [(c, "town_code") for c in towns] + [(c, "village_code") for c in codes]:
        if code not in set(villages[known]):
            raise CommandError("no_such_place", month=month, code=code)
    if not towns and not codes:
        return villages
    return villages[villages["town_code"].isin(towns) | villages["village_code"].isin(codes)]


def _last_figures(store_url: str, dictionary: Dictionary, month: str) -> Last:
    """Village → last month's accepted figures; nothing where there is no store yet (and none is made)."""
    import sqlalchemy as sa

    from sinks.prefill import last_figures
    from sinks.store import open_store

    url = sa.make_url(store_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return {}
    return last_figures(open_store(store_url, dictionary), dictionary, month)


def _villages(home: Path | None, store: str, places: Path | None, month: str) -> pd.DataFrame:
    from pipelines.cli.places import registry
    from sources.places import villages_of

    return villages_of(registry(home, store, places), month)
