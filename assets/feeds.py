"""Feeds: what a release sends on to the systems above."""

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset
from assets.ports import Outbox
from sinks.package import write_package
from sinks.upstream import feed_database


class FeedConfig(dg.Config):
    """SQLAlchemy URL of the upstream database; without one only the exchange package is written. One with a password is given as an
    environment variable ({env: CUNBAO_FEED_URL}), since Dagster keeps and shows what a run is configured with.
    """

    url: str = ""


@monthly_asset("feeds", {"sqlalchemy", "zip"})
def feed(context: AssetExecutionContext, config: FeedConfig, release: int, outbox: ResourceParam[Outbox]) -> dict[str, int]:
    """上报 · The newest release as an exchange package, and in the upstream system's database."""
    month = context.partition_key
    folder = outbox.folder / "releases" / month / f"v{release}"
    package = outbox.folder / "feeds" / f"cunbao_{month}_v{release}.zip"
    changed = write_package(package, folder)
    figures = pd.concat([pd.read_parquet(folder / f"{level}_{month}.parquet") for level in ("town", "county")], ignore_index=True)
    rows = feed_database(config.url, figures, month, release) if config.url else 0
    context.add_output_metadata(
        {"数据包 package": dg.MetadataValue.path(package), "上级库行数 rows upstream": rows, "版次 vintage": release}
    )
    return {"vintage": release, "rows": rows, "package_changed": int(changed)}
