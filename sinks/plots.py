"""Small pictures for reviewers. Places stand in order of their code: nothing here ranks towns."""

from __future__ import annotations

import io
import logging
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

_FONTS = ("Noto Sans CJK SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC")
_FONT_FILES = ("notosanscjk", "wqy", "sourcehansans", "msyh", "simhei", "pingfang")
_SEVERITIES = (
    ("mandatory", "强制性 mandatory", "#b2182b"),
    ("near_mandatory", "准强制性 near-mandatory", "#ef8a62"),
    ("verify", "核实性 verify", "#67a9cf"),
)
_STATES = (("accepted", "已报 reported", "#4d9221"), ("held", "待核 held", "#e6ab02"), ("missing", "缺报 missing", "#999999"))
_MOST = 40


def findings_by_town_png(findings: pd.DataFrame, report: pd.DataFrame) -> bytes:
    """Findings by town and severity, as stacked bars: PNG of about 640 × 300 pixels."""
    towns = _towns(report)
    here = findings[findings["town_code"].isin(towns["town_code"])]
    counts = here.groupby(["town_code", "severity"]).size().unstack(fill_value=0).reindex(towns["town_code"], fill_value=0)
    return _bars(towns, counts, _SEVERITIES, "疑点 findings")


def findings_by_month_png(history: pd.DataFrame) -> bytes:
    """Findings by month and severity (`sinks.month.findings_by_month`), as stacked bars: PNG of about 640 × 300 pixels."""
    counts = history.groupby(["month", "severity"])["count"].sum().unstack(fill_value=0).sort_index()
    months = pd.DataFrame({"town_code": counts.index, "town_name": counts.index})
    return _bars(months, counts, _SEVERITIES, "疑点 findings")


def completeness_png(report: pd.DataFrame) -> bytes:
    """Villages reported, held and missing by town, as stacked bars: PNG of about 640 × 300 pixels."""
    towns = _towns(report)
    counts = report.groupby(["town_code", "status"]).size().unstack(fill_value=0).reindex(towns["town_code"], fill_value=0)
    return _bars(towns, counts, _STATES, "村 villages")


def _towns(report: pd.DataFrame) -> pd.DataFrame:
    """Towns in order of code; where there are too many to draw, their counties."""
    towns = report.loc[report["town_code"] != "", ["town_code", "town_name"]].drop_duplicates("town_code").sort_values("town_code")
    return towns.head(_MOST)


def _bars(towns: pd.DataFrame, counts: pd.DataFrame, series: tuple[tuple[str, str, str], ...], title: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    font = _cjk_font()
    figure = Figure(figsize=(6.4, 3.0), dpi=100)
    figure.subplots_adjust(left=0.09, right=0.99, top=0.97, bottom=0.32)  # laying out by measuring would draw everything twice
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    bottom = np.zeros(len(towns))
    for key, label, colour in series:
        heights = counts[key].to_numpy(dtype=np.float64) if key in counts else np.zeros(len(towns))
        axes.bar(range(len(towns)), heights, bottom=bottom, color=colour, label=_words(label, font))
        bottom = bottom + heights
    axes.set_xticks(
        range(len(towns)), towns["town_name"] if font else towns["town_code"], rotation=90, fontsize=7, fontfamily=font or "DejaVu Sans"
    )
    axes.set_ylabel(_words(title, font), fontfamily=font or "DejaVu Sans", fontsize=8)
    axes.tick_params(axis="y", labelsize=7)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False, prop={"family": font or "DejaVu Sans", "size": 7})
    made = io.BytesIO()
    figure.savefig(made, format="png", metadata={"Software": None})
    return made.getvalue()


def _words(label: str, font: str) -> str:
    """Both languages where the font has Chinese, English alone where it has not."""
    return label if font else label.split(" ", 1)[1]


@lru_cache(maxsize=1)
def _cjk_font() -> str:
    """An installed font with Chinese characters, or ''. Matplotlib remembers its first look; fonts installed since are looked for."""
    from matplotlib import font_manager

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # some fonts come in one weight, which is no news
    known = font_manager.fontManager
    if not any(font.name in _FONTS for font in known.ttflist):
        for path in font_manager.findSystemFonts():
            if any(part in path.lower() for part in _FONT_FILES):
                known.addfont(path)
    installed = {font.name for font in known.ttflist}
    return next((name for name in _FONTS if name in installed), "")
