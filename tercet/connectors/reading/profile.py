"""Profile: what a file's columns hold, measured; the ground on which a mapping is guessed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tercet.connectors.mapping.currencies import SHARED_SIGNS, SIGNS
from tercet.connectors.mapping.plan import Reading
from tercet.connectors.reading.values import (
    EMPTY_UNLESS_TEXT,
    NO,
    YES,
    BadValue,
    amount,
    case_letters,
    day_order,
    decimal_sign,
    find_date,
)

DISTINCT_CAP = 1_000
SHOWN_VALUES = 60


@dataclass(frozen=True)
class ColumnProfile:
    name: str
    position: int
    filled: float = 0.0  # share of rows
    distinct: int = 0  # up to DISTINCT_CAP
    samples: tuple[str, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict)  # all of them, where they are few
    types: Mapping[str, float] = field(default_factory=dict)  # share of the filled cells
    day_order: str = ""  # day-first, month-first, mixed, unknown; "" where nothing depends on it
    decimal: str = ""  # point, comma, mixed, unknown; "" where nothing depends on it
    has_time: bool = False
    has_zone: bool = False
    serial: bool = False  # could be a spreadsheet's day numbers
    currencies: tuple[str, ...] = ()
    longest: int = 0

    @property
    def type(self) -> str:
        return max(self.types, key=lambda t: self.types[t]) if self.types else "empty"

    @property
    def confidence(self) -> float:
        """The share of the filled cells that fit the type."""
        return self.types.get(self.type, 0.0)

    def share(self, *types: str) -> float:
        return sum(self.types.get(t, 0.0) for t in types)


@dataclass(frozen=True)
class Profile:
    name: str
    reading: Reading
    columns: tuple[ColumnProfile, ...]
    rows: int
    is_exact: bool  # whether `rows` was counted, not estimated
    sheets: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()  # lines above the header
    footer: tuple[str, ...] = ()
    ragged: int = 0

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    def column(self, name: str) -> ColumnProfile | None:
        return next((c for c in self.columns if c.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Profile:
        columns = tuple(
            ColumnProfile(
                **{**c, "samples": tuple(c["samples"]), "currencies": tuple(c["currencies"])}
            )
            for c in raw["columns"]
        )
        plain = {k: raw[k] for k in ("name", "rows", "is_exact", "ragged")}
        plain |= {k: tuple(raw[k]) for k in ("sheets", "titles", "footer")}
        return cls(reading=Reading(**raw["reading"]), columns=columns, **plain)


class ColumnWatch:
    """Watches one column's cells go by."""

    def __init__(self, name: str, position: int) -> None:
        self.name, self.position = name, position
        self.counts: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.orders: Counter[str] = Counter()
        self.signs: Counter[str] = Counter()
        self.currencies: Counter[str] = Counter()
        self.filled = self.total = self.longest = self.serials = 0
        self.times = self.zones = 0
        self._known: dict[str, tuple[str, str | None, str | None]] = {}

    def see(self, cell: str) -> None:
        self.total += 1
        text = cell.strip()
        if not text or (text.casefold() in EMPTY_UNLESS_TEXT and text.casefold() != "unknown"):
            return
        self.filled += 1
        if len(self.counts) < DISTINCT_CAP or text in self.counts:
            self.counts[text] += 1
        self.longest = max(self.longest, len(text))
        known = self._known.get(text)
        if known is None:
            known = self._look(text)
            if len(self._known) < 20_000:
                self._known[text] = known
        kind, order, sign = known
        self.kinds[kind] += 1
        if order:
            self.orders[order] += 1
        if sign:
            self.signs[sign] += 1

    def _look(self, text: str) -> tuple[str, str | None, str | None]:
        kind = find_type(text)
        if kind in ("date", "instant"):
            _, match = find_date(text)
            if match is not None and match["h"]:
                self.times += 1
                self.zones += bool(match["z"] or match["o"] or text.endswith("Z"))
            return kind, day_order(text), None
        if kind in ("number", "integer", "money", "percent"):
            if re.fullmatch(r"\d{5}(?:\.\d+)?", text) and 25_569 <= float(text) <= 73_050:
                self.serials += 1
            for sign in re.findall(r"[^\d\s.,'’()+−-]+", text):
                if sign in SIGNS or sign.casefold() in SHARED_SIGNS or len(sign) == 3:
                    self.currencies[SIGNS.get(sign, sign.upper())] += 1
            return kind, None, decimal_sign(text)
        return kind, None, None

    def profile(self) -> ColumnProfile:
        filled = self.filled or 1
        few = len(self.counts) <= SHOWN_VALUES
        return ColumnProfile(
            self.name,
            self.position,
            round(self.filled / (self.total or 1), 4),
            len(self.counts),
            tuple(text[:60] for text, _ in self.counts.most_common(5)),
            {text[:120]: n for text, n in self.counts.most_common()} if few else {},
            {kind: round(n / filled, 4) for kind, n in self.kinds.most_common()},
            _proven(self.orders, ("day-first", "month-first")),
            _proven(self.signs, ("point", "comma")),
            self.times > 0,
            self.zones > 0 and self.zones == self.times,
            0 < len(self._known) == self.serials,
            tuple(sorted(self.currencies)),
            self.longest,
        )


