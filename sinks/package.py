"""The exchange package: a release's tidy figures and its manifest in one zip, byte for byte repeatable."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from sinks.files import write_if_changed

_TIME = (1980, 1, 1, 0, 0, 0)


def write_package(path: Path, release: Path) -> bool:
    """Zip a release's tidy CSV files and manifest; returns whether the package changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((*release.glob("*.csv"), release / "manifest.json")):
            archive.writestr(zipfile.ZipInfo(file.name, _TIME), file.read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
    return write_if_changed(path, buffer.getvalue())
