"""How it is run: definitions, jobs, schedules, sensors, partitions, resources, and the `cunbao` command.

May import: everything below (assets, sources, methods, sinks, schemas).
Must not: do the work itself, do anything at import beyond defining names, be imported by another package.
"""
