"""Frames on their way from one asset to the next: Parquet in the spool, and in memory within a run.

The spool is working space, not the record: the month is recorded by the asset `month_record`, in one transaction. A frame that is not
what was written (`sinks.checksummed`) is not believed: the run says so and stops, and the next one makes it anew.
"""

import io
import json
import os
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import PrivateAttr

from sinks.checksummed import add_checksum, verified
from sinks.files import temporary_beside


class FrameDamagedError(ValueError):
    """A frame of the spool was changed after it was written."""

    def __init__(self, asset: str, month: str) -> None:
        super().__init__(f"the frame of “{asset}” for {month} is damaged: run the month again (cunbao run {month})")
        self.name, self.details = "frame_damaged", {"asset": asset, "month": month}


def _whole(path: Path, asset: str, month: str) -> memoryview:
    content = verified(path)
    if content is None:
        raise FrameDamagedError(asset, month)
    return content


class FrameSpool(dg.ConfigurableIOManager):
    """Keeps each asset's frame as `<folder>/<asset>/<month>.parquet` (or .json for what is no frame)."""

    folder: str
    _here: dict[tuple[str, str], Any] = PrivateAttr(default_factory=dict)

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Write to a temporary name, then rename: a reader sees the old frame or the new one."""
        asset, month = context.asset_key.path[-1], context.asset_partition_key
        self._here[asset, month] = obj
        target = Path(self.folder) / asset / f"{month}.{'parquet' if isinstance(obj, pd.DataFrame) else 'json'}"
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(target)
        if isinstance(obj, pd.DataFrame):
            obj.to_parquet(temporary, compression="zstd", index=False)
        else:
            temporary.write_text(json.dumps(obj), "utf-8")
        add_checksum(temporary)
        os.replace(temporary, target)

    def load_input(self, context: dg.InputContext) -> Any:
        """What the upstream asset made for the month.

        Raises:
            FileNotFoundError: it has not been materialised for this month; run the month's job.
            FrameDamagedError: what was written was changed since; run the month's job.
        """
        asset, month = context.asset_key.path[-1], context.asset_partition_key
        if (asset, month) in self._here:
            return self._here[asset, month]
        base = Path(self.folder) / asset / month
        if (path := base.with_name(f"{month}.parquet")).is_file():
            return pd.read_parquet(io.BytesIO(_whole(path, asset, month)))
        if (path := base.with_name(f"{month}.json")).is_file():
            return json.loads(bytes(_whole(path, asset, month)))
        raise FileNotFoundError(f"asset “{asset}” has no frame for {month}: materialise it first (cunbao run {month})")
