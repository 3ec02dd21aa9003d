"""Track C, pattern evidence: months of figures that look made rather than counted. One detector a file, each a test of a stated null model.

May import numpy, scipy, pandas, schemas and its neighbours in methods. Must not read, write, look at a clock or know a person.
"""
