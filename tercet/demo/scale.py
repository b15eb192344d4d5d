"""A big made-up company for the bench: millions of rows in the importer's shapes, in chunks.

Nothing here tells a story; `quay` does that. Every column is drawn by numpy in whole chunks, so
memory stays bounded whatever the counts. Same seed and counts, same files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from tercet.demo.plan import ORIGINS

CHUNK = 250_000
_DAY = 86_400
_RIPE_DAYS = 40
_EPOCH = date(1970, 1, 1)
_SEGMENTS = ("Small", "Mid-size", "Enterprise")
_STAGES = ("Discovery", "Demo", "Proposal", "Negotiation", "Won", "Lost")
_CHANNELS = ("Mail", "Call", "Meeting", "Webinar", "Website", "Download")
_REPS = 200
_CAMPAIGNS = 400
_PRODUCTS = 12
_CONTACTS_PER_COMPANY = 2

Ints = NDArray[np.int64]
Format = Literal["csv", "parquet"]


@dataclass(frozen=True, slots=True)
class Scale:
    """How many rows of each mass kind, over the days up to and including `today`."""

    companies: int = 20_000
    deals: int = 50_000
    leads: int = 1_000_000
    touches: int = 10_000_000
    days: int = 730
    today: date = date(2026, 11, 16)

    @property
    def end(self) -> int:
        """The UTC second at which today ends."""
        return ((self.today - _EPOCH).days + 1) * _DAY

    @property
    def ripe_leads(self) -> int:
        """Those old enough to have become a deal."""
        return self.leads * max(self.days - _RIPE_DAYS - 2, 0) // self.days


def write_scale(
    folder: Path,
    *,
    scale: Scale | None = None,
    seed: int = 7,
    format: Format = "parquet",
    chunk: int = CHUNK,
) -> dict[str, Path]:
    """Write one file per kind into `folder`; the paths are in the order to import them.

    Deals come from leads that are evenly spread over all but the last weeks. Amounts are decimals
    of two places; instants are UTC; a reference holds the other row's `external_id`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scale = scale or Scale()
    if scale.deals > scale.ripe_leads:
        raise ValueError(f"{scale.deals} deals need as many leads of age, not {scale.ripe_leads}.")
    return {
        kind: _write(folder / f"{kind}.{format}", _batches(kind, make, scale, seed, chunk), format)
        for kind, make in _MAKERS.items()
    }


