"""The pictures of the benchmark: small PNGs that a page can carry."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from tests.bench.evidence.criteria import Rows, frame
from tests.bench.evidence.trials import MADE_FOR, OURS

matplotlib.use("Agg")
import matplotlib.pyplot as plt

_OURS, _OTHER, _LIGHT = "#1f5f8b", "#b5632b", "#c9c9c9"


def draw(folder: Path, rows: Rows) -> dict[str, str]:
    """Draw what the rows allow; returns name → what the picture shows."""
    made = {}
    for name, (rows_of, text, make) in _PICTURES.items():
        found = frame(rows, rows_of)
        if len(found):
            figure = make(found)
            figure.savefig(folder / f"{name}.png", dpi=110, bbox_inches="tight", metadata={"Software": None})
            plt.close(figure)
            made[name] = text
    return made


def _bare(ax: plt.Axes) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _methods(found: pd.DataFrame) -> plt.Figure:
    """Average precision and false share of every run, method by method."""
    names = list(dict.fromkeys(found["method"]))[::-1]
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.6), sharey=True)
    for ax, column, title in zip(
        axes, ("ap", "false_listed"), ("average precision", "false discovery proportion of the list"), strict=True
    ):
        for at, name in enumerate(names):
            values = found.loc[found["method"] == name, column].to_numpy()
            colour = _OURS if name == OURS else _OTHER
            spread = at + np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.array([float(at)])
            ax.scatter(values, spread, s=7, color=colour, alpha=0.45, linewidths=0)
            ax.plot([values.mean()] * 2, [at - 0.32, at + 0.32], color=colour, linewidth=2)
        ax.set_xlim(-0.02, 1.02)
        ax.set_yticks(range(len(names)), names)
        ax.set_title(title, fontsize=9)
        ax.tick_params(labelsize=8)
        _bare(ax)
    axes[1].axvline(0.1, color=_LIGHT, linewidth=1, zorder=0)
    return figure


def _kinds(found: pd.DataFrame) -> plt.Figure:
    """By kind: average precision with all tests and without the one made for it."""
    mean = (
        found.groupby("kind")[["ap", "ap_left_out"]]
        .mean()
        .reindex([k for k in MADE_FOR if k in set(found["kind"])])
        .sort_values("ap_left_out")
    )
    figure, ax = plt.subplots(figsize=(6.4, 0.22 * len(mean) + 0.9))
    at = np.arange(len(mean))
    ax.hlines(at, mean["ap_left_out"], mean["ap"], color=_LIGHT, linewidth=2, zorder=1)
    ax.scatter(mean["ap"], at, s=28, color=_OURS, label="all tests", zorder=2)
    ax.scatter(mean["ap_left_out"], at, s=28, color=_OTHER, label="without the test made for it", zorder=3)
    ax.set_yticks(at, [k.replace("_", " ") for k in mean.index])
    ax.set_xlim(-0.02, 1.02)
    ax.set_xlabel("average precision", fontsize=9)
    ax.tick_params(labelsize=8)
    ax.legend(fontsize=8, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
    _bare(ax)
    return figure


def _detection(found: pd.DataFrame) -> plt.Figure:
    """Share of planted villages listed by so many months after the pattern began."""
    figure, ax = plt.subplots(figsize=(5.2, 2.6))
    months = np.arange(0, 37)
    share = [(found["months"] <= m).mean() for m in months]
    ax.step(months, share, where="post", color=_OURS, linewidth=2)
    ax.set_ylim(0, 1)
    ax.set_xlabel("months since the pattern began", fontsize=9)
    ax.set_ylabel("share listed", fontsize=9)
    ax.tick_params(labelsize=8)
    _bare(ax)
    return figure


_PICTURES = {
    "methods": ("ordinary_methods", "Average precision and false discovery proportion of every run, by method; bars are means", _methods),
    "kinds": ("kinds", "Average precision by kind, with all tests and without the one made for the kind", _kinds),
    "detection": ("detection", "Share of planted villages listed, by months since their pattern began", _detection),
}
