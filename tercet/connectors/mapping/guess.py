"""Guess a plan from a profile: which columns fill which fields, how sure that is, and what to ask.

Headers propose, values dispose. What can't be known from the file is asked, not guessed:
day order, decimal sign, currency, zone, follow-up, the meaning of stages, full or changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

from tercet.connectors.mapping.currencies import SHARED_SIGNS
from tercet.connectors.mapping.fields import KINDS, Field, Kind, words
from tercet.connectors.mapping.outcomes import choice, outcome_of
from tercet.connectors.mapping.plan import Ask, Confidence, Fill, Part, Plan
from tercet.connectors.reading.profile import ColumnProfile, Profile
from tercet.connectors.sources import preset, presets

_TAKEN_FROM = 0.45
_SURE_ENOUGH = 0.4
_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN")
_FOLLOWED = (
    "contact",
    "call",
    "activit",
    "respon",
    "reach",
    "touch",
    "follow",
    "kontakt",
    "outreach",
)


@dataclass(frozen=True)
class _Match:
    score: float
    field: Field
    column: ColumnProfile
    header: float
    values: float

    @property
    def confidence(self) -> Confidence:
        if self.header >= 0.95 and self.values >= 0.9:
            return "high"
        return "medium" if self.score >= 0.65 else "low"

    @property
    def why(self) -> str:
        said = "the header says so" if self.header >= 0.95 else "the header is like it"
        if self.column.filled == 0:
            return f"{said}; the column is empty"
        return said if self.values >= 0.9 else f"{said}; not all values fit"


def guess(profile: Profile, kind: str | None = None, remembered: Plan | None = None) -> Plan:
    """A plan for the file: as remembered, as a known shape has it, or from headers and values."""
    plan = (
        _from_memory(profile, kind, remembered)
        or _from_preset(profile, kind)
        or _from_headers(profile, kind)
    )
    plan = _with_forms(replace(plan, reading=profile.reading), profile)
    plan = _with_proofs(plan, profile)
    plan = _with_stages(plan, profile)
    return replace(plan, asks=tuple(_asks(plan, profile)))


def ask_again(plan: Plan, profile: Profile) -> Plan:
    """The same plan with the questions that it leaves open now: after it was changed by hand."""
    return replace(plan, asks=tuple(_asks(plan, profile)))


def guess_kinds(profile: Profile) -> list[tuple[str, float]]:
    """Each kind that the file could be, the likeliest first, with its score."""
    scored = ((kind, _kind_score(KINDS[kind], profile)) for kind in KINDS)
    return sorted(((k, s) for k, s in scored if s >= _SURE_ENOUGH), key=lambda item: -item[1])


# --- Where the columns come from ---------------------------------------------------------------


def _from_memory(profile: Profile, kind: str | None, remembered: Plan | None) -> Plan | None:
    if remembered is None or not remembered.parts or (kind and kind not in remembered.kinds):
        return None
    have = set(profile.headers)
    parts = []
    for part in remembered.parts:
        fills = tuple(
            replace(f, confidence="high", why="as last time")
            for f in part.fills
            if all(c in have for c in f.columns)
        )
        if fills:
            parts.append(replace(part, fills=fills))
    lost = sum(len(p.fills) for p in remembered.parts) - sum(len(p.fills) for p in parts)
    if not parts or parts[0].kind != remembered.parts[0].kind or lost > len(have) / 2:
        return None
    return _with_more(replace(remembered, parts=tuple(parts), asks=()), profile)


def _from_preset(profile: Profile, kind: str | None) -> Plan | None:
    for known in presets():
        if known.fits(profile.headers) and (kind is None or kind in known.kinds):
            return _with_more(known.plan(profile.headers), profile)
    return None


def _from_headers(profile: Profile, kind: str | None) -> Plan:
    if kind is None:
        kinds = guess_kinds(profile)
        if not kinds:
            return Plan()
        kind = kinds[0][0]
    fills = _fills(KINDS[kind], profile)
    return Plan(parts=(Part(kind, fills),))


def _with_more(plan: Plan, profile: Profile) -> Plan:
    """Columns that the plan leaves alone may fill fields of its first kind, if that is certain."""
    first, *others = plan.parts
    taken = {c for p in plan.parts for f in p.fills for c in f.columns}
    filled = {f.field for f in first.fills} | set(first.constants)
    more = tuple(
        f
        for f in _fills(KINDS[first.kind], profile, taken)
        if f.confidence == "high"
        and f.field not in filled
        and f.field not in ("deal", "external_id")
    )
    return replace(plan, parts=(replace(first, fills=first.fills + more), *others))


def _fills(kind: Kind, profile: Profile, taken: Iterable[str] = ()) -> tuple[Fill, ...]:
    free = [c for c in profile.columns if c.name not in set(taken)]
    matches = _matches(kind, free, profile)
    chosen: dict[str, _Match] = {}
    used: set[str] = set()
    for match in matches:
        if match.field.name not in chosen and match.column.name not in used:
            chosen[match.field.name] = match
            used.add(match.column.name)
    fills = {name: Fill(name, m.column.name, m.confidence, m.why) for name, m in chosen.items()}
    _by_values(kind, free, used, fills)
    _mend(kind, profile, used, fills)
    return tuple(fills[f.name] for f in kind.fields if f.name in fills)


def _matches(kind: Kind, columns: list[ColumnProfile], profile: Profile) -> list[_Match]:
    found = []
    for order, field in enumerate(kind.fields):
        for column in columns:
            header = _header_score(field, words(column.name))
            if header == 0:
                continue
            fit = _fit(kind, field, column, profile)
            score = header * fit - order * 1e-6
            if score >= _TAKEN_FROM:
                found.append(_Match(score, field, column, header, fit))
    return sorted(found, key=lambda m: -m.score)


def _header_score(field: Field, header: str) -> float:
    """1 for a known header, less down its list; about two thirds for one that shares most words."""
    exact, sets, union = _known_headers(field)
    if header in exact:
        return 1 - 0.0005 * exact[header]
    have = frozenset(header.split())
    if len(have & union) < 2:
        return 0.0
    shared = ((len(have & wanted), len(have | wanted)) for wanted in sets)
    best = max(both / either for both, either in shared)
    return 0.75 * best if best >= 0.66 else 0.0


@cache
def _known_headers(
    field: Field,
) -> tuple[dict[str, int], tuple[frozenset[str], ...], frozenset[str]]:
    """A field's headers: their order, their words where there are several, and all of those."""
    sets = tuple(frozenset(s.split()) for s in field.synonyms if " " in s)
    return {s: i for i, s in enumerate(field.synonyms)}, sets, frozenset().union(*sets)


