"""Plan: how one file fills one or more kinds. Made by a guess, mended by hand, kept per source.

As TOML (`--map MAP.toml`, a preset, what a source remembers):

    source = "crm"
    zone = "Europe/Berlin"
    day_order = "day-first"

    [stages]
    "Closed Won" = "won"

    [deals]
    external_id = "Deal ID"
    name = { join = ["Account", "Product"] }
    amount = "Amount"

    [deals.constants]
    currency = "EUR"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tercet.connectors.mapping.currencies import CODES
from tercet.connectors.mapping.fields import KINDS, words

Confidence = Literal["high", "medium", "low"]
DAY_ORDERS = ("unknown", "day-first", "month-first")
DECIMALS = ("unknown", "point", "comma")
OUTCOMES = ("won", "lost", "open")
_ANSWERS = ("zone", "day_order", "decimal", "currency", "full_export", "stages", "source")


class PlanError(Exception):
    """A plan that can't be followed; each line names the file, key, value and what was expected."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Reading:
    """How the bytes of a file become rows."""

    format: str = "csv"  # csv, xlsx, parquet
    encoding: str = "utf-8"
    separator: str = ","
    quote: str = '"'
    header_line: int = 1
    sheet: str = ""
    is_gzipped: bool = False


@dataclass(frozen=True)
class Fill:
    """One field, filled from one column (or from several, joined by a space)."""

    field: str
    column: str
    confidence: Confidence = "high"
    why: str = ""
    join: tuple[str, ...] = ()
    form: str = ""  # salesforce: 15 or 18 characters; serial: a spreadsheet's day number
    day_order: str = ""
    decimal: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.join or (self.column,)


@dataclass(frozen=True)
class Part:
    """What one kind takes from the file."""

    kind: str
    fills: tuple[Fill, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)

    def fill(self, name: str) -> Fill | None:
        return next((f for f in self.fills if f.field == name), None)

    def has(self, name: str) -> bool:
        return name in self.constants or self.fill(name) is not None


@dataclass(frozen=True)
class Ask:
    """What the file can't say by itself."""

    key: str
    question: str
    candidates: tuple[str, ...] = ()
    default: str | None = None
    blocks: bool = False
    kind: str = ""
    column: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    parts: tuple[Part, ...] = ()
    source: str = ""
    preset: str = ""
    zone: str = ""
    day_order: str = "unknown"
    decimal: str = "unknown"
    full_export: bool | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    asks: tuple[Ask, ...] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(part.kind for part in self.parts)

    @property
    def blocking(self) -> tuple[Ask, ...]:
        """The questions that must be answered before the import can run."""
        return tuple(ask for ask in self.asks if ask.blocks)

    def part(self, kind: str) -> Part | None:
        return next((part for part in self.parts if part.kind == kind), None)

    def fill(self, kind: str, name: str) -> str | None:
        """The column that fills a field, if one does."""
        part = self.part(kind)
        found = part.fill(name) if part else None
        return found.column if found else None

    def with_fill(self, kind: str, name: str, column: str | None, **more: Any) -> Plan:
        """The plan with one field filled from another column, or from none."""
        kept = self.part(kind) or Part(kind)
        fills = [f for f in kept.fills if f.field != name]
        if column:
            fills.append(Fill(name, column, "high", "chosen by hand", **more))
        part = replace(kept, fills=tuple(fills))
        parts = [part if p.kind == kind else p for p in self.parts]
        return replace(self, parts=tuple(parts if self.part(kind) else [*parts, part]))

    def without(self, kind: str) -> Plan:
        return replace(self, parts=tuple(p for p in self.parts if p.kind != kind))

    def with_constant(self, kind: str, name: str, value: str) -> Plan:
        parts = (
            replace(p, constants={**p.constants, name: value}) if p.kind == kind else p
            for p in self.parts
        )
        return replace(self, parts=tuple(parts))

    def answer(self, key: str, value: Any) -> Plan:
        """The plan with a question answered, or a constant set (`--set key=value`)."""
        plan = self._with_answer(key, value)
        return replace(plan, asks=tuple(a for a in self.asks if a.key != key))

    def _with_answer(self, key: str, value: Any) -> Plan:
        if key == "stages":
            pairs = value if isinstance(value, Mapping) else _pairs(str(value))
            return _checked(replace(self, stages={**self.stages, **pairs}))
        if key == "full_export":
            return replace(self, full_export=_yes(key, value))
        if key in ("zone", "day_order", "decimal", "source"):
            return _checked(replace(self, **_option(key, value)))
        if key == "followed_up":
            return self.with_fill("leads", "followed_up", str(value) or None)
        return self._with_constants(key, str(value))

    def _with_constants(self, key: str, value: str) -> Plan:
        kind, _, name = key.rpartition(".")
        fits = [p.kind for p in self.parts if _takes(p.kind, name) and kind in ("", p.kind)]
        if not fits:
            raise PlanError(
                [
                    f"--set {key}={value}: expected one of {', '.join(_ANSWERS)}, "
                    f"or a field of {', '.join(self.kinds) or 'a kind'}."
                ]
            )
        plan = self
        for name_of_kind in fits:
            plan = plan.with_constant(name_of_kind, name, value)
        return _checked(plan)

    def as_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "preset": self.preset,
            "zone": self.zone,
            "day_order": self.day_order,
            "decimal": self.decimal,
            "full_export": self.full_export,
            "stages": dict(self.stages),
            "parts": [
                {
                    "kind": p.kind,
                    "constants": dict(p.constants),
                    "fills": [{**f.__dict__, "join": list(f.join)} for f in p.fills],
                }
                for p in self.parts
            ],
            "asks": [
                {**a.__dict__, "candidates": list(a.candidates), "examples": list(a.examples)}
                for a in self.asks
            ],
            "reading": dict(self.reading.__dict__),
        }

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Plan:
        parts = tuple(
            Part(
                p["kind"],
                tuple(Fill(**{**f, "join": tuple(f.get("join", ()))}) for f in p["fills"]),
                dict(p.get("constants", {})),
            )
            for p in raw.get("parts", ())
        )
        asks = tuple(
            Ask(
                **{
                    **a,
                    "candidates": tuple(a.get("candidates", ())),
                    "examples": tuple(a.get("examples", ())),
                }
            )
            for a in raw.get("asks", ())
        )
        plain = {
            k: raw[k]
            for k in ("source", "preset", "zone", "day_order", "decimal", "full_export", "stages")
            if k in raw
        }
        return cls(parts=parts, asks=asks, reading=Reading(**raw.get("reading", {})), **plain)

    def as_toml(self) -> str:
        """The plan as a map file: what people may keep and change by hand."""
        lines = [
            f"{key} = {_toml(value)}"
            for key, value in (
                ("source", self.source),
                ("preset", self.preset),
                ("zone", self.zone),
                ("day_order", self.day_order if self.day_order != "unknown" else ""),
                ("decimal", self.decimal if self.decimal != "unknown" else ""),
                ("full_export", self.full_export),
            )
            if value not in ("", None)
        ]
        if self.stages:
            lines += ["", "[stages]"]
            lines += [f"{_toml(name)} = {_toml(step)}" for name, step in self.stages.items()]
        for part in self.parts:
            lines += ["", f"[{part.kind}]"]
            lines += [f"{fill.field} = {_toml_fill(fill)}" for fill in part.fills]
            if part.constants:
                lines += ["", f"[{part.kind}.constants]"]
                lines += [f"{name} = {_toml(value)}" for name, value in part.constants.items()]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str, *, columns: Iterable[str] = (), file: str = "map.toml") -> Plan:
        """A plan out of a map file, checked against the data file's columns where given."""
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PlanError([f"{file}: this is not TOML: {error}."]) from None
        return _from_toml(raw, tuple(columns), file)


