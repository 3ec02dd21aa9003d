"""What goes out: the store, workbooks, returned queries, the Data Docs, bulletins, feeds and packages.

May import: schemas; great_expectations in `sinks.datadocs` alone, because importing it takes seconds.
Must not: compute or correct a figure, decide what is released, import dagster, sources or methods.
"""
