"""The peer: what most would write to sum a month of village workbooks with pandas. It validates nothing.

python peer.py FOLDER OUT [TIMES]: the workbooks in FOLDER become OUT/town.csv and OUT/county.csv, TIMES times over in one process.
Prints the seconds that each pass took as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd


def read_village(path: Path) -> dict[str, Any]:
    """One workbook's figures by label, with town and county."""
    sheet = pd.read_excel(path, header=None, engine="openpyxl")
    village: dict[str, Any] = {}
    header: list[Any] = []
    for row in sheet.itertuples(index=False):
        cells = list(row)
        if cells[0] == "序号":
            header = cells
        elif pd.notna(cells[0]) and str(cells[0]).isdigit():
            for column in range(4, len(cells)):
                if pd.notna(header[column]):
                    name = cells[1] if header[column] == "本月数" else f"{cells[1]}（{header[column]}）"
                    village[name] = cells[column]
        else:
            for column in range(len(cells) - 1):
                if cells[column] in ("村（居）代码", "村（居）名称", "乡镇（街道）", "县（市、区）"):
                    village[cells[column]] = cells[column + 1]
    return village


def sum_month(folder: Path, out: Path) -> None:
    """All workbooks of a folder, summed by town and by county."""
    frames = [pd.DataFrame([read_village(path)]) for path in sorted(folder.glob("*.xlsx"))]
    villages = pd.concat(frames, ignore_index=True)
    names = ["村（居）代码", "村（居）名称", "乡镇（街道）", "县（市、区）"]
    figures = villages.drop(columns=names).apply(pd.to_numeric, errors="coerce")
    out.mkdir(parents=True, exist_ok=True)
    figures.groupby([villages["县（市、区）"], villages["乡镇（街道）"]]).sum().to_csv(out / "town.csv", encoding="utf-8-sig")
    figures.groupby(villages["县（市、区）"]).sum().to_csv(out / "county.csv", encoding="utf-8-sig")


def main() -> None:
    """Run it as often as asked for."""
    seconds = []
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 1):
        start = time.perf_counter()
        sum_month(Path(sys.argv[1]), Path(sys.argv[2]))
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
