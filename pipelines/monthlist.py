"""The list of months begins with the first month that there is anything of: old years can be run, and the UI's list stays short."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from assets.common import FIRST_MONTH, months_from
from pipelines.settings import Settings
from sources.inbox import InboxUnreachableError, is_url, month_folders


def first_month(settings: Settings, needed: str = "") -> str:
    """The first month of the list.

    Args:
        settings: CUNBAO_FIRST_MONTH decides where it is set; else the earliest month of which the inbox or the outbox has a folder, and
            the shipped first month where nothing is earlier.
        needed: a month that is to be run and must be in the list, whatever else is known. The inbox is not looked at then.
    """
    if settings.first_month:
        return min(filter(None, (settings.first_month, needed)))
    if needed:
        return min(FIRST_MONTH, needed)
    return min((FIRST_MONTH, *_months_of(settings.inbox), *_months_of(settings.outbox)))


def with_months_from(loaded: Sequence[Any], first: str) -> list[Any]:
    """The assets and their checks, with a list of months that begins with `first`."""
    if first == FIRST_MONTH:
        return list(loaded)
    months = months_from(first)
    with warnings.catch_warnings(action="ignore", category=dg.PreviewWarning):  # checks of a partition; see `assets.common.monthly_check`
        return [_partitioned(asset, months) if isinstance(asset, dg.AssetsDefinition) else asset for asset in loaded]


def _partitioned(asset: dg.AssetsDefinition, months: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    attributes = asset.map_asset_specs(lambda spec: spec.replace_attributes(partitions_def=months)).get_attributes_dict()
    checks = attributes["check_specs_by_output_name"]
    attributes["check_specs_by_output_name"] = {name: check._replace(partitions_def=months) for name, check in checks.items()}
    return asset.__class__.dagster_internal_init(**attributes)


def _months_of(folder: str | Path) -> Iterable[str]:
    if is_url(folder) or Path(folder).is_dir():
        try:
            return month_folders(folder)[:1]
        except InboxUnreachableError:  # the list of months must not stop the server
            return ()
    return ()