def check(plan: Plan, columns: Iterable[str], file: str = "the plan") -> None:
    """Refuse a plan that names a column, kind or field that is not there."""
    known = tuple(columns)
    problems = list(_problems(plan, known, file))
    if problems:
        raise PlanError(problems)


def _checked(plan: Plan) -> Plan:
    problems = list(_option_problems(plan, "the plan"))
    if problems:
        raise PlanError(problems)
    return plan


def _problems(plan: Plan, columns: tuple[str, ...], file: str) -> Iterable[str]:
    yield from _option_problems(plan, file)
    if not plan.parts:
        yield f"{file}: no kind is filled; expected a table such as [deals]."
    for part in plan.parts:
        if part.kind not in KINDS:
            yield f"{file}: “{part.kind}” is not a kind; expected one of {', '.join(KINDS)}."
            continue
        yield from _part_problems(part, columns, file)


def _part_problems(part: Part, columns: tuple[str, ...], file: str) -> Iterable[str]:
    kind = KINDS[part.kind]
    names = ", ".join(f.name for f in kind.fields)
    for fill in part.fills:
        if not kind.has(fill.field):
            yield f"{file}: {part.kind}.{fill.field}: no such field; expected one of {names}."
        for column in fill.columns:
            if columns and column not in columns:
                yield (
                    f"{file}: {part.kind}.{fill.field}: “{column}” is not a column of this file; "
                    f"expected one of {', '.join(columns)}."
                )
    for name in part.constants:
        if not _takes(part.kind, name):
            yield f"{file}: {part.kind}.constants.{name}: no such field; expected one of {names}."
    for required in kind.fields:
        if required.is_required and not part.has(required.name) and not _is_named(part):
            yield (
                f"{file}: {part.kind}.{required.name}: no column fills it; "
                f"expected one of {', '.join(columns)}."
            )
    if not _is_named(part):
        yield (
            f"{file}: {part.kind}: nothing names its rows; expected a column for "
            f"{' or '.join(kind.key)}."
        )


