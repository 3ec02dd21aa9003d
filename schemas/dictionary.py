"""The one dictionary: loads `schemas/dictionary/**/*.yaml`, checks it, and gives what everything else is derived from.

A county adds its own folder of YAML files beside the shipped ones (`load_dictionary(extra=[...])`, on the command line
`CUNBAO_DICTIONARY`): an indicator, a rule, a layout or a table is a YAML entry and nothing else.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from schemas import entries as e
from schemas.crossrefs import faults_of
from schemas.entries import COMPLETENESS as COMPLETENESS
from schemas.expressions import Expression, ExpressionError, Name, parse_expression
from schemas.faults import DictionaryError as DictionaryError
from schemas.faults import LoadFault, invalid_in_chinese
from schemas.returns import attributes_of
from schemas.yamlfile import read_yaml

SHIPPED = Path(__file__).parent / "dictionary"

# Top-level key of a YAML file → (model of its entries, the key by which an entry is known). A mapping entry is a single one.
LISTS: dict[str, tuple[type[BaseModel], str]] = {
    "units": (e.Unit, "code"),
    "sections": (e.Section, "code"),
    "breakdowns": (e.Breakdown, "code"),
    "returns": (e.Return, "id"),
    "concepts": (e.Concept, "code"),
    "head": (e.HeadField, "code"),
    "not_collected": (e.NotCollected, "code"),
    "derived": (e.Derived, "code"),
    "attributes": (e.Attribute, "code"),
    "sources": (e.Source, "code"),
    "benchmarks": (e.Benchmark, "id"),
    "rules": (e.Rule, "id"),
    "layouts": (e.Layout, "id"),
    "tables": (e.Table, "id"),
    "departments": (e.Department, "id"),
    "place_schemes": (e.PlaceScheme, "code"),
    "period_kinds": (e.PeriodKind, "code"),
    "messages": (e.Fault, "name"),
    "suspicions": (e.Suspicion, "code"),
    "second_sources": (e.SecondSource, "code"),
    "pattern_families": (e.PatternFamily, "code"),
    "pattern_tests": (e.PatternTest, "id"),
}
SINGLES: dict[str, type[BaseModel]] = {
    "value_words": e.ValueWords,
    "person_words": e.PersonWords,
    "calendar": e.Calendar,
    "implausible": e.Implausible,
    "rule_sheet_words": e.RuleSheetWords,
}


_FINE_STEP = 1e-5
"""What counts as a difference where figures are divided or weighted."""
_MEMBER = re.compile(r": ([^:]+)$")


READING_EDITION = 5
"""Counted up when the code of `sources` reads the same bytes otherwise: what was read by an earlier one is read again."""


@dataclass(frozen=True)
class Indicator:
    """One figure of the return: a concept, or a concept × member of its breakdown; or its total, where a form asks for no members."""

    code: str
    concept: e.Concept
    member: e.Member | None
    breakdown: e.Breakdown | None
    kind: str
    unit: e.Unit
    part_of: str | None
    ends: tuple[int, ...] = ()
    """The months in which the period ends of the return that asks for it; () for the month's return."""

    @property
    def label(self) -> e.Text:
        """The label in both languages, with the member in brackets."""
        if self.breakdown is not None and self.member is None:
            total = self.breakdown.total.label if self.breakdown.total else e.Text(zh="合计", en="Total")
            return e.Text(zh=f"{self.concept.label.zh}（{total.zh}）", en=f"{self.concept.label.en}: {total.en}")
        if self.member is None:
            return self.concept.label
        return e.Text(zh=f"{self.concept.label.zh}（{self.member.label.zh}）", en=f"{self.concept.label.en}: {self.member.label.en}")

    @property
    def is_total(self) -> bool:
        """Whether it is the total of a concept whose parts a form does not ask for (`total_only` of a layout)."""
        return self.breakdown is not None and self.member is None

    @property
    def section(self) -> str:
        """Code of the section of the form."""
        return self.concept.section

    def is_in_force(self, month: str) -> bool:
        """Whether the indicator is collected in `month`."""
        return self.concept.is_in_force(month) and (not self.ends or int(month[5:]) in self.ends)


