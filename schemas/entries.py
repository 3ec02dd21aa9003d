"""What each kind of entry in the dictionary's YAML files may contain (pydantic models, no behaviour)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$"), BeforeValidator(lambda v: str(v))]
Severity = Literal["mandatory", "near_mandatory", "verify"]
Level = Literal["village", "town", "county"]


COMPLETENESS = ("villages_expected", "villages_reported", "villages_on_time", "villages_missing", "villages_held")
"""What every total carries beside its figures: counts of villages."""


class Entry(BaseModel):
    """Base: unknown keys are errors, so that a misspelt key never silently does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Entry):
    """The same text in Chinese and English."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The text in "zh", otherwise in English."""
        return self.zh if language == "zh" else self.en

    @property
    def pair(self) -> tuple[str, str]:
        """Chinese and English, in this order."""
        return self.zh, self.en


class InForce(Entry):
    """Something with effective dates: months, both inclusive; open when absent."""

    valid_from: Month | None = None
    valid_to: Month | None = None

    def is_in_force(self, month: str) -> bool:
        """Whether `month` lies within the dates."""
        return (self.valid_from is None or self.valid_from <= month) and (self.valid_to is None or month <= self.valid_to)


class Unit(Entry):
    """A unit of measurement and what clerks write behind a number in it.

    `kind`: of what it is a measure; a number with a unit of another kind behind it (97人 where yuan are asked for) is not read.
    `most`: so much no village has in a month; a figure that is more once it was counted up (from 万人) is asked about, not read.
    """

    code: str
    label: Text
    decimals: int
    suffixes: tuple[str, ...] = ()
    kind: str = ""
    most: float | None = Field(default=None, gt=0)


class Section(Entry):
    """A part of the form, with its heading."""

    code: str
    label: Text
    note: Text | None = None


class Member(Entry):
    """One member of a breakdown. `kind` and `unit` override the concept's."""

    code: Code
    label: Text
    aliases: tuple[str, ...] = ()
    kind: Literal["stock", "flow"] | None = None
    unit: str | None = None
    part_of: str | None = None


class Total(Entry):
    """A breakdown's total column."""

    label: Text
    aliases: tuple[str, ...] = ()


class Breakdown(Entry):
    """How a concept is split; `additive` when the members add up to it."""

    code: Code
    label: Text
    additive: bool
    members: tuple[Member, ...]
    total: Total | None = None


