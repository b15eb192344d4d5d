"""Quay's two quarters, row by row: the counts of the demo company, made quickly."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tercet.customers.models import Company, Owner
from tercet.people.models import Workspace
from tercet.revenue.models import Deal, Lead, Settings, Stage

Q2, Q3 = date(2026, 5, 1), date(2026, 8, 1)
# origin: leads, followed up, accepted, won
COUNTS = {
    Q2: {
        "Demo request": (600, 570, 510, 128),
        "Webinar": (500, 450, 270, 40),
        "Paid content": (400, 330, 120, 12),
    },
    Q3: {
        "Demo request": (480, 408, 366, 99),
        "Webinar": (480, 336, 202, 36),
        "Paid content": (640, 400, 152, 23),
    },
}
MEAN = {Q2: 12_000_00, Q3: 11_000_00}


@dataclass(frozen=True)
class Book:
    """What a test may want to name."""

    owner: Owner
    gone: Owner
    company: Company
    won: Stage


def fill(workspace: Workspace, *, days: int = 80, share: float = 1.0) -> Book:
    """Every lead of both quarters, its follow-up, acceptance and won deal; or a share of them."""
    Settings.objects.update_or_create(
        workspace=workspace, defaults={"fiscal_year_start_month": 2, "currency": "EUR"}
    )
    book = _book(workspace)
    for first, origins in COUNTS.items():
        for origin, counts in origins.items():
            some = tuple(int(count * share) for count in counts)
            _fill(workspace, book, first, origin, some, days)
    return book


def _book(workspace: Workspace) -> Book:
    return Book(
        owner=Owner.objects.create(workspace=workspace, name="Nadja Present", email="n@q.example"),
        gone=Owner.objects.create(
            workspace=workspace, name="Jonas Gone", email="j@q.example", left_on=date(2026, 7, 31)
        ),
        company=Company.objects.create(workspace=workspace, name="Harbour & Sons"),
        won=Stage.objects.get_or_create(
            workspace=workspace, pipeline="New business", name="Won", defaults={"step": "won"}
        )[0],
    )


def _fill(
    workspace: Workspace,
    book: Book,
    first: date,
    origin: str,
    counts: tuple[int, ...],
    days: int,
) -> None:
    leads, followed, accepted, won = counts
    rows = [
        Lead(
            workspace=workspace,
            name=f"Person {origin} {n}",
            email=f"p{n}.{first:%m}@{origin[:4].lower()}.example",
            company=book.company,
            origin=origin,
            owner=book.owner,
            lost_on=None if n < won else first + timedelta(days=90),
            **_stamps(first, n % days, n < followed, n < accepted),
        )
        for n in range(leads)
    ]
    made = Lead.objects.bulk_create(rows, batch_size=500)
    Deal.objects.bulk_create(
        [
            Deal(
                workspace=workspace,
                name=f"Deal of Nadja Present {n}",
                company=book.company,
                lead=lead,
                owner=book.owner,
                stage=book.won,
                type="new",
                created_on=lead.created_on + timedelta(days=1),
                won_on=lead.created_on + timedelta(days=9),
                amount_minor=MEAN[first],
                currency="EUR",
            )
            for n, lead in enumerate(made[:won])
        ],
        batch_size=500,
    )


def _stamps(first: date, day: int, is_followed: bool, is_accepted: bool) -> dict[str, Any]:
    created = first + timedelta(days=day)
    at = datetime(created.year, created.month, created.day, 8, tzinfo=UTC)
    called = at + timedelta(hours=4)
    return {
        "created_on": created,
        "created_at": at,
        "assigned_on": created,
        "assigned_at": at + timedelta(hours=1),
        "followed_up": is_followed,
        "first_contact_on": created if is_followed else None,
        "first_contact_at": called if is_followed else None,
        "accepted_on": created + timedelta(days=1) if is_accepted else None,
    }
