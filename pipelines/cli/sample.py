"""cunbao sample: a fictional county with believable villages, as the workbooks its clerks would send."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.options import Json, Month


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="生成示例县 / write a sample county: workbooks in several dialects, registry, and the truth")
    def sample(
        folder: Annotated[Path, typer.Argument(help="文件夹 / folder")],
        first: Month,
        months: Annotated[int, typer.Option(min=1, max=36, help="月数 / number of months")] = 1,
        seed: Annotated[int, typer.Option(help="随机种子 / seed; the same seed gives the same files")] = 1,
        towns: Annotated[int, typer.Option(min=1, max=400, help="乡镇数 / towns")] = 12,
        villages: Annotated[int, typer.Option(min=1, max=20_000, help="村数 / villages")] = 300,
        mistakes: Annotated[bool, typer.Option(help="放入已知错误 / plant known mistakes")] = True,
        dialects: Annotated[
            str, typer.Option(help="all 各种写法 | template 只用本系统表式 / all kinds of files, or only our own form")
        ] = "all",
        departments: Annotated[bool, typer.Option(help="部门数据 / files of line departments as well")] = True,
        patterns: Annotated[
            int, typer.Option(min=0, help="有异常规律的村数（至少6个月） / villages with a planted pattern (6 months or more)")
        ] = 0,
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.options import checked_month
        from pipelines.cli.screen import console, print_json, say

        wanted = months_from(checked_month(first), months)
        if not FEWEST * towns <= villages <= MOST * towns:
            raise typer.BadParameter(f"每乡镇 {FEWEST}—{MOST} 村 / {FEWEST} to {MOST} villages a town", param_hint="--villages")
        made = make_sample(
            folder,
            seed=seed,
            months=wanted,
            towns=towns,
            villages=villages,
            plant_mistakes=mistakes,
            dialects=dialects,
            departments=departments,
            patterns=patterns,
        )
        if as_json:
            print_json(made)
        else:
            console().print(say(f"已写入 {folder}：{made}", f"Written to {folder}: {made}"))


FEWEST, MOST = 2, 250
"""Villages a town that a sample may have (`methods.simulate.places`)."""


def make_sample(
    folder: Path,
    *,
    seed: int,
    months: Sequence[str],
    towns: int,
    villages: int,
    plant_mistakes: bool = True,
    dialects: str = "all",
    departments: bool = False,
    patterns: int = 0,
) -> dict[str, Any]:
    """Simulate the county and write its files, registry and truth."""
    import numpy as np

    from methods.simulate.county import simulate_county
    from schemas.dictionary import load_dictionary
    from sinks.samplebooks.county import write_sample_files

    dictionary = load_dictionary()
    county = simulate_county(
        np.random.default_rng(seed),
        dictionary,
        months=months,
        towns=towns,
        villages=villages,
        plant_mistakes=plant_mistakes,
        dialects=dialects,
        departments=departments,
        patterns=patterns,
    )
    return dict(write_sample_files(folder, county, dictionary)._asdict())


def months_from(first: str, count: int) -> list[str]:
    """`count` months from `first` on."""
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return [f"{n // 12}-{n % 12 + 1:02d}" for n in range(start, start + count)]
