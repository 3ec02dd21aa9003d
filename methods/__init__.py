"""What is computed: pure functions on frames, one statistic a file, each naming its statistic and its source.

May import: schemas.
Must not: read or write files or databases, look at the clock, draw unseeded random numbers, import dagster.
"""
