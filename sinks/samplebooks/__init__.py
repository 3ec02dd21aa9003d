"""The sample county's files: one module a dialect in which offices write their return, and the truth beside them.

May import: schemas, other sinks.
Must not: invent figures or mistakes (that is `methods.simulate`), use the clock: the same county gives the same bytes.
"""