@dataclass(frozen=True)
class RuleInstance:
    """One rule with its `for_each` filled in; `parts` are the folded expressions of a `combine: count` rule.

    assume_zero: this month's indicators for which a blank counts as 0. allow: what is tolerated besides the rule's fixed tolerance.
    figures: further figures for the wording, by the name that it calls them. margin: by how much a strict rule (lt, gt) wants the figures
    to differ at least: half the smallest step of what it compares (0.5 of a person), so that rounding decides nothing; 0 for other rules.
    """

    id: str
    rule: e.Rule
    subject: str
    observed: Expression
    expected: Expression
    when: Expression | None
    assume_zero: frozenset[str]
    parts: tuple[tuple[str, Expression, Expression], ...] = ()
    allow: Expression | None = None
    figures: tuple[tuple[str, Expression], ...] = ()
    margin: float = 0.0

    @property
    def names(self) -> tuple[Name, ...]:
        """Every figure, of whatever month or source, that decides the outcome."""
        every = [self.observed, self.expected, self.when, self.allow, *(x for _, *pair in self.parts for x in pair)]
        return tuple(dict.fromkeys(name for expression in every if expression is not None for name in expression.names))

    @property
    def alone(self) -> frozenset[str]:
        """Indicators that the rule names themselves, not as parts of a concept."""
        every = [self.observed, self.expected, self.when, self.allow]
        return frozenset[str]().union(*(expression.alone for expression in every if expression is not None))

    @property
    def reads(self) -> tuple[str, ...]:
        """This month's indicators and attributes that the rule reads."""
        names = [*self.observed.names, *self.expected.names]
        return tuple(dict.fromkeys(name.code for name in names if name.namespace == ""))


