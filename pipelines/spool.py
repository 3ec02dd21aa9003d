"""Frames on their way from one asset to the next: Parquet in the spool, and in memory within a run.

The spool is working space, not the record: the month is recorded by the asset `month_record`, in one transaction.
"""

import json
import os
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import PrivateAttr

from sinks.files import temporary_beside


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
        os.replace(temporary, target)

    def load_input(self, context: dg.InputContext) -> Any:
        """What the upstream asset made for the month.

        Raises:
            FileNotFoundError: it has not been materialised for this month; run the month's job.
        """
        asset, month = context.asset_key.path[-1], context.asset_partition_key
        if (asset, month) in self._here:
            return self._here[asset, month]
        base = Path(self.folder) / asset / month
        if (path := base.with_name(f"{month}.parquet")).is_file():
            return pd.read_parquet(path)
        if (path := base.with_name(f"{month}.json")).is_file():
            return json.loads(path.read_text("utf-8"))
        raise FileNotFoundError(f"asset “{asset}” has no frame for {month}: materialise it first (cunbao run {month})")