def _fit(kind: Kind, field: Field, column: ColumnProfile, profile: Profile) -> float:
    """The share of the values that the field can take."""
    if column.filled == 0:
        return 0.7
    if field.name == "external_id" and kind.name not in ("touches",):
        return _fit_of_id(column, profile)
    if field.choices and column.values:
        known = sum(n for text, n in column.values.items() if choice(field.name, text))
        return known / sum(column.values.values())
    return min(1.0, _FITS[field.type](column))


def _fit_of_id(column: ColumnProfile, profile: Profile) -> float:
    dates = column.share("date", "instant", "boolean", "email")
    rows = round(profile.rows * column.filled) or 1
    most = min(rows, 1000)
    if column.distinct < most * 0.5:
        return 0.0
    repeated = 1.0 if column.distinct >= most * 0.97 else 0.6
    return (1 - dates) * repeated


def _fit_of_text(column: ColumnProfile) -> float:
    return 1 - column.share("date", "instant") - 0.6 * column.share("boolean")


def _fit_of_moment(column: ColumnProfile) -> float:
    return 1.0 if column.serial else column.share("date", "instant")


_FITS: dict[str, Callable[[ColumnProfile], float]] = {
    "text": _fit_of_text,
    "choice": _fit_of_text,
    "list": _fit_of_text,
    "reference": _fit_of_text,
    "id": lambda c: 1 - c.share("date", "instant", "boolean"),
    "email": lambda c: c.share("email"),
    "domain": lambda c: c.share("domain", "url", "email"),
    "date": _fit_of_moment,
    "moment": _fit_of_moment,
    "money": lambda c: c.share("money", "number", "integer"),
    "number": lambda c: c.share("number", "integer", "percent"),
    "integer": lambda c: c.share("integer", "number"),
    "boolean": lambda c: c.share("boolean", "integer", "date", "instant"),
}


def _by_values(
    kind: Kind, free: list[ColumnProfile], used: set[str], fills: dict[str, Fill]
) -> None:
    """A column that nobody named, whose values can be only one thing: mail addresses."""
    if not kind.has("email") or "email" in fills:
        return
    left = [c for c in free if c.name not in used and c.share("email") >= 0.9]
    if len(left) == 1:
        fills["email"] = Fill("email", left[0].name, "medium", "its values are mail addresses")
        used.add(left[0].name)


def _mend(kind: Kind, profile: Profile, used: set[str], fills: dict[str, Fill]) -> None:
    """What a table of headers can't know: parts of a name, and the one date of a lead."""
    have = {words(c.name): c.name for c in profile.columns}
    if kind.name == "leads":
        names = [have[n] for n in ("first name", "last name") if n in have]
        if "name" not in fills and len(names) == 2:
            fills["name"] = Fill("name", " + ".join(names), "high", "two parts", tuple(names))
        if "created" not in fills and "first_contact" in fills:
            only = fills.pop("first_contact")
            fills["created"] = replace(
                only, field="created", confidence="medium", why="the only date that begins a lead"
            )
    if "external_id" not in fills and not any(k in fills for k in kind.key):
        _name_by_unique(kind, profile, used, fills)


