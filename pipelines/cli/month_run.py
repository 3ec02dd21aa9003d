"""Materialises a month's assets, exactly as the schedule does, and gathers what they made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from pipelines.cli.screen import Bar
from pipelines.settings import Settings, with_environment

_DAGSTER_YAML = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"


@dataclass(frozen=True)
class MonthRun:
    """What a run made, by asset."""

    month: str
    values: dict[str, Any]
    settings: Settings

    @property
    def files_changed(self) -> list[str]:
        """Paths of the files that this run wrote anew."""
        return [path for value in self.values.values() if isinstance(value, list) for path in value]

    @property
    def has_changed(self) -> bool:
        """Whether the store or a file is other than before."""
        return bool(self.values.get("month_record")) or bool(self.files_changed)


def run_month(
    settings: Settings, month: str, *, job: str = "monthly_return", ops: dict[str, Any] | None = None, is_quiet: bool = False
) -> MonthRun:
    """Run a job for one month in this process. Its events are in the office's Dagster instance, so the UI shows the run.

    Raises:
        Whatever an asset raised, with Dagster's wrapping.
    """
    prepare_dagster(settings)
    import dagster as dg

    from pipelines.definitions import build_defs

    definitions = build_defs(settings, {"progress": dg.ResourceDefinition.hardcoded_resource(Bar(is_quiet=is_quiet))})
    config: dict[str, Any] = {"ops": ops or {}, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.get() as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            partition_key=month, instance=instance, run_config=config, raise_on_error=True
        )
    values = {key.path[-1]: result.asset_value(key) for key in _materialized(result)}
    return MonthRun(month, values, settings)


def prepare_dagster(settings: Settings) -> None:
    """Point this process (and those it starts) at the office's Dagster instance, creating its folder."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / "dagster.yaml"
    if not config.exists():
        config.write_text(_DAGSTER_YAML, "utf-8")
    os.environ.update(with_environment(settings))


def _materialized(result: Any) -> list[Any]:
    return [event.asset_key for event in result.get_asset_materialization_events()]