def _is_named(part: Part) -> bool:
    if part.kind in ("touches", "stage_moves"):
        return all(part.has(f.name) for f in KINDS[part.kind].fields if f.is_required)
    names = KINDS[part.kind].key + (("first_name", "last_name") if part.kind == "contacts" else ())
    return any(part.has(name) for name in names)


def _option_problems(plan: Plan, file: str) -> Iterable[str]:
    if plan.day_order not in DAY_ORDERS:
        yield f"{file}: day_order: “{plan.day_order}”; expected {' or '.join(DAY_ORDERS[1:])}."
    if plan.decimal not in DECIMALS:
        yield f"{file}: decimal: “{plan.decimal}”; expected {' or '.join(DECIMALS[1:])}."
    if plan.zone and not _is_zone(plan.zone):
        yield f"{file}: zone: “{plan.zone}”; expected a zone such as Europe/Berlin."
    for stage, outcome in plan.stages.items():
        if outcome not in OUTCOMES:
            yield f"{file}: stages.{stage}: “{outcome}”; expected {', '.join(OUTCOMES)}."
    for part in plan.parts:
        for name, value in part.constants.items():
            if name.endswith("currency") and value not in CODES:
                yield f"{file}: {part.kind}.{name}: “{value}”; expected a code such as EUR."


def _option(key: str, value: Any) -> dict[str, Any]:
    return {key: str(value)}


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _takes(kind: str, name: str) -> bool:
    if kind not in KINDS:
        return False
    known = KINDS[kind]
    return known.has(name) or (name == "currency" and any(f.type == "money" for f in known.fields))


def _yes(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).casefold() in ("true", "yes", "1", "full"):
        return True
    if str(value).casefold() in ("false", "no", "0", "changes"):
        return False
    raise PlanError([f"{key}: “{value}”; expected yes or no."])


def _pairs(text: str) -> dict[str, str]:
    """'Signed=won; Gone=lost' as a mapping."""
    return {
        name.strip(): step.strip()
        for name, _, step in (pair.rpartition("=") for pair in text.split(";"))
        if name.strip()
    }


def _from_toml(raw: dict[str, Any], columns: tuple[str, ...], file: str) -> Plan:
    problems: list[str] = []
    known = {"source", "preset", "zone", "day_order", "decimal", "full_export", "stages"}
    by_words = {words(c): c for c in reversed(columns)}
    parts = []
    for key, table in raw.items():
        if key in known:
            continue
        if key not in KINDS or not isinstance(table, dict):
            expected = ", ".join([*sorted(known), *KINDS])
            problems.append(f"{file}: “{key}” is not known; expected one of {expected}.")
            continue
        parts.append(_part_from_toml(key, table, by_words, file, problems))
    plain = {k: raw[k] for k in known if k in raw}
    for name in ("source", "preset", "zone", "day_order", "decimal"):
        if not isinstance(plain.get(name, ""), str):
            problems.append(f"{file}: {name}: “{plain.pop(name)}”; expected a text.")
    if not isinstance(plain.get("full_export", True), bool):
        problems.append(
            f"{file}: full_export: “{plain.pop('full_export')}”; expected true or false."
        )
    if not isinstance(plain.get("stages", {}), dict):
        problems.append(f"{file}: stages: “{plain.pop('stages')}”; expected a table.")
    plan = Plan(parts=tuple(parts), **plain)
    problems += _problems(plan, columns, file)
    if problems:
        raise PlanError(problems)
    return plan


def _part_from_toml(
    kind: str, table: dict[str, Any], by_words: dict[str, str], file: str, problems: list[str]
) -> Part:
    fills, constants = [], {}
    for name, value in table.items():
        if name == "constants" and isinstance(value, dict):
            constants = {k: str(v) for k, v in value.items()}
            continue
        try:
            fills.append(_fill_from_toml(name, value, by_words))
        except (TypeError, KeyError, IndexError):
            problems.append(
                f"{file}: {kind}.{name}: “{value}”; expected a column's name, a list of names, "
                'or { column = "…" }.'
            )
    return Part(kind, tuple(fills), constants)


def _fill_from_toml(name: str, value: Any, by_words: dict[str, str]) -> Fill:
    """A column by its name; of several names, the first that the file has."""
    more = dict(value) if isinstance(value, dict) else {"column": value}
    join = tuple(by_words.get(words(c), c) for c in more.pop("join", ()))
    names = more.pop("column", join)
    names = [names] if isinstance(names, str) else list(names)
    column = next((by_words[words(n)] for n in names if words(n) in by_words), names[0])
    return Fill(name, column, "high", "from the map", join, **more)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_fill(fill: Fill) -> str:
    more = {k: getattr(fill, k) for k in ("form", "day_order", "decimal") if getattr(fill, k)}
    if not fill.join and not more:
        return _toml(fill.column)
    first = (
        f"join = [{', '.join(_toml(c) for c in fill.join)}]"
        if fill.join
        else f"column = {_toml(fill.column)}"
    )
    return "{ " + ", ".join([first, *(f"{k} = {_toml(v)}" for k, v in more.items())]) + " }"