def _batches(
    kind: str, make: Callable[..., dict[str, Any]], scale: Scale, seed: int, chunk: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a kind, a chunk at a time, each drawn from its own seed."""
    number = list(_MAKERS).index(kind)
    total = _total(kind, scale)
    for start in range(0, total, chunk):
        rows = np.arange(start, min(start + chunk, total), dtype=np.int64)
        rng = np.random.default_rng([seed, number, start])
        yield pa.RecordBatch.from_pydict(make(rng, rows, scale))


def _total(kind: str, scale: Scale) -> int:
    fixed = {"owners": _REPS, "products": _PRODUCTS, "campaigns": _CAMPAIGNS}
    made = {
        "contacts": scale.companies * _CONTACTS_PER_COMPANY,
        "stage_moves": scale.deals * 2,
    }
    return fixed.get(kind) or made.get(kind) or int(getattr(scale, kind))


def _write(path: Path, batches: Iterator[pa.RecordBatch], format: Format) -> Path:
    first = next(batches)
    with _writer(path, first.schema, format) as writer:
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)
    return path


def _writer(path: Path, schema: pa.Schema, format: Format) -> Any:
    if format == "csv":
        return pa.csv.CSVWriter(path, schema)
    return pa.parquet.ParquetWriter(path, schema, compression="zstd")


def _owners(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    return {
        "external_id": _ids("U", rows, 4),
        "name": _rep_names(rows),
        "email": _rep_mails(rows),
        "team": _teams(rows),
        "manager": _rep_mails(rows // 10 * 10),
        "left_on": pa.nulls(len(rows), pa.date32()),
    }


def _companies(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    owner = rows % _REPS
    state = rng.choice(3, len(rows), p=[0.7, 0.25, 0.05])
    value = np.where(state == 1, _cents(rng, len(rows)), 0)
    return {
        "external_id": _ids("C", rows, 6),
        "name": _joined("Company ", rows, 6),
        "domain": _joined("c", rows, 6, ".example"),
        "segment": _words(_SEGMENTS, _segment_of(rows)),
        "state": _words(("prospect", "customer", "former"), state),
        "annual_value": _decimals(value),
        "currency": _same("EUR", len(rows)),
        "owner": _rep_names(owner),
        "owner_email": _rep_mails(owner),
        "parent": _same("", len(rows)),
        "country": _words(("DE", "FR", "NL", "ES", "PL", "SE"), rng.integers(0, 6, len(rows))),
        "employees": pa.array(np.exp(rng.normal(4.5, 1.4, len(rows))).astype(np.int64) + 1),
        "sector": _words(("Retail", "Health", "Energy", "Food"), rng.integers(0, 4, len(rows))),
    }


def _contacts(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    company = rows // _CONTACTS_PER_COMPANY
    return {
        "external_id": _ids("N", rows, 7),
        "name": _joined("Contact ", rows, 7),
        "email": _glued(_joined("n", rows, 7), _joined("@c", company, 6, ".example")),
        "company": _ids("C", company, 6),
        "title": _words(("Head", "Manager", "Analyst"), rng.integers(0, 3, len(rows))),
        "phone": _same("", len(rows)),
    }


def _products(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    return {
        "external_id": _ids("P", rows, 2),
        "name": _joined("Product ", rows, 2),
        "series": _words(("Platform", "Add-on"), rows % 2),
        "price": _decimals((rows + 1) * 1_200_00),
        "currency": _same("EUR", len(rows)),
    }


def _campaigns(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    first = (scale.end // _DAY - scale.days) + rows * max(scale.days - 30, 1) // _CAMPAIGNS
    return {
        "external_id": _ids("K", rows, 4),
        "name": _joined("Campaign ", rows, 4),
        "channel": _words(ORIGINS, rows % len(ORIGINS)),
        "starts_on": _days(first),
        "ends_on": _days(first + 29),
        "cost": _decimals(_cents(rng, len(rows))),
        "currency": _same("EUR", len(rows)),
    }


def _leads(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    company, owner, origin = _lead_place(rows, scale)
    deal = _deal_of(rows, scale)
    created = _created(rows, scale)
    assigned = created + _wait(rng, len(rows), 0.3)
    contact = assigned + _wait(rng, len(rows), 5.0)
    accepted = contact + _wait(rng, len(rows), 20.0)
    qualified = accepted + _wait(rng, len(rows), 40.0)
    is_deal = deal >= 0
    called = (is_deal | (rng.random(len(rows)) < 0.8)) & (contact < scale.end)
    taken = (is_deal | (called & (rng.random(len(rows)) < 0.5))) & (accepted < scale.end)
    fit = (is_deal | (taken & (rng.random(len(rows)) < 0.4))) & (qualified < scale.end)
    lost = contact + _wait(rng, len(rows), 120.0)
    is_lost = called & ~taken & (lost < scale.end)
    status = np.select([is_deal, fit, taken, is_lost, called], [5, 4, 3, 2, 1], 0)
    return {
        "external_id": _ids("L", rows, 8),
        "name": _joined("Lead ", rows, 8),
        "email": _lead_mails(rows, company),
        "company": _ids("C", company, 6),
        "origin": _words(ORIGINS, origin),
        "campaign": _ids("K", rows * 7 % _CAMPAIGNS, 4),
        "segment": _words(_SEGMENTS, _segment_of(company)),
        "owner": _rep_names(owner),
        "owner_email": _rep_mails(owner),
        "team": _teams(owner),
        "created": _instants(created, True, scale),
        "assigned": _instants(assigned, True, scale),
        "first_contact": _instants(contact, called, scale),
        "followed_up": pa.array(called),
        "accepted": _instants(accepted, taken, scale),
        "qualified": _instants(qualified, fit, scale),
        "deal": _optional(_ids("D", np.maximum(deal, 0), 7), is_deal),
        "lost": _instants(lost, is_lost, scale),
        "status": _words(("New", "Contacted", "Returned", "Accepted", "Qualified", "Deal"), status),
        "lost_reason": _words(("", "No fit", "Unreachable"), np.where(is_lost, 1 + rows % 2, 0)),
    }


def _deals(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    lead = _lead_of(rows, scale)
    company, owner, origin = _lead_place(lead, scale)
    created, closed, stage = _deal_way(rows, scale)
    won, lost = stage == 4, stage == 5
    return {
        "external_id": _ids("D", rows, 7),
        "name": _joined("Deal ", rows, 7),
        "company": _ids("C", company, 6),
        "lead": _ids("L", lead, 8),
        "product": _ids("P", rows % _PRODUCTS, 2),
        "owner": _rep_names(owner),
        "owner_email": _rep_mails(owner),
        "team": _teams(owner),
        "pipeline": _same("Sales", len(rows)),
        "stage": _words(_STAGES, stage),
        "type": _words(
            ("new", "expansion", "renewal"), rng.choice(3, len(rows), p=[0.8, 0.1, 0.1])
        ),
        "created": _instants(created, True, scale),
        "won": _instants(closed, won, scale),
        "lost": _instants(closed, lost, scale),
        "closes": _days(np.where(won | lost, closed, scale.end + _DAY * (rows % 90 + 1)) // _DAY),
        "amount": _decimals(_cents(rng, len(rows))),
        "currency": _same("EUR", len(rows)),
        "origin": _words(ORIGINS, origin),
        "campaign": _ids("K", lead * 7 % _CAMPAIGNS, 4),
        "segment": _words(_SEGMENTS, _segment_of(company)),
        "competitor": _words(("", "Harborvane", "Piertide"), rng.choice(3, len(rows))),
        "lost_reason": _words(("", "Price", "No decision"), np.where(lost, 1 + rows % 2, 0)),
        "lost_reason_by": _words(("", "rep", "buyer"), np.where(lost, 1 + (rows // 2) % 2, 0)),
    }


def _stage_moves(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    """Two per deal: into Discovery, then into the stage where it stands."""
    deal, is_second = rows // 2, rows % 2 == 1
    created, closed, stage = _deal_way(deal, scale)
    _, owner, _ = _lead_place(_lead_of(deal, scale), scale)
    return {
        "deal": _ids("D", deal, 7),
        "from_stage": _words(("", "Discovery"), is_second.astype(np.int64)),
        "stage": _words(_STAGES, np.where(is_second, stage, 0)),
        "pipeline": _same("Sales", len(rows)),
        "at": _instants(
            np.where(is_second, np.minimum(closed, scale.end - 1), created), True, scale
        ),
        "owner": _rep_names(owner),
    }


def _touches(rng: np.random.Generator, rows: Ints, scale: Scale) -> dict[str, Any]:
    lead = rows * scale.leads // scale.touches
    company, _, _ = _lead_place(lead, scale)
    at = _created(lead, scale) + (rng.exponential(9 * _DAY, len(rows))).astype(np.int64)
    is_automatic = rng.random(len(rows)) < 0.35
    is_in = ~is_automatic & (rng.random(len(rows)) < 0.5)
    return {
        "external_id": _ids("T", rows, 9),
        "at": _instants(np.minimum(at, scale.end - 1), True, scale),
        "person": _lead_mails(lead, company),
        "company": _ids("C", company, 6),
        "campaign": _ids("K", lead * 7 % _CAMPAIGNS, 4),
        "channel": _words(_CHANNELS, np.where(is_automatic, 0, rng.integers(0, 6, len(rows)))),
        "kind": _words(("human", "automatic"), is_automatic.astype(np.int64)),
        "direction": _words(("out", "in"), is_in.astype(np.int64)),
    }


# What one kind says of another must be the same in both files, so it comes from the row's number
# alone and not from the draws of a chunk.


def _mixed(rows: Ints, salt: int) -> Ints:
    """A well spread number from a row's number (splitmix64)."""
    z = rows.astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(2)).astype(np.int64)


