"""The only place of assembly. Nothing happens at import: Dagster calls `defs` when it loads the code location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipelines.settings import Settings, settings_from_environment


def build_defs(settings: Settings | None = None, resource_overrides: Mapping[str, Any] | None = None, *, month: str = "") -> dg.Definitions:
    """All assets, checks, jobs, schedules, sensors and resources.

    Args:
        settings: where the office's things are; by default from the environment.
        resource_overrides: resources that replace those made from the settings, by key.
        month: a month that is to be run, however early; by default the list of months begins with the data.
    """
    import assets
    from pipelines.jobs import answer_job, feed_job, intake_job, monthly_job, release_job
    from pipelines.monthlist import first_month, with_months_from
    from pipelines.resources import resources_of
    from pipelines.schedules import schedules_of
    from pipelines.sensors import correction_sensor, inbox_sensor
    from schemas.dictionary import load_dictionary

    settings = settings or settings_from_environment()
    return dg.Definitions(
        assets=with_months_from(dg.load_assets_from_package_module(assets), first_month(settings, month)),
        jobs=[monthly_job, intake_job, release_job, answer_job, feed_job],
        schedules=schedules_of(load_dictionary()),
        sensors=[inbox_sensor, correction_sensor],
        executor=dg.in_process_executor,
        resources={**resources_of(settings), **(resource_overrides or {})},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location, with settings from the environment."""
    return build_defs()
