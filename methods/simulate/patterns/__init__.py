"""Counties for judging pattern tests: many honest villages under documented nuisance, honest look-alikes, and planted patterns.

Nothing here knows the tests: counts are over-dispersed, correlated and drifting, families move together, registers lag.
May import: schemas, methods.evidence.records (the seam), methods.panel.
Must not: import any test of methods.evidence, use any random numbers but those of the generator passed in.
"""