def _name_by_unique(kind: Kind, profile: Profile, used: set[str], fills: dict[str, Fill]) -> None:
    if kind.name in ("touches", "stage_moves"):
        return
    for column in profile.columns:
        unique = column.filled == 1 and column.distinct >= min(profile.rows, 1000)
        if column.name not in used and unique and column.share("id", "salesforce_id") > 0.9:
            fills["external_id"] = Fill(
                "external_id", column.name, "low", "its values are all different"
            )
            return


# --- Which kind --------------------------------------------------------------------------------


def _kind_score(kind: Kind, profile: Profile) -> float:
    fills = _fills(kind, profile)
    filled = {f.field for f in fills}
    if not all(f.name in filled for f in kind.fields if f.is_required):
        return 0.0
    if not filled & set(kind.key) and kind.name not in ("touches", "stage_moves"):
        return 0.0
    weights = {"high": 1.0, "medium": 0.7, "low": 0.4}
    score = sum(weights[f.confidence] * _tells(words(f.column), kind.name) for f in fills)
    return score + _file_bonus(kind, profile.name)


def _tells(header: str, kind: str) -> float:
    """How much a header says about the kind: one that many kinds have says little."""
    kinds = _kinds_with(header)
    return 1 / len(kinds) if kind in kinds else 0.15


@cache
def _kinds_with(header: str) -> tuple[str, ...]:
    return tuple(
        name for name, kind in KINDS.items() if any(header in f.synonyms for f in kind.fields)
    )


def _file_bonus(kind: Kind, name: str) -> float:
    bare = f" {words(name.rsplit('.', 1)[0])} "
    return max((0.6 * len(w.split()) + 0.4 for w in kind.file_words if f" {w} " in bare), default=0)


# --- What the values prove ---------------------------------------------------------------------


def _with_forms(plan: Plan, profile: Profile) -> Plan:
    """Columns of Salesforce identifiers and of a spreadsheet's day numbers, by their values."""
    parts = tuple(
        replace(p, fills=tuple(_with_form(p.kind, f, profile) for f in p.fills)) for p in plan.parts
    )
    return replace(plan, parts=parts)


def _with_form(kind: str, fill: Fill, profile: Profile) -> Fill:
    column = profile.column(fill.columns[0])
    field = KINDS[kind].field(fill.field)
    if column is None or fill.form:
        return fill
    if field.type in ("id", "reference") and column.share("salesforce_id") >= 0.5:
        return replace(fill, form="salesforce")
    if (
        field.type in ("date", "moment")
        and column.share("date", "instant") < 1
        and (column.serial or column.share("integer", "number") > 0)
    ):
        return replace(fill, form="serial")
    if field.type in ("date", "moment") and column.day_order in ("day-first", "month-first"):
        return replace(fill, day_order=column.day_order)
    if field.type in ("money", "number", "integer") and column.decimal in ("point", "comma"):
        return replace(fill, decimal=column.decimal)
    return fill


def _with_proofs(plan: Plan, profile: Profile) -> Plan:
    """One column that proves the order or the sign proves it for the file, if none contradicts."""
    orders = {c.day_order for c in profile.columns if c.day_order} - {"unknown"}
    signs = {c.decimal for c in profile.columns if c.decimal} - {"unknown"}
    if plan.day_order == "unknown" and len(orders) == 1 and orders <= {"day-first", "month-first"}:
        plan = replace(plan, day_order=orders.pop())
    if plan.decimal == "unknown" and len(signs) == 1 and signs <= {"point", "comma"}:
        plan = replace(plan, decimal=signs.pop())
    return plan


def _with_stages(plan: Plan, profile: Profile) -> Plan:
    """Stages whose names say won or lost; once a winning one is known, the others are open."""
    column = _column(plan, profile, "deals", "stage")
    if column is None:
        return plan
    found = {s: o for s in column.values if (o := outcome_of(s))}
    if "won" in found.values():
        found |= {s: "open" for s in column.values if s not in found}
    return replace(plan, stages={**found, **plan.stages})


# --- What must be asked ------------------------------------------------------------------------


def _asks(plan: Plan, profile: Profile) -> Iterable[Ask]:
    if not plan.parts:
        yield Ask("kind", "What does this file hold?", tuple(KINDS), blocks=True)
        return
    yield from _ask_day_order(plan, profile)
    yield from _ask_decimal(plan, profile)
    yield from _ask_currency(plan, profile)
    yield from _ask_zone(plan, profile)
    yield from _ask_stages(plan, profile)
    yield from _ask_followed_up(plan, profile)
    if plan.full_export is None:
        yield Ask(
            "full_export",
            "Is this everything that the source has, or only what changed?",
            ("full", "changes"),
            default="changes",
        )


