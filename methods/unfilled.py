"""Forms that came without figures: an unfilled row of a list, a template sent back as it was issued. They are no report."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.dictionary import Dictionary
from schemas.openings import openings
from schemas.states import MISSING, NOT_COLLECTED

NOTHING_GIVEN = chr(MISSING) + chr(NOT_COLLECTED)
"""Letters of the states in which nobody wrote anything."""


def is_unfilled(states: pd.Series, dictionary: Dictionary, month: str) -> pd.Series:
    """Whether a record gives no figure beyond those that a form is issued with; bool, same index.

    A nought or a dash that somebody typed is an answer, a blank is none. A form that has cells for opening figures alone is no
    unfilled one: it may be sent to correct them.

    Args:
        states: one character an indicator, in the dictionary's order; '' where they are not known, then the record is taken for filled.
        dictionary: whose rules say which figures a form opens with.
        month: 'YYYY-MM'.
    """
    known = states != ""
    letters = letters_of(states[known], len(dictionary.codes))
    opens = openings(dictionary, month)
    is_opening = np.array([code in opens for code in dictionary.codes], dtype=bool)
    is_given = gives(letters)
    left_blank = ((letters == MISSING) & ~is_opening).any(axis=1)
    unfilled = ~is_given[:, ~is_opening].any(axis=1) & (left_blank | ~is_given.any(axis=1))
    found = pd.Series(False, index=states.index, dtype=bool)
    found[known] = unfilled
    return found


def letters_of(states: pd.Series, n: int) -> NDArray[np.uint8]:
    """States as they are kept, a string of `n` letters a record → uint8, records × indicators."""
    return np.frombuffer("".join(states).encode("ascii"), dtype=np.uint8).reshape(len(states), n)


def gives(letters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where somebody wrote something: a figure, a word for 'not applicable', or what could not be read."""
    return np.asarray((letters != MISSING) & (letters != NOT_COLLECTED))
