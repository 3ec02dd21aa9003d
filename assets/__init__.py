"""What runs when: the Dagster assets and their checks, one short file per stage, from inbox to feeds.

May import: sources, methods, sinks and schemas.
Must not: hold a formula, a rule or a threshold, name an indicator, assemble definitions, import pipelines.
"""
