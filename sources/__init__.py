"""What comes in: the inbox, workbooks and their layouts, readings, the place registry, the counts of line departments.

May import: schemas.
Must not: judge or change a value it read, compute statistics, write an output, import dagster, methods or sinks.
"""
