"""Materialises a month's assets, exactly as the schedule does, and gathers what they made."""

from __future__ import annotations

import importlib
import json
import os
import threading
from dataclasses import dataclass
from typing import Any

from pipelines.cli.screen import Bar
from pipelines.settings import Settings, with_environment

# One event log for all runs: the default makes a database for each run, and its set-up costs more than a month's events.
# One run at a time: months share a store with one writer, and a month is compared with the one before it.
_OURS = "# written by cunbao"
_DAGSTER_YAML = """\
# written by cunbao; take this line out to keep your own changes
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
event_log_storage:
  module: pipelines.eventlog
  class: EventLog
  config:
    base_dir: "{folder}/events"
"""


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
    threading.Thread(target=_import_ahead, daemon=True).start()
    prepare_dagster(settings)
    import dagster as dg

    from pipelines.definitions import build_defs
    from pipelines.instance import office_instance, process_tags

    definitions = build_defs(settings, {"progress": dg.ResourceDefinition.hardcoded_resource(Bar(is_quiet=is_quiet))}, month=month)
    config: dict[str, Any] = {"ops": ops or {}, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with office_instance(settings.dagster_home) as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            partition_key=month, instance=instance, run_config=config, raise_on_error=True, tags=process_tags()
        )
    values = {key.path[-1]: result.asset_value(key) for key in _materialized(result)}
    return MonthRun(month, values, settings)


def prepare_dagster(settings: Settings) -> None:
    """Point this process (and those it starts) at the office's Dagster instance, creating its folder."""
    os.umask(0o077)  # store, originals and tables are the office's own; whoever shares them, sets that himself
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / "dagster.yaml"
    wanted = _DAGSTER_YAML.format(folder=json.dumps(str(settings.dagster_home), ensure_ascii=False)[1:-1])
    if not config.exists() or (config.read_text("utf-8").startswith(_OURS) and config.read_text("utf-8") != wanted):
        written = config.with_name(f".dagster.yaml.{os.getpid()}")  # also when the home folder was moved; whole or not at all
        written.write_text(wanted, "utf-8")
        written.replace(config)
    os.environ.update(with_environment(settings))


def _materialized(result: Any) -> list[Any]:
    return [event.asset_key for event in result.get_asset_materialization_events()]


def _import_ahead() -> None:
    """Import what the last stages need while this process waits for its reading workers."""
    for name in ("matplotlib.backends.backend_agg", "scipy.special", "xlsxwriter"):
        importlib.import_module(name)
