"""One part of a plan, ready to read rows: each field's column, its reader, its cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tercet.connectors.mapping.currencies import SIGNS
from tercet.connectors.mapping.domains import company_domain
from tercet.connectors.mapping.fields import KINDS, Field
from tercet.connectors.mapping.outcomes import choice, outcome
from tercet.connectors.mapping.plan import Fill, Part, Plan
from tercet.connectors.reading import values
from tercet.connectors.reading.table import Table
from tercet.connectors.reading.values import BadValue, Moment

_CACHED = 20_000
_SHOWN = 80


@dataclass(frozen=True)
class Problem:
    """Why a row is refused: which column, what stood there, what was expected."""

    column: str
    value: str
    expected: str
    reason: str


@dataclass(frozen=True)
class _Money:
    value: Decimal
    currency: str | None
    sign: str | None


_NONE = object()


class Cell:
    """Reads one field out of a row. Remembers what it read: values repeat."""

    def __init__(self, field: Field, fill: Fill, table: Table, plan: Plan) -> None:
        self.field, self.fill = field, fill
        where = dict(zip(table.columns, table.positions, strict=True))
        self.positions = tuple(where[c] for c in fill.columns)
        self.empty = values.EMPTY if field.type in _TEXTS else values.EMPTY_UNLESS_TEXT
        self.read = _reader(field, fill, plan)
        self._cache: dict[str, Any] = {}

    def raw(self, cells: list[str]) -> str:
        if len(self.positions) == 1:
            return cells[self.positions[0]].strip()
        return " ".join(p for p in (cells[i].strip() for i in self.positions) if p)

    def value(self, cells: list[str]) -> Any:
        """The value, None where the cell is empty; raises BadValue."""
        raw = self.raw(cells)
        found = self._cache.get(raw, _NONE)
        if found is _NONE:
            found = self._look(raw)
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            self._cache[raw] = found
        if found.__class__ is BadValue:
            raise found
        return found

    def _look(self, raw: str) -> Any:
        if raw.casefold() in self.empty:
            return None
        try:
            # A refused file guards cells against formulas by an apostrophe: take it off again.
            return self.read(raw[1:] if raw[0] == "'" and raw[1:2] in ("=", "+", "-", "@") else raw)
        except BadValue as error:
            return error


_TEXTS = ("text", "choice", "reference", "list", "id")


def _reader(field: Field, fill: Fill, plan: Plan) -> Callable[[str], Any]:
    order, decimal = fill.day_order or plan.day_order, fill.decimal or plan.decimal
    if field.type in ("moment", "date"):
        zone = ZoneInfo(plan.zone or "UTC")
        return values.moment_reader(order, zone, fill.form == "serial")
    if field.type == "money":
        return lambda text: _Money(*values.amount(text, decimal))
    if field.type == "number":
        return lambda text: values.percent_or_number(text, decimal)
    if field.type == "integer":
        return lambda text: values.whole_number(text, decimal)
    if field.type == "choice" and (field.choices or field.name in ("kind", "direction")):
        return lambda text: choice(field.name, text) or _Unknown(text)
    if field.name.endswith("currency"):
        return values.currency_code
    if field.type in ("id", "reference"):
        return values.salesforce_id if fill.form == "salesforce" else _identifiers
    if field.name in ("company_domain", "domain"):
        return _company_domain
    return _READERS[field.type]


def _identifiers(text: str) -> str:
    return values.identifier(text)


def _company_domain(text: str) -> str | None:
    values.domain(text)
    return company_domain(text)


def _first_email(text: str) -> str:
    first = text.replace(",", ";").split(";")[0].strip() if "@" in text else text
    return values.email(first)


_READERS: dict[str, Callable[[str], Any]] = {
    "text": values.plain_text,
    "choice": values.plain_text,
    "email": _first_email,
    "boolean": values.boolean,
    "list": values.split_list,
    "domain": _company_domain,
}


def touch_print(cells: list[str]) -> str:
    """What names a touch that has no identifier: all that its row says."""
    return hashlib.md5("\x1f".join(cells).encode(), usedforsecurity=False).hexdigest()


class _Unknown(str):
    """A word that is none of a field's choices: kept in extra, not refused."""