def _created(lead: Ints, scale: Scale) -> Ints:
    """Leads come in the order of their numbers, some minutes to and fro."""
    span = scale.days * _DAY
    return scale.end - span + lead * (span - _DAY) // scale.leads + _mixed(lead, 1) % 7200


def _lead_place(lead: Ints, scale: Scale) -> tuple[Ints, Ints, Ints]:
    """Company, owner and origin of a lead."""
    company = _mixed(lead, 2) % scale.companies
    return company, company % _REPS, _mixed(lead, 3) % len(ORIGINS)


def _segment_of(company: Ints) -> Ints:
    return np.asarray(
        np.searchsorted([6, 9], _mixed(company, 4) % 10, side="right"), dtype=np.int64
    )


def _lead_of(deal: Ints, scale: Scale) -> Ints:
    return deal * scale.ripe_leads // scale.deals


def _deal_of(lead: Ints, scale: Scale) -> Ints:
    """The deal that the lead became, or -1."""
    deal = -(-lead * scale.deals // scale.ripe_leads)
    is_it = (deal < scale.deals) & (_lead_of(deal, scale) == lead)
    return np.where(is_it, deal, -1)


def _deal_way(deal: Ints, scale: Scale) -> tuple[Ints, Ints, Ints]:
    """When the deal began and ended, and the stage where it stands."""
    created = _created(_lead_of(deal, scale), scale) + _RIPE_DAYS * _DAY
    closed = created + _DAY + _mixed(deal, 5) % (60 * _DAY)
    ended = np.where(_mixed(deal, 6) % 100 < 40, 4, 5)
    stage = np.where(closed < scale.end, ended, 1 + _mixed(deal, 7) % 3)
    return created, closed, stage


def _wait(rng: np.random.Generator, n: int, hours: float) -> Ints:
    """Log-normal seconds with that median; at most nine days, as four waits fit before a deal."""
    drawn = hours * 3600 * np.exp(rng.standard_normal(n))
    return np.minimum(drawn, 9 * _DAY).astype(np.int64) + 60


def _cents(rng: np.random.Generator, n: int) -> Ints:
    return (np.exp(rng.normal(9.0, 0.8, n)) * 100).astype(np.int64)


def _lead_mails(lead: Ints, company: Ints) -> pa.Array:
    return _glued(_joined("l", lead, 8), _joined("@c", company, 6, ".example"))


def _rep_names(owner: Ints) -> pa.Array:
    return _joined("Rep ", owner, 4)


def _rep_mails(owner: Ints) -> pa.Array:
    return _joined("rep", owner, 4, "@bench.example")


def _teams(owner: Ints) -> pa.Array:
    return _joined("Team ", owner // 10, 2)


def _ids(letter: str, rows: Ints, digits: int) -> pa.Array:
    return _joined(f"{letter}-", rows, digits)


def _joined(before: str, rows: Ints, digits: int, after: str = "") -> pa.Array:
    """`before`, the number with leading zeros, `after`, built as bytes for all rows at once."""
    width = len(before) + digits + len(after)
    letters = np.empty((len(rows), width), dtype=np.uint8)
    letters[:, : len(before)] = np.frombuffer(before.encode(), dtype=np.uint8)
    rest = rows.copy()
    for place in range(len(before) + digits - 1, len(before) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = 48 + digit
    letters[:, len(before) + digits :] = np.frombuffer(after.encode(), dtype=np.uint8)
    offsets = np.arange(0, (len(rows) + 1) * width, width, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters.tobytes())]
    return pa.Array.from_buffers(pa.string(), len(rows), buffers)


def _glued(left: pa.Array, right: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(left, right, "")


def _words(words: tuple[str, ...], which: Ints) -> pa.Array:
    return pa.array(words).take(pa.array(which))


def _same(word: str, n: int) -> pa.Array:
    return pa.repeat(word, n)


def _optional(values: pa.Array, known: NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(known), values, "")


def _instants(seconds: Ints, known: NDArray[np.bool_] | bool, scale: Scale) -> pa.Array:
    """UTC instants; empty where the step did not happen or lies after today."""
    missing = ~np.broadcast_to(known, seconds.shape) | (seconds >= scale.end)
    return pa.array(seconds, pa.int64(), mask=missing).cast(pa.timestamp("s", "UTC"))


def _days(days: Ints) -> pa.Array:
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def _decimals(cents: Ints) -> pa.Array:
    """Amounts that are not negative: a 128-bit number is its low half and a high half of zeros."""
    halves = np.stack([cents, np.zeros_like(cents)], axis=1)
    return pa.Array.from_buffers(
        pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(halves.tobytes())]
    )


_MAKERS: dict[str, Callable[[np.random.Generator, Ints, Scale], dict[str, Any]]] = {
    "owners": _owners,
    "companies": _companies,
    "contacts": _contacts,
    "products": _products,
    "campaigns": _campaigns,
    "leads": _leads,
    "deals": _deals,
    "stage_moves": _stage_moves,
    "touches": _touches,
}
