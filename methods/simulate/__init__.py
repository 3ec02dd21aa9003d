"""An invented county: its places, its people month by month, what its offices send and the mistakes in it.

May import: schemas.
Must not: write files, use any random numbers but those of the generator passed in.
"""