@dataclass(frozen=True)
class Dictionary:
    """Everything that is true of the return, checked and expanded. `version` changes when any entry changes."""

    version: str
    content: Mapping[str, Any] = field(repr=False)
    units: Mapping[str, e.Unit]
    sections: Mapping[str, e.Section]
    breakdowns: Mapping[str, e.Breakdown]
    returns: Mapping[str, e.Return]
    concepts: Mapping[str, e.Concept]
    head: Mapping[str, e.HeadField]
    not_collected: Mapping[str, e.NotCollected]
    derived: Mapping[str, e.Derived]
    attributes: Mapping[str, e.Attribute]
    sources: Mapping[str, e.Source]
    benchmarks: Mapping[str, e.Benchmark]
    rules: Mapping[str, e.Rule]
    layouts: Mapping[str, e.Layout]
    tables: Mapping[str, e.Table]
    departments: Mapping[str, e.Department]
    place_schemes: Mapping[str, e.PlaceScheme]
    period_kinds: Mapping[str, e.PeriodKind]
    messages: Mapping[str, e.Fault]
    suspicions: Mapping[str, e.Suspicion]
    second_sources: Mapping[str, e.SecondSource]
    pattern_families: Mapping[str, e.PatternFamily]
    pattern_tests: Mapping[str, e.PatternTest]
    value_words: e.ValueWords
    person_words: e.PersonWords
    calendar: e.Calendar
    implausible: e.Implausible
    rule_sheet_words: e.RuleSheetWords
    files: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)
    """(kind, name) of an entry → the file that it stands in."""

    @cached_property
    def reading_version(self) -> str:
        """Changes when an entry changes that decides how files are read, or the code does; a new rule or table reads nothing again."""
        kinds = (
            "units",
            "sections",
            "breakdowns",
            "returns",
            "concepts",
            "head",
            "not_collected",
            "layouts",
            "value_words",
            "period_kinds",
            "person_words",
        )
        content = {kind: self.content[kind] for kind in kinds}
        return _digest({**content, "statistical_month_starts": self.calendar.statistical_month_starts, "edition": READING_EDITION})

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """Every indicator ever, by code, in the order of the form."""
        order = {section: n for n, section in enumerate(self.sections)}
        concepts = sorted(self.concepts.values(), key=lambda c: order[c.section])
        return {i.code: replace(i, ends=self._ends(concept)) for concept in concepts for i in self._expand(concept)}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The indicators' codes in the order of the form: the order of every wide frame and of every packed state string."""
        return tuple(self.indicators)

    @cached_property
    def other_returns(self) -> tuple[e.Return, ...]:
        """The returns whose period is no month."""
        return tuple(of for of in self.returns.values() if of.months > 1)

    @cached_property
    def completeness(self) -> tuple[str, ...]:
        """Counts of villages that every town and county has: of the month's return, then of the others."""
        return (*e.COMPLETENESS, *(count for of in self.other_returns for count in of.counts.values()))

    def return_of(self, code: str) -> e.Return | None:
        """The return of another period that an indicator, or one above the line of a derived indicator, is of; None: the month's."""
        entry = self.derived.get(code)
        codes = [code] if entry is None else [name.code for name in self.expression(entry.numerator or entry.value or "0").names]
        of = [self.returns.get(self.indicators[name].concept.return_ or "") for name in codes if name in self.indicators]
        return max((r for r in of if r is not None and r.months > 1), key=lambda r: r.months, default=None)

    def attributes_in_force(self, month: str) -> set[str]:
        """Attributes of a report that `month` has: without those of returns that are not due."""
        waiting = [of for of in self.other_returns if not of.is_due(month)]
        return set(self.attributes) - {name for of in waiting for name in (of.is_missing, of.days_late)}

    def in_force(self, month: str) -> list[Indicator]:
        """Indicators collected in `month` ('2024-03')."""
        return [i for i in self.indicators.values() if i.is_in_force(month)]

    def indicators_of(self, concept: str) -> list[Indicator]:
        """The indicators of one concept, in the order of its breakdown; without the total that a form may ask for instead."""
        return [i for i in self.indicators.values() if i.concept.code == concept and not i.is_total]

    @cached_property
    def totals(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Concept of which some layout asks for the total alone → the indicator of that total, and the indicators that are its parts."""
        named = {code for layout in self.layouts.values() for code in layout.total_only}
        additive = {b.code for b in self.breakdowns.values() if b.additive}
        found = [c for c in self.concepts.values() if c.code in named and c.breakdown in additive]
        return {c.code: (f"{c.code}_total", tuple(f"{c.code}_{m.code}" for m in self.breakdowns[c.breakdown or ""].members)) for c in found}

    @cached_property
    def sums(self) -> Mapping[str, tuple[str, ...]]:
        """Every name an expression may use → the codes it is the sum of."""
        names: dict[str, tuple[str, ...]] = {code: (code,) for code in (*self.indicators, *self.attributes)}
        for concept in self.concepts.values():
            if concept.breakdown and self.breakdowns[concept.breakdown].additive:
                names[concept.code] = tuple(i.code for i in self.indicators_of(concept.code))
        return names

    def expression(self, text: str) -> Expression:
        """Parse an expression with the names of this dictionary."""
        wholes = {concept: total for concept, (total, _) in self.totals.items()}
        return parse_expression(text, self.sums, tuple(self.sources), tuple(c for c, s in self.sources.items() if s.totals), wholes)

    @cached_property
    def instances(self) -> Mapping[str, RuleInstance]:
        """Every rule instance by id (`rule` or `rule__subject`), in the order of the rule book."""
        return {instance.id: instance for rule in self.rules.values() for instance in self._instances(rule)}

    @cached_property
    def labels(self) -> Mapping[str, e.Text]:
        """What every name that a rule may use or be about is called. 'Births: Male' reads like two things in a formula: 'Births (Male)'."""
        members = {m.code: m.label for b in self.breakdowns.values() for m in b.members}
        concepts = {c.code: c.label for c in self.concepts.values()}
        attributes = {a.code: a.label for a in self.attributes.values()}
        figures = {i.code: i.label for i in self.indicators.values()}
        bracketed = {code: e.Text(zh=label.zh, en=_MEMBER.sub(r" (\1)", label.en)) for code, label in figures.items()}
        return members | concepts | attributes | {of.id: of.label for of in self.other_returns} | bracketed

    def subject_label(self, instance: RuleInstance) -> e.Text:
        """What distinguishes an instance of a rule from the others, such as 男 or 育儿补贴; empty where the rule has one instance."""
        members = {m.code: m.label for b in self.breakdowns.values() for m in b.members}
        labels = []
        for code, spec in zip(instance.subject.split("__"), instance.rule.for_each.values(), strict=False):
            entry = None if "members_of" in spec else self.indicators.get(code) or self.concepts.get(code) or self.returns.get(code)
            labels.append(entry.label if entry is not None else members.get(code, e.Text(zh=code, en=code)))
        return e.Text(zh="、".join(label.zh for label in labels), en=", ".join(label.en for label in labels))

    def instance_label(self, instance: RuleInstance) -> e.Text:
        """A rule instance's label, with what it is about: 人口平衡（男）, Population balance (Male)."""
        of, label = self.subject_label(instance), instance.rule.label
        return e.Text(zh=f"{label.zh}（{of.zh}）", en=f"{label.en} ({of.en})") if of.zh else label

    def instances_in_force(self, month: str, level: str = "village") -> list[RuleInstance]:
        """Rule instances for places of `level` in `month`; those on an indicator not collected that month are left out."""
        collected = {i.code for i in self.in_force(month)} | self.attributes_in_force(month)
        return [
            i
            for i in self.instances.values()
            if level in i.rule.over and i.rule.is_in_force(month) and all(code in collected for code in i.reads)
        ]

    @cached_property
    def place_scheme(self) -> e.PlaceScheme:
        """The scheme of place codes in use: `CUNBAO_PLACE_SCHEME`, or the first one."""
        return self.place_schemes[os.environ.get("CUNBAO_PLACE_SCHEME") or next(iter(self.place_schemes))]

    # -- expansion ---------------------------------------------------------------------------------------------

    def exposure_of(self, indicator: Indicator) -> str:
        """The expression that a figure is held against: its whole, what it is counted out of, or the county's usual exposure."""
        if indicator.part_of and indicator.kind == "flow":
            return indicator.part_of
        entry = next((x for x in self.implausible.exposures if fnmatchcase(indicator.code, x.of)), None)
        return entry.by.replace("{concept}", indicator.concept.code) if entry else self.implausible.exposure

    def _ends(self, concept: e.Concept) -> tuple[int, ...]:
        of = self.returns.get(concept.return_ or "")
        return of.ends if of is not None and of.months > 1 else ()

    def due_returns(self, month: str) -> frozenset[str]:
        """The returns that villages owe for a month: the month's, and those whose period ends with it; none where none is described."""
        return frozenset(r.id for r in self.returns.values() if r.is_due(month))

    def _expand(self, concept: e.Concept) -> list[Indicator]:
        if concept.breakdown is None:
            unit = self.units[concept.unit or ""]
            return [Indicator(concept.code, concept, None, None, concept.kind or "", unit, concept.part_of)]
        breakdown = self.breakdowns[concept.breakdown]
        members = [
            Indicator(
                code=f"{concept.code}_{member.code}",
                concept=concept,
                member=member,
                breakdown=breakdown,
                kind=member.kind or concept.kind or "",
                unit=self.units[member.unit or concept.unit or ""],
                part_of=f"{concept.code}_{member.part_of}" if member.part_of else concept.part_of,
            )
            for member in breakdown.members
        ]
        if concept.code not in self.totals:
            return members
        unit = self.units[concept.unit or breakdown.members[0].unit or ""]
        return [*members, Indicator(self.totals[concept.code][0], concept, None, breakdown, members[0].kind, unit, concept.part_of)]

    def _subjects(self, spec: Mapping[str, Any]) -> list[Any]:
        """What a `for_each` variable runs over; each subject prints as its code."""
        match dict(spec):
            case {"members_of": breakdown}:
                if breakdown not in self.breakdowns:
                    raise ExpressionError(f"for_each: breakdown “{breakdown}” does not exist", f"for_each：没有分组“{breakdown}”")
                return list(self.breakdowns[breakdown].members)
            case {"concepts_with": breakdown, **rest}:
                having = rest.get("having")
                return [c for c in self.concepts.values() if c.breakdown == breakdown and (not having or getattr(c, having) is not None)]
            case {"codes": [*codes]}:
                unknown = [str(code) for code in codes if code not in self.concepts and code not in self.indicators]
                if unknown:
                    named = ", ".join(unknown)
                    raise ExpressionError(f"for_each: “{named}” is no indicator or concept", f"for_each：没有指标“{named}”")
                return [self.concepts.get(code) or self.indicators[code] for code in codes]
            case {"departments": "all"}:
                spoken = dict.fromkeys(code for d in self.departments.values() for code in d.speaks_of)
                known = [
                    self.concepts.get(code) or self.indicators.get(code) for code in spoken
                ]  # what is neither is the department's fault
                return [subject for subject in known if subject is not None]
            case {"returns": "others"}:
                return list(self.other_returns)
            case {"indicators": "all"}:
                return list(self.indicators.values())
            case {"indicators": "counts"}:
                return [i for i in self.indicators.values() if i.unit.decimals == 0]
            case {"indicators": "unsigned"}:
                return [i for i in self.indicators.values() if not i.concept.signed]
        raise ExpressionError(f"for_each cannot run over {dict(spec)}", f"for_each 不能按 {dict(spec)} 展开")

    def _instances(self, rule: e.Rule) -> list[RuleInstance]:
        bindings: list[dict[str, Any]] = [{}]
        for variable, spec in rule.for_each.items():
            bindings = [{**b, variable: subject} for b in bindings for subject in self._subjects(spec)]
        made = [self._instance(rule, binding) for binding in bindings]
        if rule.combine is None:
            return made
        parts = tuple((m.subject, m.observed, m.expected) for m in made)
        margin = min((m.margin for m in made), default=0.0)
        return [RuleInstance(rule.id, rule, "", self.expression("0"), self.expression("0"), None, frozenset(), parts, margin=margin)]

    def _instance(self, rule: e.Rule, binding: Mapping[str, Any]) -> RuleInstance:
        def filled(m: re.Match[str]) -> str:
            subject, key = binding.get(m[1]), m[2] or "code"
            if subject is None or (m[2] and key not in getattr(type(subject), "model_fields", ())):
                what = m[0][1:-1]
                raise ExpressionError(
                    f"“{m.string}” asks for {{{what}}}, which for_each does not give",
                    f"“{m.string}”里的 {{{what}}} 不是 for_each 给出的",
                )
            return str(getattr(subject, key))

        def fill(text: str) -> str:
            return re.sub(r"\{(\w+)(?:\.(\w+))?\}", filled, text)

        subject = "__".join(s.code for s in binding.values())
        observed, expected = self.expression(fill(rule.observed)), self.expression(fill(rule.expected))
        blank = {name.code for text in rule.assume_zero for name in self.expression(fill(text)).names}
        if rule.missing == "zero":
            blank |= {name.code for name in (*observed.names, *expected.names) if name.namespace == "" and name.code in self.indicators}
        return RuleInstance(
            id=f"{rule.id}__{subject}" if subject else rule.id,
            rule=rule,
            subject=subject,
            observed=observed,
            expected=expected,
            when=self.expression(fill(rule.when)) if rule.when else None,
            assume_zero=frozenset(blank),
            allow=self.expression(fill(rule.allow)) if rule.allow else None,
            figures=tuple((name, self.expression(fill(text))) for name, text in rule.figures.items()),
            margin=self._step(observed, expected) / 2 if rule.is_strict else 0.0,
        )

    def _step(self, *sides: Expression) -> float:
        """The smallest step in which a difference of two expressions changes: that of their units, where only whole multiples are added."""
        forms = [side.linear() for side in sides]
        terms = [(name, c) for form in forms if form is not None for name, c in form.coefficients.items()]
        is_whole = None not in forms and all(name.code in self.indicators and c == round(c) for name, c in terms)
        decimals = [self.indicators[name.code].unit.decimals for name, _ in terms] if is_whole else []
        return float(10.0 ** -max(decimals)) if decimals else _FINE_STEP


def load_dictionary(extra: Iterable[Path | str] | None = None) -> Dictionary:
    """Load the shipped dictionary and the county's own folders, later ones winning entry by entry.

    Args:
        extra: folders of YAML files; by default those named by `CUNBAO_DICTIONARY` (separated by the system's path separator).

    Raises:
        DictionaryError: naming every file and entry at fault, and the remedy.
    """
    if extra is None:
        extra = [p for p in os.environ.get("CUNBAO_DICTIONARY", "").split(os.pathsep) if p]
    return _load(tuple(Path(p).resolve() for p in (SHIPPED, *extra)), os.environ.get("CUNBAO_PLACE_SCHEME", ""))


@lru_cache(maxsize=8)
def _load(folders: tuple[Path, ...], place_scheme: str) -> Dictionary:
    faults: list[LoadFault] = []
    kept: dict[str, dict[str, Any]] = {kind: {} for kind in LISTS}
    origin: dict[tuple[str, str], Path] = {}
    for folder in folders:
        if not folder.is_dir():
            en, zh = "no such folder. Give the folder that holds your YAML files.", "没有这个文件夹。请给出存放 YAML 文件的文件夹。"
            raise DictionaryError([LoadFault(str(folder), en, zh)])
        for path in sorted((*folder.rglob("*.yaml"), *folder.rglob("*.yml"))):
            _read_file(path, folder, kept, origin, faults)
    if faults:
        raise DictionaryError(faults)
    content = {
        kind: {k: v.model_dump(mode="json") if isinstance(v, BaseModel) else v for k, v in group.items()} for kind, group in kept.items()
    }
    singles = {key: kept[key].get(key) for key in SINGLES}
    missing = [key for key, value in singles.items() if value is None]
    if missing:
        named = ", ".join(missing)
        raise DictionaryError(
            [LoadFault("", f"no file gives {named}: add one with that top-level key.", f"没有文件给出 {named}，请补上。")]
        )
    lists = {kind: group for kind, group in kept.items() if kind in LISTS}
    lists["attributes"] = attributes_of(lists["returns"]) | lists["attributes"]
    files = {entry: path.name for entry, path in origin.items()}
    dictionary = Dictionary(version=_digest(content), content=content, files=files, **lists, **singles)  # type: ignore[arg-type]
    if faults := faults_of(dictionary, origin):
        raise DictionaryError(faults)
    if place_scheme and place_scheme not in dictionary.place_schemes:
        known = ", ".join(dictionary.place_schemes)
        en = f"no place scheme is called “{place_scheme}”; CUNBAO_PLACE_SCHEME may be {known}."
        raise DictionaryError([LoadFault("CUNBAO_PLACE_SCHEME", en, f"没有代码制“{place_scheme}”；可用的有 {known}。")])
    return dictionary


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:12]