class Return(Entry):
    """A return and its period. What its layouts give is kept under the period's last month; in other months it is not expected.

    One of a dictionary's returns is the month's. `ends_in`: the months (1–12) in which a period ends, where the year of the return is not
    the calendar's. `due_day`, `due_after`: the day by which it is due, that many months after the period's last month; by default the
    month's due day. `run_day`: when the month is run once more for it; by default as many days later as with the month's.
    """

    id: Code
    label: Text
    period: Literal["month", "quarter", "half_year", "year"]
    ends_in: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    due_day: int | None = Field(default=None, ge=1, le=28)
    due_after: int = Field(default=1, ge=1, le=6)
    run_day: int | None = Field(default=None, ge=1, le=28)

    @property
    def code(self) -> str:
        """Its id, as a subject of rules."""
        return self.id

    @property
    def is_missing(self) -> str:
        """The attribute of a report that says whether this return has not come: 1, 0, or nothing before its due day."""
        return f"{self.id}_is_missing"

    @property
    def days_late(self) -> str:
        """The attribute of a report: days from the due day to its arrival."""
        return f"{self.id}_days_late"

    @property
    def counts(self) -> dict[str, str]:
        """Count of villages of the month's return → that of this one; as many are expected."""
        return {name: f"{self.id}_{name}" for name in COMPLETENESS[1:]}

    @property
    def months(self) -> int:
        """How many months its period has."""
        return {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[self.period]

    @property
    def ends(self) -> tuple[int, ...]:
        """The months in which a period ends."""
        return self.ends_in or tuple(range(self.months, 13, self.months))

    def is_due(self, month: str) -> bool:
        """Whether a period of the return ends with `month` ('2024-03')."""
        return int(month[5:]) in self.ends


class Foretells(Entry):
    """The events of `concept` follow after `months` (any of these many months)."""

    concept: str
    months: tuple[int, ...]


class Concept(InForce):
    """A thing counted; with a breakdown it gives one indicator a member.

    For the tests of patterns: `scheduled`: an office decides how many, or the same persons come every month, so that regular figures
    are natural. `follows`: the same persons' events as another concept's, no second witness. `late_of`: that concept's events, reported
    later. `required`: where the form has its cell, a blank is asked about (attribute `required_blanks`).
    `return`: the return of another period (`returns`) that asks for it; such a figure is read by the columns of that return's layouts only.
    """

    code: Code
    section: str
    label: Text
    aliases: tuple[str, ...] = ()
    kind: Literal["stock", "flow"] | None = None
    unit: str | None = None
    breakdown: str | None = None
    basis: Literal["registered", "resident"] | None = None
    sensitive: bool = False
    signed: bool = False
    required: bool = False
    part_of: str | None = None
    monthly_rate: float | None = None
    definition: Text | None = None
    scheduled: bool = False
    follows: str | None = None
    late_of: str | None = None
    foretells: Foretells | None = None
    return_: str | None = Field(default=None, alias="return")


class HeadField(Entry):
    """A field of the head or foot: who reports on what."""

    code: Code
    kind: Literal["place_code", "place_name", "month", "date", "text"]
    required: bool
    label: Text
    aliases: tuple[str, ...] = ()


class NotCollected(Entry):
    """A column that old forms carry and this return must not load. `silent`: nothing to tell the village."""

    code: Code
    label: Text
    aliases: tuple[str, ...] = ()
    reason: Text
    silent: bool = False


class Derived(InForce):
    """A figure computed from summed figures: either `value`, or `numerator` / `denominator` × `scale`."""

    code: Code
    section: str
    unit: str
    label: Text
    value: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    scale: float = 1
    annualised: bool = False
    interval: Literal["poisson", "wilson"] | None = None
    min_level: Level = "village"


class Attribute(Entry):
    """Something the pipeline knows of a report, readable by rules."""

    code: Code
    label: Text


class Source(Entry):
    """Something besides a place's own reports that rules may look at: `code(x)` in an expression is its figure of x for the place.

    level: the least level of validation that a rule which looks at it has. over: the places that have such figures.
    ask: a place without a figure is asked all the same and cannot be told (`always`), is asked where the source sent that indicator of
    any place (`where_sent`), or only where it has a figure for this very place (`where_given`).
    sum_of: the source is the sum of the villages' own reports in the place's town or county; `complete`: the share of them that must
    have the figure, else the sum cannot be told. totals: whether it may give a concept's total without its parts.
    """

    code: Code
    label: Text
    level: int = Field(ge=1, le=5)
    over: tuple[Level, ...] = ("village", "town", "county")
    ask: Literal["always", "where_sent", "where_given"] = "where_sent"
    sum_of: Literal["town", "county"] | None = None
    complete: float = Field(default=0.9, ge=0, le=1)
    totals: bool = False


class Benchmark(InForce):
    """Outside figures that rules of level 5 compare with, such as a census: `period` says of when they are, the dates when to compare.

    figures: place code → indicator or concept → figure (a flow: of twelve months). file: a CSV beside the YAML file with a column
    place_code and one a figure. tolerance_share: how far a reported figure may lie from it.
    """

    id: Code
    label: Text
    period: Annotated[str, Field(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$"), BeforeValidator(lambda v: str(v))]
    tolerance_share: float = Field(default=0.33, ge=0)
    figures: dict[str, dict[str, float]] = {}
    file: str | None = None

    @field_validator("figures", mode="before")
    @classmethod
    def _codes_are_text(cls, value: Any) -> Any:
        return {str(place): figures for place, figures in value.items()} if isinstance(value, dict) else value


class Rule(InForce):
    """An edit rule as written; `for_each` makes several instances of it, `combine` folds them into one count.

    It holds where observed and expected stand in `relation`, give or take `tolerance` (in `tolerance_unit`; 'same': that of the
    figure), `tolerance_share` of what is expected, and `allow`, an expression. missing: what a blank among this month's own figures
    does: the rule cannot be told, the blank counts as 0 (also `assume_zero`, for single figures), or the rule is not asked.
    figures: further figures for the wording. page: whether it is reason enough for a page to the village; false where there is no figure
    to look up, so that lists and receipts say all there is.
    """

    id: Code
    level: int = Field(ge=0, le=5)
    severity: Severity
    label: Text
    say: Text
    do: Text
    over: tuple[Level, ...] = ("village",)
    for_each: dict[str, dict[str, Any]] = {}
    combine: Literal["count"] | None = None
    when: str | None = None
    observed: str
    relation: Literal["eq", "le", "ge", "lt", "gt", "whole"]
    expected: str = "0"
    tolerance: float = Field(default=0, ge=0)
    tolerance_unit: str | None = None
    tolerance_share: float = Field(default=0, ge=0)
    allow: str | None = None
    missing: Literal["cannot_tell", "zero", "skip"] = "cannot_tell"
    assume_zero: tuple[str, ...] = ()
    figures: dict[str, str] = {}
    cells: tuple[str, ...] = ()
    page: bool = True

    @property
    def side(self) -> Literal["eq", "le", "ge"]:
        """On which side of what is expected the rule lets the observed figure be: on neither (eq), below it (le) or above it (ge)."""
        sides: dict[str, Literal["eq", "le", "ge"]] = {"le": "le", "lt": "le", "ge": "ge", "gt": "ge"}
        return sides.get(self.relation, "eq")

    @property
    def is_strict(self) -> bool:
        """Whether the observed figure may not be what is expected either (lt, gt)."""
        return self.relation in ("lt", "gt")

    @field_validator("expected", mode="before")
    @classmethod
    def _number_is_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) else value


Test = Literal["count", "share", "stock", "ratio", "unit"]


class Exposure(Entry):
    """What figures are counted out of: `of` is a pattern of indicator codes (* for any text), `by` an expression ({concept} filled in)."""

    of: str
    by: str


class PastlessWording(Entry):
    """How the same is asked where nothing of the village's past is known: no word of earlier months."""

    label: Text
    say: Text
    do: Text


class SuspectQuestion(Entry):
    """How a figure out of line is asked about, by the test that found it; `without_past`: where no earlier figure of it is known."""

    id: Code
    test: Test
    label: Text
    say: Text
    do: Text
    without_past: PastlessWording | None = None

    def where(self, *, has_past: bool) -> SuspectQuestion:
        """The question as it is asked with or without a past."""
        if has_past or self.without_past is None:
            return self
        return self.model_copy(update={part: getattr(self.without_past, part) for part in ("label", "say", "do")})


class Implausible(Entry):
    """Track B: which figures are held against what, how many questions that may raise, and in which words.

    `false_questions_per_100`: expected a month of 100 right reports. `suspicion`: share of findings
    that are mistakes, by severity. `residual`: share of a county total that may stay in error.
    `one_question`: concepts whose stocks move together, so that a large change is asked about once.
    """

    history_months: int = Field(ge=0, le=60)
    false_questions_per_100: float = Field(gt=0, le=50)
    most_a_village: int = Field(ge=1)
    suspicion: dict[Severity, float]
    residual: float = Field(gt=0, lt=1)
    exposure: str
    exposures: tuple[Exposure, ...] = ()
    not_tested: tuple[str, ...] = ()
    one_question: tuple[tuple[str, ...], ...] = ()
    questions: tuple[SuspectQuestion, ...]
    together: Text
    last_month_together: Text
    slips: dict[str, Text]
    repairs: dict[str, Text]

    def question(self, test: str) -> SuspectQuestion:
        """The question of a test; the dictionary's check makes sure that there is one."""
        return next(q for q in self.questions if q.test == test)


class ValueWords(Entry):
    """What a word in a figure's cell means. Keys are states, plus `zero` for a reported nought.

    `prefixes`: signs that may stand before a number (￥). `shares`: words with which the heading of a column ends that is no count (占比).
    `other_dates`: a date beside one of these words is not the report month. `corrections`: words before a figure that should stand in
    another cell (应为).
    `whole_rows`, `part_rows`, `group_rows`: patterns of what a row of a list is called that is no village's: the total of all, of some
    of the villages, and a group of one village. A name of the registry is a village's whatever these say. `village_names`: how the name
    of a village looks.
    """

    zero: tuple[str, ...]
    missing: tuple[str, ...]
    not_applicable: tuple[str, ...]
    not_collected: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    other_dates: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    whole_rows: tuple[str, ...] = ()
    part_rows: tuple[str, ...] = ()
    group_rows: tuple[str, ...] = ()
    village_names: tuple[str, ...] = ()


class RuleSheetWords(Entry):
    """How offices write rules in a sheet: headings by the column's role, severities by their names, words by the sign they mean.

    `endings`: what may follow an indicator's name in a formula and adds nothing (出生人数合计).
    """

    headings: dict[str, tuple[str, ...]]
    severities: dict[Severity, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]
    endings: tuple[str, ...] = ()


class PeriodKind(Entry):
    """What period or kind a row, column, sheet or title may be of (本月, 累计, 上年同期, 计划).

    `is_read`: figures of this kind are the month's own; those of other kinds are told and not loaded, or held. `words`: texts that say it
    and nothing else; `inside`: regular expressions that say it wherever they stand in a heading, a title or a sheet's name, folded.
    """

    code: Code
    label: Text
    is_read: bool = False
    words: tuple[str, ...]
    inside: tuple[str, ...] = ()

    @field_validator("inside")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pattern “{pattern}” is no regular expression ({error})") from error
        return patterns


class PersonWords(Entry):
    """How rows about persons look (`sources.personwords`). Texts are patterns, but for the characters of surnames and `not_…`.

    `names`: headings of a column of names; `persons`: those that may as well head counts. `officials`: who signs or is asked for an office;
    `positions`: what such people are. `staff_titles`, `roster_titles`: titles of lists of an office's people, and of persons.
    `identities`, `codes`, `births`, `phones`, `banks`, `amounts`, `about`, `places`: other headings.
    `things`: headings of what is called like a person and is none; `thing_titles`: titles of such lists, unless a word of
    `roster_of_persons` stands there too. `sexes`, `relations`, `address`: values.
    `members`: positions that are no office; `figures`: headings of numbers that are no telephones; `fields`, `field_types`: headings of a
    data dictionary; `examples`, `placeholders`: rows that show how a form is filled in, and who stands in them.
    `before_names`, `after_names`: around a name in running text; `events`, `ills`, `homes`, `cards`: what is told of a person there;
    `done`: what is told right behind a name; `told`: what is told of one's family in a chat; `inquiries`: words beside whoever may be
    asked. `name_pieces`: of names without a surname.
    `weak_surnames` are words too. `not_at_end`, `not_within`: characters that hardly any given name has; `no_names`: words like names.
    """

    names: str
    persons: str
    officials: str
    positions: str
    staff_titles: str
    roster_titles: str
    identities: str
    codes: str
    births: str
    phones: str
    banks: str
    amounts: str
    about: str
    places: str
    things: str
    thing_titles: str
    roster_of_persons: str
    sexes: tuple[str, ...]
    relations: str
    address: str
    surnames: str
    weak_surnames: str
    double_surnames: tuple[str, ...]
    not_at_end: str
    not_within: str
    no_names: str
    no_latin_names: str
    members: str
    figures: str
    fields: str
    field_types: str
    examples: str
    placeholders: str
    before_names: str
    after_names: str
    done: str
    told: str
    events: str
    ills: str
    homes: str
    cards: str
    inquiries: str
    name_pieces: str

    @field_validator("names", "persons", "about", "before_names")
    @classmethod
    def _on_one_line(cls, value: str) -> str:
        """A pattern may be written over several lines."""
        return re.sub(r"\s*\|\s*", "|", value.strip())


class PlaceLevel(Entry):
    """`length`: how many characters of the code name a place of this level."""

    code: Literal["country", "province", "prefecture", "county", "town", "village"]
    label: Text
    length: int


class PlaceScheme(Entry):
    """A system of place codes: its levels, and what number ranges and classes mean."""

    code: Code
    label: Text
    levels: tuple[PlaceLevel, ...]
    kinds: tuple[dict[str, Any], ...] = ()
    urban_rural: dict[str, Text] = {}


class Calendar(Entry):
    """When a return is due. Days count from 1, of the month after the report month.

    `statistical_month_starts`: day on which the statistical month begins where it is no calendar month: 26 makes 26 February – 25 March
    the month of March, 1 takes no such span for a month. Without it, a span that begins after the 15th and ends on the day before, a
    month later, is the month in which it ends.
    """

    village_due_day: int = Field(ge=1, le=28)
    county_run_day: int = Field(ge=1, le=28)
    time_zone: str
    statistical_year_starts: int = Field(ge=1, le=12)
    statistical_month_starts: int | None = Field(default=None, ge=1, le=28)


class Recognise(Entry):
    """How a layout is told from others, by what stands in a sheet's first `rows`: one title, all `columns`, nothing of `forbid`."""

    title: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: int = Field(default=12, ge=1, le=60)
    file_name: str | None = None


class HeadPlace(Entry):
    """Where a head field stands: beside one of the dictionary's labels, in a column, in a title, in the sheet's or file's name.

    `remove` (characters) and `replace` (regular expression → text) turn what is written into the registry's code or name.
    """

    label: tuple[str, ...] = ()
    column: tuple[str, ...] = ()
    pattern: str | None = None
    sheet_name: str | None = None
    file_name: str | None = None
    constant: str | None = None
    remove: str = ""
    replace: dict[str, str] = {}


class Layout(InForce):
    """How figures stand in one kind of sheet. `form`: label beside value, one place a block. `list`: one place a row.

    `sheets`: which sheets are looked at, by name; those with a leading _ and copies of other files are not.
    `together`: the other returns that make up a village's month with this one; where only one of them came, the others are asked for.
    `units`: concept or indicator → the unit that the form counts in (万元), where no heading says so; a heading's own unit goes before.
    `words`: state → words that mean something else here than in the county's table of values.
    `header_rows`: rows of headings from the one that names the places' column on; `header_above`: those of groups above it. `table`: which
    table of a sheet that has several, counted from the top and from left to right (0: the sheet as a whole).
    `beside_others`: its sheets are read beside those of another layout in one workbook.
    `total_only`: concepts of which the form may ask for the total alone (births without sexes): the total is the figure, parts that are not
    given are 'not collected'; where the parts are given as well they are the figures, and the total is compared with their sum.
    `add`: indicator → headings whose figures together are the indicator (初婚对数 and 再婚对数: marriages); a sum of which a part is blank
    is blank. `month_columns`: headings that name a month (2018年02月) say whose figures stand below; each month is a record of its own.
    `month_shift`: months from the month that the form states to the one that its figures are of (as of the 1st: -1).
    `own_rows`: patterns of the name or the code of rows that are the `stated_level`'s own (the town among its villages): stated totals.
    `reasons`: heading of a column or label of a row with the respondent's reason → the indicators or concepts it explains; none: all.
    Patterns of rows are looked for in the text as it stands and as it is folded (`sources.text.fold`).
    """

    id: Code
    kind: Literal["form", "list"]
    label: Text
    return_: str = Field(default="village_monthly", alias="return")
    together: tuple[str, ...] = ()
    role: Literal["report", "stated", "department"] = "report"
    level: Level = "village"
    form_version: str = ""
    recognise: Recognise
    sheets: str = r"^(?!_|\[|'?file:)"
    head: dict[str, HeadPlace] = {}
    header_rows: int | None = None
    header_above: int = Field(default=0, ge=0, le=10)
    table: int = Field(default=0, ge=0, le=50)
    beside_others: bool = False
    use_dictionary: bool = True
    columns: dict[str, str] = {}
    ignore: dict[str, Text] = {}
    units: dict[str, Annotated[str, Field(pattern=r"^[十百千万亿]{0,2}(人次|人|户|对|份|元|场次|场|次|例|个|册|张|件|本)$")]] = {}
    words: dict[Literal["zero", "missing", "not_applicable", "not_collected"], tuple[str, ...]] = {}
    subtotal_rows: tuple[str, ...] = ()
    total_rows: tuple[str, ...] = ()
    skip_rows: tuple[str, ...] = ()
    stop_rows: tuple[str, ...] = ()
    note_rows: tuple[str, ...] = ()
    own_rows: tuple[str, ...] = ()
    stated_level: Level | None = None
    total_only: tuple[str, ...] = ()
    add: dict[str, Annotated[tuple[str, ...], Field(min_length=2)]] = {}
    month_columns: bool = False
    month_shift: int = Field(default=0, ge=-12, le=12)
    reasons: dict[str, tuple[str, ...]] = {}


class TableColumn(Entry):
    """A group of columns: a section's indicators, or named ones (indicator, concept total or derived codes)."""

    label: Text | None = None
    section: str | None = None
    codes: tuple[str, ...] = ()


class Table(InForce):
    """An official table: one sheet a `parts` entry, one row a place of level `rows`.

    `return`: the return of another period (`returns`) that it is about; it is made where such a period ends.
    """

    id: Code
    return_: str | None = Field(default=None, alias="return")
    number: str
    title: Text
    rows: Level
    parts: tuple[TablePart, ...]
    made_by: Text
    approved_by: Text
    approval_number: str = ""
    notes: tuple[Text, ...] = ()


class TablePart(Entry):
    """One sheet of an official table."""

    title: Text
    unit: Text
    columns: tuple[TableColumn, ...]


class LateRegistration(Entry):
    """Cases that are registered in a later month than they happened.

    concept: the concept of the return that holds those registered now and of earlier months; it is one of `Speaks.ours`.
    shares: what to expect before there is data: of 1 case, how much is registered 0, 1, 2, … months after its month; adds up to 1.
    weight: how many observed cases outweigh that expectation.
    """

    concept: Code
    shares: tuple[float, ...] = Field(min_length=2, max_length=24)
    weight: float = Field(default=50, gt=0)

    @field_validator("shares")
    @classmethod
    def _is_a_distribution(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if min(shares) < 0 or shares[0] <= 0 or abs(sum(shares) - 1) > 1e-6:
            raise ValueError("shares must not be negative, begin with more than 0, and add up to 1")
        return shares


class Speaks(Entry):
    """What a department's figure says about a figure of the return.

    ours: indicators and concepts of the return that together count the same cases; by default the figure itself.
    assume_zero: those of them that count as 0 where a village left them blank (in the comparison only; blank stays blank).
    late: how its cases are registered late; without it both sides count a case in the same month.
    coverage: the share of our cases that the department sees (a hospital does not see births at home).
    grain: what one case makes at least, in the figure's own unit (a subsidy's monthly amount).
    """

    ours: tuple[str, ...] = ()
    assume_zero: tuple[str, ...] = ()
    late: LateRegistration | None = None
    coverage: float = Field(default=1, gt=0, le=1)
    grain: float = Field(default=1, gt=0)


class Department(InForce):
    """A line department's return: counts by place and month, to compare with ours. Its layouts have role `department` and `return` = `id`.

    place: whether a case is counted where it happened or where the person lives. basis: in the month of the event, or of registration.
    follows: months between a case of ours and its count there (a first dose is given in the month after birth).
    arrives: months after its own month in which the file is there. unlisted: what a place means that a file leaves out.
    senders: whether another file takes the place of the one before (one), or several offices each send a part (many: they add up).
    is_cumulative: each file tells for several months how many of each month's cases are registered by now.
    speaks_of: indicator or concept in its files → what it says of ours.
    """

    id: Code
    label: Text
    office: Text
    place: Literal["event", "residence"]
    basis: Literal["event", "registration"]
    follows: int = Field(default=0, ge=0, le=12)
    arrives: int = Field(default=0, ge=0, le=12)
    unlisted: Literal["unknown", "zero"] = "unknown"
    senders: Literal["one", "many"] = "one"
    is_cumulative: bool = False
    speaks_of: dict[Code, Speaks] = Field(min_length=1)
    innocent: Text


class SecondSource(Entry):
    """Counts of the same events from elsewhere: whose, and the concept that they are of. is_mirror: other villages reported them.

    department: the line department whose files give them, '' where none does.
    """

    code: Code
    label: Text
    concept: str
    is_mirror: bool = False
    department: str = ""


class PatternTest(Entry):
    """The words of one test of patterns (`methods.evidence.registry` has the test under the same id).

    say: what is unusual, with {observed}, {expected}, {months}, {window}, {village}, {partner}, {indicators} to fill in.
    innocent: explanations in which nobody did anything wrong. settle: what would settle it.
    """

    id: Code
    family: str
    label: Text
    say: Text
    innocent: tuple[Text, ...] = Field(min_length=1)
    settle: Text


class PatternFamily(Entry):
    """Tests that look for one kind of pattern, shown as one line."""

    code: Code
    label: Text


class Suspicion(Entry):
    """What a file was seen to hold that may be about persons (`sources.persons.PersonsSeen.why`), in words for its receipt."""

    code: Code
    say: Text


class Fault(Entry):
    """A problem the reader can meet; the catalogue of coded, bilingual messages is made of these."""

    code: Annotated[str, Field(pattern=r"^CB-\d{4}$")]
    name: Code
    effect: Literal["refused", "quarantined", "sealed", "held", "note", "error"]
    say: Text
    do: Text


Table.model_rebuild()