def _proven(seen: Counter[str], either: tuple[str, str]) -> str:
    proofs = [sign for sign in either if seen[sign]]
    if len(proofs) == 2:
        return "mixed"
    if proofs:
        return proofs[0]
    return "unknown" if seen["either"] else ""


_TYPES = (
    ("shortened", re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,3}")),
    ("email", re.compile(r"(?:[^<>]*<)?[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]{2,}>?")),
    ("url", re.compile(r"(?i)https?://\S+")),
    ("domain", re.compile(r"(?i)(?:www\.)?(?:[a-z0-9][a-z0-9-]*\.)+(?:[a-z]{2,24})")),
    ("percent", re.compile(r"[+-]?[\d.,]+ ?%")),
)
_SALESFORCE = re.compile(r"[0-9a][0-9A-Za-z]{14}(?:[0-9A-Za-z]{3})?")
_HEX = re.compile(r"[0-9a-f]{16,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_CODE = re.compile(r"(?=[^\s]*\d)[A-Za-z0-9][A-Za-z0-9_./:#-]{2,40}")


def find_type(text: str) -> str:
    """The type that one cell shows; dates and numbers before identifiers, text last."""
    folded = text.casefold()
    if text.isascii() and text.isdigit():
        return _digits_type(text)
    if (folded in YES or folded in NO) and not folded.isdigit():
        return "boolean"
    for kind, pattern in _TYPES:
        if pattern.fullmatch(text):
            return kind
    if is_salesforce_id(text):
        return "salesforce_id"
    if text[0] in "0123456789+-−.,(€$£¥" or text[-1] in "0123456789)€£%" or len(text) < 32:
        shape, match = find_date(text)
        if shape in ("iso", "dots", "slashes", "named") and match is not None and _is_day(match):
            return "instant" if match["h"] else "date"
        if kind := _number_type(text):
            return kind
    if _HEX.fullmatch(text) or _CODE.fullmatch(text):
        return "id"
    return "text"


def _digits_type(text: str) -> str:
    if len(text) == 13 and text[0] == "1":
        return "instant"
    if (
        len(text) == 8
        and text[:2] in ("19", "20")
        and 1 <= int(text[4:6]) <= 12
        and 1 <= int(text[6:]) <= 31
    ):
        return "date"
    if (text[0] == "0" and len(text) > 1) or len(text) > 15:
        return "id"
    return "integer"


def _is_day(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    numbers = [int(groups[k]) for k in ("a", "b", "m", "d") if groups.get(k)]
    return (all(1 <= n <= 31 for n in numbers) and min(numbers) <= 12) or "n" in groups


def _number_type(text: str) -> str:
    if not any(c.isdigit() for c in text):
        return ""
    try:
        _, currency, shared = amount(text, "point" if decimal_sign(text) == "either" else "")
    except BadValue:
        return ""
    if currency or shared:
        return "money"
    return "integer" if re.fullmatch(r"[+−-]?\d+", text) else "number"


def is_salesforce_id(text: str) -> bool:
    """Fifteen characters with zeros where Salesforce has them, or eighteen that check out."""
    if not _SALESFORCE.fullmatch(text) or text.isalpha() or text.isdigit():
        return False
    if len(text) == 18:
        return case_letters(text[:15]) == text[15:].upper()
    return "00" in text[4:11] or text[3:8].count("0") >= 3