def _read_file(
    path: Path, folder: Path, kept: dict[str, dict[str, Any]], origin: dict[tuple[str, str], Path], faults: list[LoadFault]
) -> None:
    known = ", ".join((*LISTS, *SINGLES))
    try:
        raw = read_yaml(path)
    except UnicodeDecodeError as error:
        at = error.start + 1
        en, zh = f"is not written in UTF-8 (byte {at}). Save it as UTF-8.", f"不是 UTF-8 编码（第 {at} 个字节）。请另存为 UTF-8。"
        faults.append(LoadFault(path.name, en, zh))
        return
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        why = " ".join(str(error).split())
        faults.append(
            LoadFault(path.name, f"is no readable YAML ({why}). Mend the line it names.", f"不是能读的 YAML（{why}）。请改正所指的行。")
        )
        return
    if not isinstance(raw, dict):
        faults.append(LoadFault(path.name, f"must be a mapping with one of these keys: {known}.", f"最外层应是这些键之一：{known}。"))
        return
    for kind, value in raw.items():
        if kind in SINGLES:
            if (kind, kind) in origin and origin[kind, kind].parent.is_relative_to(folder):
                faults.append(_twice(path, kind, origin[kind, kind]))
                continue
            origin[kind, kind] = path
            _keep(path, kind, kind, SINGLES[kind], value, kept.setdefault(kind, {}), faults)
            continue
        if kind not in LISTS:
            faults.append(LoadFault(path.name, f"unknown key “{kind}”. Use one of: {known}.", f"没有“{kind}”这个键，可用：{known}。"))
            continue
        model, key = LISTS[kind]
        for number, entry in enumerate(value if isinstance(value, list) else [value], start=1):
            name = str(entry.get(key, f"entry {number}")) if isinstance(entry, dict) else f"entry {number}"
            if name in kept[kind] and origin[kind, name].parent.is_relative_to(folder):
                faults.append(_twice(path, f"{kind} “{name}”", origin[kind, name]))
                continue
            origin[kind, name] = path
            _keep(path, kind, name, model, entry, kept[kind], faults)
            if kind == "benchmarks" and name in kept[kind]:
                kept[kind][name] = _with_file(path, kept[kind][name], faults)


