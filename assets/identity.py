"""Readings with their places: what the store has read, told apart by registry, lineage, and the names of sheets, files and folders."""

import pandas as pd

from sinks.places import load_events, load_places
from sinks.store import Store
from sinks.submissions import reading_plans, readings_sent_for
from sources.identify import identify


def identified_readings(store: Store, place: pd.DataFrame, month: str, reading_version: str) -> pd.DataFrame:
    """Every record read of the submissions for `month`, with `sources.identify.identify`'s columns."""
    return identified(store, readings_sent_for(store, month, reading_version), place, month)


def identified(store: Store, readings: pd.DataFrame, place: pd.DataFrame, month: str) -> pd.DataFrame:
    """The same for readings at hand; they may lack their figures."""
    sheets = {key: str(plan["sheet"]) for key, plan in reading_plans(store, readings["plan_id"]).items()}
    return identify(readings, place, month, sheets=sheets, events=load_events(store))


def names_in_store(store: Store) -> dict[str, str]:
    """Code → name, the newest where a place had several."""
    places = load_places(store)
    return dict(zip(places["code"], places["name"], strict=True))