class PartReader:
    """Reads rows of one kind."""

    def __init__(self, part: Part, plan: Plan, table: Table, *, is_main: bool) -> None:
        self.kind = KINDS[part.kind]
        self.part, self.plan, self.is_main = part, plan, is_main
        self.cells = [Cell(self.kind.field(f.field), f, table, plan) for f in part.fills]
        self.moneys = [f for f in self.kind.fields if f.type == "money" and part.has(f.name)]
        self.constants = self._constants()
        self.names_id = not part.has("external_id")
        mapped = {c for p in plan.parts for f in p.fills for c in f.columns}
        self.rest = [
            (name, position)
            for name, position in zip(table.columns, table.positions, strict=True)
            if name not in mapped
        ]
        self.columns = {
            name: f for f in self.kind.fields for name in f.columns if f.type != "money"
        }

    def read(self, cells: list[str]) -> tuple[list[dict[str, Any]], list[Problem]]:
        """The rows that one line makes: one as a rule, none, or several companies."""
        row: dict[str, Any] = dict(self.constants)
        extra: dict[str, Any] = {}
        problems: list[Problem] = []
        for cell in self.cells:
            try:
                self._put(row, extra, cell, cell.value(cells), cells)
            except BadValue as error:
                problems.append(_problem(cell, cells, error))
        if not problems:
            self._put_money(row, problems, cells)
        if problems:
            return [], problems
        _complete(self.kind.name, row, extra, self.plan)
        if self.kind.name == "touches" and not row.get("external_id"):
            row["external_id"] = touch_print(cells)
        if missing := self._unnamed(row):
            return [], [missing] if self.is_main else []
        if self.is_main:
            extra |= {name: c for name, i in self.rest if (c := cells[i].strip())}
        row["extra"] = json.dumps(extra, ensure_ascii=False) if extra else "{}"
        return self._several(row, cells), []

    def _put(
        self, row: dict[str, Any], extra: dict[str, Any], cell: Cell, value: Any, cells: list[str]
    ) -> None:
        name, kind = cell.field.name, cell.field.type
        if value is None:
            if kind == "domain" and cell.raw(cells):
                extra[cell.fill.column] = cell.raw(cells)
            return
        if kind == "moment":
            on, at = cell.field.columns
            row[on], row[at] = value.on, value.at
        elif kind == "date":
            row[name] = value.on
        elif value.__class__ is _Unknown:
            extra[cell.fill.column] = str(value)
        elif kind in ("reference", "id") and ";" in value:
            parts = values.split_list(value)
            row[name] = parts[0] if parts else None
            if len(parts) > 1:
                extra[cell.fill.column] = value
        else:
            row[name] = value

    def _put_money(self, row: dict[str, Any], problems: list[Problem], cells: list[str]) -> None:
        for field in self.moneys:
            money = row.get(field.name)
            if money is None:
                row.pop(f"{field.name}_currency", None)
                continue
            try:
                currency = self._currency(field, money, row)
                row[field.name] = values.minor_units(money.value, currency)
                row[f"{field.name}_currency"] = currency
            except BadValue as error:
                cell = next((c for c in self.cells if c.field is field), None)
                if cell:
                    problems.append(_problem(cell, cells, error))

    def _currency(self, field: Field, money: _Money, row: dict[str, Any]) -> str:
        """The currency of an amount: its own sign, its column, the row's, the constant."""
        stated = row.get(f"{field.name}_currency")
        if stated is None and field.name != "amount_converted":
            stated = row.get("currency")
        stated = stated or self.constants.get("currency")
        currency = money.currency or stated
        if currency is None:
            raise BadValue(
                "an amount whose currency is known",
                "its currency is not stated; say it for this file",
            )
        if money.sign == "$" and not _is_dollar(currency):
            raise BadValue(f"an amount in {currency}", "this one is in dollars; say which")
        return str(currency)

    def _constants(self) -> dict[str, Any]:
        constants: dict[str, Any] = {}
        for name, text in self.part.constants.items():
            if not self.kind.has(name):
                constants[name] = text
                continue
            field = self.kind.field(name)
            value = _reader(field, Fill(name, ""), self.plan)(text)
            if isinstance(value, Moment):
                constants |= dict(zip(field.columns, (value.on, value.at), strict=False))
            else:
                constants[name] = value
        return constants

    def _unnamed(self, row: dict[str, Any]) -> Problem | None:
        """A row needs its identifier; without such a column, its name is the identifier."""
        if self.kind.name in ("stage_moves", "touches"):
            return self._without_required(row)
        if self.names_id or (not self.is_main and not row.get("external_id")):
            row["external_id"] = next((str(row[k]) for k in self.kind.key if row.get(k)), None)
        if row.get("external_id"):
            return self._without_required(row)
        cell = next((c for c in self.cells if c.field.name in self.kind.key), None)
        return Problem(
            cell.fill.column if cell else self.kind.noun,
            "",
            f"an identifier or name of the {self.kind.noun}",
            "nothing names this row",
        )

    def _without_required(self, row: dict[str, Any]) -> Problem | None:
        for field in self.kind.fields:
            if field.is_required and all(row.get(c) is None for c in field.columns):
                if field.name == "name" and row.get("external_id"):
                    row["name"] = row["external_id"]
                    continue
                fill = self.part.fill(field.name)
                column = fill.column if fill else field.name
                return Problem(column, "", field.expected, "it is empty and must not be")
        return None

    def _several(self, row: dict[str, Any], cells: list[str]) -> list[dict[str, Any]]:
        """Several companies in one cell, parted by semicolons, are several rows."""
        if self.kind.name != "companies":
            return [row]
        ids = self._listed("external_id", cells)
        names = self._listed("name", cells)
        count = max(len(ids), len(names))
        if count < 2:
            return [row]
        rows = []
        for i in range(count):
            name = names[i] if i < len(names) else ids[i]
            key = ids[i] if i < len(ids) else name
            first = row if i == 0 else {"extra": "{}"}
            rows.append({**first, "external_id": key, "name": name})
        return rows

    def _listed(self, name: str, cells: list[str]) -> list[str]:
        cell = next((c for c in self.cells if c.field.name == name), None)
        raw = cell.raw(cells) if cell else ""
        return values.split_list(raw) if ";" in raw else [raw] if raw else []