def _twice(path: Path, what: str, other: Path) -> LoadFault:
    en, zh = f"{what} is given twice (also in {other.name}). Remove one.", f"{what} 写了两次（另一处在 {other.name}）。请删去一处。"
    return LoadFault(path.name, en, zh)


def _keep(path: Path, kind: str, name: str, model: type[BaseModel], entry: Any, group: dict[str, Any], faults: list[LoadFault]) -> None:
    try:
        group[name] = model.model_validate(entry)
    except ValidationError as error:
        for item in error.errors():
            where = ".".join(str(part) for part in item["loc"]) or "entry"
            en, zh, known = item["msg"], invalid_in_chinese(item), ", ".join(model.model_fields)
            allowed = (f" Known keys: {known}.", f"可用的键：{known}。") if item["type"] == "extra_forbidden" else ("", "")
            entry_at = f"{path.name}: {kind} “{name}”: {where}"
            faults.append(LoadFault(entry_at, f"{en}.{allowed[0]} Correct this key.", f"{zh}。{allowed[1]}请改正这一项。"))


def _with_file(path: Path, benchmark: e.Benchmark, faults: list[LoadFault]) -> e.Benchmark:
    """The benchmark with the figures of its CSV file: a column place_code, and one for each indicator or concept; blank: no figure."""
    if benchmark.file is None:
        return benchmark
    table = path.parent / benchmark.file
    figures = {place: dict(row) for place, row in benchmark.figures.items()}
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                place = row.pop("place_code").strip()
                figures.setdefault(place, {}).update({code: float(text) for code, text in row.items() if text.strip()})
    except (OSError, KeyError, ValueError, AttributeError, TypeError, UnicodeDecodeError) as error:
        why = f"{type(error).__name__}: {error}"
        faults.append(
            LoadFault(
                f"{path.name}: benchmarks “{benchmark.id}”",
                f"file “{benchmark.file}” cannot be used ({why}). "
                "Give a CSV (UTF-8) beside this file, with a column place_code and one of numbers for each indicator.",
                f"文件“{benchmark.file}”不能用（{why}）。请在本文件旁放一个 UTF-8 的 CSV，有 place_code 一列和每个指标一列数字。",
            )
        )
    return benchmark.model_copy(update={"figures": figures})


SEVERITIES: tuple[str, ...] = get_args(e.Severity)