def _ask_day_order(plan: Plan, profile: Profile) -> Iterable[Ask]:
    if plan.day_order != "unknown":
        return
    for _, fill, column in _mapped(plan, profile, "date", "moment"):
        if column.day_order in ("unknown", "mixed") and not fill.day_order:
            yield Ask(
                "day_order",
                f"In “{column.name}”, is {column.samples[0]} day first or month first?",
                ("day-first", "month-first"),
                blocks=True,
                column=column.name,
                examples=column.samples,
            )
            return


def _ask_decimal(plan: Plan, profile: Profile) -> Iterable[Ask]:
    if plan.decimal != "unknown":
        return
    for _, fill, column in _mapped(plan, profile, "money", "number", "integer"):
        if column.decimal in ("unknown", "mixed") and not fill.decimal:
            yield Ask(
                "decimal",
                f"In “{column.name}”, which sign parts the decimals: point or comma?",
                ("point", "comma"),
                blocks=column.decimal == "unknown",
                column=column.name,
                examples=column.samples,
            )
            return


def _ask_currency(plan: Plan, profile: Profile) -> Iterable[Ask]:
    for part, fill, column in _mapped(plan, profile, "money"):
        names = [f"{fill.field}_currency"]
        if fill.field != "amount_converted":
            names.append("currency")
        if any(part.has(n) for n in names) or "currency" in part.constants or _states_its(column):
            continue
        dollars = any(sign in ("$",) for sign in column.currencies)
        yield Ask(
            "currency" if fill.field != "amount_converted" else "amount_converted_currency",
            f"In which currency is “{column.name}”?",
            _DOLLARS if dollars else ("EUR", "USD", "GBP", "CHF", "BRL"),
            blocks=True,
            kind=part.kind,
            column=column.name,
            examples=column.samples,
        )
        return


def _states_its(column: ColumnProfile) -> bool:
    shared = {s.upper() for s in SHARED_SIGNS} & set(column.currencies)
    return column.share("money") > 0.999 and not shared


def _ask_zone(plan: Plan, profile: Profile) -> Iterable[Ask]:
    if plan.zone:
        return
    for _, _, column in _mapped(plan, profile, "date", "moment"):
        if column.has_time and not column.has_zone:
            yield Ask(
                "zone",
                f"In which time zone are the times of “{column.name}”?",
                column=column.name,
                examples=column.samples,
            )
            return


def _ask_stages(plan: Plan, profile: Profile) -> Iterable[Ask]:
    column = _column(plan, profile, "deals", "stage")
    if column is None:
        return
    knows_won = "won" in plan.stages.values() or plan.fill("deals", "won") is not None
    names = tuple(column.values)
    if all(outcome_of(n) for n in names) and names and knows_won:
        return
    yield Ask(
        "stages",
        "Which stages mean won, which lost, which are still open?",
        names,
        default="; ".join(f"{s}={o}" for s, o in plan.stages.items()) or None,
        blocks=not knows_won,
        kind="deals",
        column=column.name,
        examples=column.samples,
    )


def _ask_followed_up(plan: Plan, profile: Profile) -> Iterable[Ask]:
    part = plan.part("leads")
    if part is None:
        return
    known = plan.fill("leads", "followed_up")
    taken = {
        c for f in part.fills for c in f.columns if f.field not in ("followed_up", "first_contact")
    }
    fits = [c for c in profile.columns if c.name not in taken and _FITS["boolean"](c) > 0.9]
    likely = [c.name for c in fits if any(w in words(c.name) for w in _FOLLOWED)]
    others = [c.name for c in fits if c.name not in likely]
    candidates = tuple(dict.fromkeys([*([known] if known else []), *likely, *others]))
    yield Ask(
        "followed_up",
        "Which column shows that a lead was followed up by a person?",
        candidates,
        default=known or plan.fill("leads", "first_contact"),
        kind="leads",
    )


def _mapped(
    plan: Plan, profile: Profile, *types: str
) -> Iterable[tuple[Part, Fill, ColumnProfile]]:
    for part in plan.parts:
        for fill in part.fills:
            column = profile.column(fill.columns[0])
            if column and KINDS[part.kind].field(fill.field).type in types:
                yield part, fill, column


def _column(plan: Plan, profile: Profile, kind: str, field: str) -> ColumnProfile | None:
    name = plan.fill(kind, field)
    return profile.column(name) if name else None


def known_shape(name: str) -> str:
    """The title of a preset, for the page that shows what was recognised."""
    found = preset(name)
    return found.title if found else ""