def _problem(cell: Cell, cells: list[str], error: BadValue) -> Problem:
    raw = cell.raw(cells)
    shown = raw if len(raw) <= _SHOWN else raw[: _SHOWN - 1] + "…"
    return Problem(cell.fill.column, shown, error.expected, error.reason)


def _is_dollar(currency: str) -> bool:
    return currency in _DOLLARS or SIGNS.get("$") == currency


_DOLLARS = frozenset(
    "USD AUD CAD NZD HKD SGD MXN ARS CLP COP UYU TWD BBD BMD BSD BZD FJD GYD JMD KYD LRD NAD SBD "
    "SRD TTD XCD".split()
)


def _complete(kind: str, row: dict[str, Any], extra: dict[str, Any], plan: Plan) -> None:
    """What follows from the other fields of the same row."""
    if kind in ("leads", "contacts"):
        if not row.get("company_domain") and row.get("email"):
            row["company_domain"] = company_domain(row["email"])
        if kind == "contacts" and not row.get("name"):
            names = (row.get("first_name"), row.get("last_name"))
            row["name"] = " ".join(n for n in names if n) or None
    if kind == "touches" and "@" in (row.get("person") or ""):
        row["person"] = row["person"].lower()
    owner = row.get("owner")
    if owner and "@" in owner and not row.get("owner_email"):
        _split_owner(row, owner)
    if kind == "deals":
        _settle(row, plan)


def _split_owner(row: dict[str, Any], owner: str) -> None:
    """'Ada Byron (ada@quay.example)' is a name and an address."""
    for word in (
        owner.replace("(", " ").replace(")", " ").replace("<", " ").replace(">", " ").split()
    ):
        if "@" in word:
            try:
                row["owner_email"] = values.email(word)
            except BadValue:
                return
            name = owner.replace(word, "").strip(" ()<>")
            row["owner"] = name or row["owner_email"]
            return


def _settle(row: dict[str, Any], plan: Plan) -> None:
    """One close date is the day won, the day lost or the day expected, as the stage says."""
    stage = row.get("stage")
    if stage:
        row["outcome"] = outcome(stage, row.get("pipeline"), plan.stages)
    else:
        row["outcome"] = "won" if row.get("won_on") else "lost" if row.get("lost_on") else None
    ended = row["outcome"]
    if ended in ("won", "lost") and not row.get(f"{ended}_on"):
        row[f"{ended}_on"], row[f"{ended}_at"] = row.get("closed_on"), row.get("closed_at")
    if ended == "open" and not row.get("closes"):
        row["closes"] = row.get("closed_on")
