"""Whether a table, or texts in no table, are about persons: by the numbers in its columns, by names and what stands beside them.

A name alone is nobody's list: clerks sign their forms. Runs only where something was suspected, so it may look at every cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sources.identity import (
    are_identities,
    has_check_digit,
    is_bank_card,
    is_foreign_resident,
    is_old_number,
    is_rounded_identity,
    looks_like_identity,
    numbers_in,
    other_identities,
    phone_of,
)
from sources.namedrows import FEW, Verdict, judged
from sources.namedtexts import is_day_of_life, judged_sentences, judged_texts
from sources.persontable import Cell, Table
from sources.personwords import PersonWords, heading, shipped_words
from sources.scattered import is_rounded_text, masked_numbers, mobile_in, over_cells, scattered_in

_SIGNERS = 6
"""Those who sign a form (filled by, checked by, head of office, each perhaps twice) may leave their telephone numbers at its foot."""
_LONGEST_NOTE = 400
_PHONE_DIGITS = 11
_NO_MOBILE = frozenset(("140", "141", "142", "143", "144", "154", "160", "161", "163", "164", "168", "169", "179", "194"))
"""Beginnings that no mobile number has (MIIT's numbering plan), though their digits look it."""
_STRANGE = 6
"""One number in so many that is no telephone: then the column is of something else."""
_BOXES = -1
"""The column of numbers whose parts stand in several."""


def persons_in(rows: Sequence[Sequence[Any]], words: PersonWords | None = None) -> Verdict | None:
    """What a table (rows of text and number cells) says about persons, and whether that is certain; None: nothing."""
    table = Table(rows, words or shipped_words())
    numbers = _Numbers(table, rows).verdict()
    if numbers is not None and numbers[1]:
        return numbers
    names = judged(table)
    if names is not None and names[1]:
        return names
    texts = judged_texts([cell.value for cell in table.cells if type(cell.value) is str], table.words)
    if texts is not None and texts[1]:
        return texts
    return numbers or names or texts or judged_sentences(table.sentences, table.words)


def persons_in_texts(texts: Iterable[str], words: PersonWords | None = None) -> Verdict | None:
    """The same for texts that stand in no table: comments, properties, names, text boxes. Lines are rows."""
    words = words or shipped_words()
    texts = list(texts)
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    found = persons_in([[line] for line in lines], words)
    if found is not None and found[0] == "telephones":  # nobody writes amounts into a comment or a property
        return "telephones", True
    if found is not None and found[1]:
        return found
    together = [", ".join(text.split("\n")) for text in texts if "\n" in text.strip() and len(text) <= _LONGEST_NOTE]
    return _cut_up(lines, words) or found or judged_texts(together, words) or judged_sentences([*together, *lines], words)


def is_about_one(rows: Sequence[Sequence[Any]], words: PersonWords) -> bool:
    """Whether a sheet that bears somebody's name tells of one person: a telephone, a day, a sex, a home, or two things asked of one.

    A form that somebody signs is a place's, whatever its sheet is called.
    """
    table = Table(rows, words)
    texts = [cell for cell in table.cells if type(cell.value) is str]
    if any(words.officials.search(cell.value) for cell in texts):
        return False
    told = {cell.folded for cell in texts if cell.folded and (words.about.search(cell.folded) or words.births.search(cell.folded))}
    told |= {cell.folded for cell in texts if cell.folded and words.identities.search(cell.folded)}
    if len(told) >= 2:
        return True
    return any(
        mobile_in(c.value) or c.value.strip() in words.sexes or is_day_of_life(c.value) or words.homes.search(c.value) for c in texts
    )


def has_persons(rows: Sequence[Sequence[Any]], words: PersonWords | None = None) -> bool:
    """Whether a table has rows that are, or may be, about persons."""
    return persons_in(rows, words) is not None


def texts_have_persons(texts: Iterable[str], words: PersonWords | None = None) -> bool:
    """The same for texts that stand in no table."""
    return persons_in_texts(texts, words) is not None


def _cut_up(lines: Sequence[str], words: PersonWords) -> Verdict | None:
    """A list whose cells came one after the other: its headings, then names among what they head; or names among dates of birth."""
    headings = {heading(line) for line in lines} - {""}
    names = {line for line in lines if words.strength(line) and not words.officials.search(line)}
    strong = {name for name in names if words.strength(name) == 2}
    if len(strong) >= FEW and len({line for line in lines if is_day_of_life(line)}) >= FEW:
        return "names_with_birth_dates", False
    if not any(map(words.heads_names, headings)):
        return None
    said = sum(any(map(pattern.search, headings)) for pattern in (words.identities, words.births, words.about))
    is_told = said >= (1 if any(map(words.identities.search, headings)) else 2)
    return ("roster", any(map(words.births.search, headings))) if is_told and len(names) >= 2 else None


class _Numbers:
    """The long numbers of a table, by column: a column of codes is judged as a column, not number by number."""

    def __init__(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        self.table, self.words = table, table.words
        self.candidates: dict[int, set[str]] = defaultdict(set)
        self.olds: dict[int, set[str]] = defaultdict(set)
        self.rounded: dict[int, set[float]] = defaultdict(set)
        self.phones: dict[int, dict[str, int]] = defaultdict(dict)
        self.number_phones: dict[int, dict[float, int]] = defaultdict(dict)
        self.of_15: dict[int, int] = defaultdict(int)
        self.long: dict[int, int] = defaultdict(int)
        self.large: dict[int, int] = defaultdict(int)
        self.of_11: dict[int, int] = defaultdict(int)
        self.signed: set[str] = set()
        self._phone_rows: set[int] = set()
        self.cards: set[str] = set()
        self.card_like: set[str] = set()
        self.foreign: set[str] = set()
        self.others: set[str] = set()
        self.masked: set[str] = set()
        self.shown_rounded: set[int] = set()
        self.identity_columns: set[int] = set()
        self.code_columns: set[int] = set()
        self.phone_columns: set[int] = set()
        self.amount_columns: set[int] = set()
        self.has_names = self.has_bank = self.is_written_as_phone = False
        self._official_rows = {c.row for c in table.cells if type(c.value) is str and self.words.officials.search(c.value)}
        left: Cell | None = None
        for cell in table.cells:
            beside = left.value if left is not None and left.row == cell.row and type(left.value) is str else ""
            if type(cell.value) is str:
                self._text(cell, beside)
            elif type(cell.value) in (float, int):
                self._number(cell, beside)
            left = cell
        for row in rows:
            self.candidates[_BOXES].update(over_cells(row))

    def _text(self, cell: Cell, beside: str) -> None:
        text, column = cell.value, cell.column
        self._heading(text, column, cell.folded)
        digits = sum(map(str.isdigit, text))
        if cell.row not in self.table.example_rows:
            self.masked.update(masked_numbers(text))
        if digits >= 6:
            self.others.update(other_identities(text))
        if "E+" in text or "e+" in text:
            self.shown_rounded.update({cell.row} if is_rounded_text(text) else ())
        if digits < 10:
            return
        if digits == _PHONE_DIGITS and text.strip().isdecimal() and phone_of(text.strip()) is None:
            self.of_11[column] += 1
        before = len(self.candidates[column]) + len(self.olds[column])
        met = set(numbers_in(text)) | set(scattered_in(text) if digits >= 17 else ())
        if not any(phone_of(number) for number in met) and digits <= 14 and (phone := mobile_in(text)):
            met.add(phone)
        if cell.row in self.table.example_rows:
            met = {number for number in met if len(number) == 18 and has_check_digit(number)}
        for number in met:
            if (phone := phone_of(number)) is not None:
                self._phone_rows.add(cell.row)
                if cell.row in self._official_rows:
                    self.signed.add(phone)
                else:
                    self.phones[column][phone] = cell.row
                    self.is_written_as_phone |= phone not in text or "+86" in text
            elif looks_like_identity(number):
                self.candidates[column].add(number)
            elif len(number) == 15 and number.isdecimal():
                self.of_15[column] += 1
                if is_old_number(number):
                    self.olds[column].add(number)
            elif is_foreign_resident(number):
                self.foreign.add(number)
            if 16 <= len(number) <= 19 and number.startswith("62"):
                self.card_like.add(number)
                if is_bank_card(number):
                    self.cards.add(number)
        if len(self.candidates[column]) + len(self.olds[column]) > before:
            self._words(beside, column)

    def _number(self, cell: Cell, beside: str) -> None:
        number, column = float(cell.value), cell.column
        if number < 1e6 or number != int(number):
            return
        self.large[column] += 1
        if 1e10 <= number < 13e9 or 20e9 <= number < 1e11:
            self.of_11[column] += 1
        if number >= 1e17:
            self.long[column] += 1
            if is_rounded_identity(number):
                self.rounded[column].add(number)
                self._words(beside, column)
        elif number >= 1e14:
            self.of_15[column] += 1
            if is_old_number(str(int(number))):
                self.olds[column].add(str(int(number)))
        elif phone_of(str(int(number))) is not None:
            if cell.row in self._official_rows:
                self.signed.add(str(int(number)))
            else:
                self.number_phones[column][number] = cell.row

    def _heading(self, text: str, column: int, folded: str) -> None:
        self._words(text, column)
        if not folded:
            return
        if self.words.heads_names(folded):
            self.has_names = True
        if self.words.banks.search(folded):
            self.has_bank = True
        if self.words.phones.search(folded):
            self.phone_columns.add(column)
        elif self.words.amounts.search(folded) or self.words.figures.search(folded):
            self.amount_columns.add(column)

    def _words(self, text: str, column: int) -> None:
        plain = text.replace(" ", "").lower()
        if self.words.identities.search(plain):
            self.identity_columns.add(column)
        elif self.words.codes.search(plain):
            self.code_columns.add(column)

    def verdict(self) -> Verdict | None:
        """What the numbers are."""
        if self.table.is_of_fields:  # examples of how a field is filled in
            valid = {number for found in self.candidates.values() for number in found if has_check_digit(number)}
            return ("id_numbers", len(valid) >= FEW) if valid else None
        if self._has_identities() or self._has_unchecked():
            return "id_numbers", True
        if (phones := self._phones()) is not None:
            return phones
        if (found := self._company()) is not None:
            return found
        # A number with the day of a life in it under 身份证, whose check digit is wrong: a slip of the pen, or one made up.
        return ("hidden_number", False) if any(self.candidates.get(column) for column in self.identity_columns) else None

    def _has_identities(self) -> bool:
        speaks = bool(self.identity_columns) or self.has_names
        return any(
            are_identities(found, under_identity=c in self.identity_columns, under_code=c in self.code_columns and not speaks)
            for c, found in self.candidates.items()
            if found
        )

    def _has_unchecked(self) -> bool:
        """Old numbers and rounded ones have no check digit: several in a column that is mostly such, or the word beside them."""
        for found, among in ((self.olds, self.of_15), (self.rounded, self.long)):
            for c, numbers in found.items():
                if numbers and (c in self.identity_columns or (self.has_names and 2 * len(numbers) >= among[c])):
                    return True
                if len(numbers) >= FEW and 2 * len(numbers) >= among[c] and c not in self.code_columns | self.amount_columns:
                    return True
        return False

    def _phones(self) -> Verdict | None:
        """Several telephones that are no offices': certain where they are written as such, or persons are named beside them."""
        listed = {p: row for c, phones in self.phones.items() if not self._are_figures(c, phones) for p, row in phones.items()}
        for c, numbers in self.number_phones.items():
            amounts = sum(n % 10_000 == 0 for n in numbers)
            if (
                not self._are_figures(c, {str(int(n))[-11:] for n in numbers})
                and 2 * len(numbers) >= self.large[c]
                and 2 * amounts < len(numbers)
            ):
                listed |= {str(int(n))[-11:]: row for n, row in numbers.items()}
        listed = {phone: row for phone, row in listed.items() if row not in self.table.office_rows}
        rows = sorted(set(listed.values()))
        if listed and (self.table.is_of_staff or self.table.is_of_places(rows) or self.table.is_of_offices(rows)):
            listed = {}
        if len(self.signed) > _SIGNERS and not self.table.is_of_staff and not self._are_of_places():
            listed |= dict.fromkeys(self.signed, 0)
        are_serials = len(listed) > 1 and max(map(int, listed), default=0) - min(map(int, listed), default=0) < 4 * len(listed)
        if len(listed) < FEW or are_serials:
            return None
        named = {cell.row for cell in self.table.strong} & set(listed.values())
        if len(named) >= FEW:
            return "names_with_numbers", True
        return "telephones", self.is_written_as_phone or bool(self.phone_columns)

    def _is_no_phone(self, column: int) -> bool:
        return column in self.code_columns or (column in self.amount_columns and column not in self.phone_columns)

    def _are_figures(self, column: int, phones: Collection[str]) -> bool:
        """Whether what may be telephones is a column of other numbers: by its heading, by numbers of 11 digits that no telephone has."""
        if self._is_no_phone(column):
            return True
        if column in self.phone_columns:
            return False
        strange = self.of_11[column] + sum(phone[:3] in _NO_MOBILE for phone in phones)
        return strange >= 2 and _STRANGE * strange >= len(phones) + self.of_11[column]

    def _are_of_places(self) -> bool:
        rows = sorted(row for row in self._official_rows if self.table.place_of(row))
        return self.table.is_of_places(rows) or self.table.is_of_offices([row for row in self._phone_rows if row])

    def _company(self) -> Verdict | None:
        """Numbers that count only beside names: bank cards, masked numbers, identity cards of other places."""
        if self.foreign and (self.has_names or self.identity_columns):
            return "id_numbers", True
        if self.has_names and (len(self.others) >= FEW or self.masked):
            return "names_with_numbers", True
        are_cards = 2 * len(self.cards) >= len(self.card_like)
        if are_cards and len(self.cards) >= (2 if self.has_names else FEW) and (self.has_names or self.has_bank):
            return "names_with_numbers", True
        if self.masked or self.shown_rounded:
            beside = {cell.row for cell in self.table.strong}
            if len(self.masked) >= FEW or (self.masked and beside) or len(self.shown_rounded & beside) >= 2:
                return "hidden_number", False
        return None
