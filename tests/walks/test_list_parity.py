"""Lists sort alike on SQLite and PostgreSQL: both are held to the same order, computed here.

Rows without a value come last, text goes by its bytes, ties by id in the same direction.
"""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tercet.customers.models import Company, Contact
from tercet.revenue.models import Deal, Lead

NAMES = [
    "Ärzte Nord", "Arendal", "arendal", "Ørsta", "Zeta", "Émile", "Emil", "emil", "ß-Werk", "Łódź",
    "10 Zoll", "2 Zoll", " Rand", "Ä", "A", "a-b", "ab", "A B", "İzmir", "Ñandú", "日本", "Żar",
]  # fmt: skip


def by_bytes(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name).encode()


def plain(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)


LISTS = [
    ("/quay/customers/", Company, "name", by_bytes("name")),
    ("/quay/customers/", Company, "value", plain("annual_value_minor")),
    ("/quay/customers/contacts/", Contact, "name", by_bytes("name")),
    ("/quay/revenue/leads/", Lead, "created", plain("created_on")),
    ("/quay/revenue/deals/", Deal, "created", plain("created_on")),
    ("/quay/revenue/deals/", Deal, "amount", plain("amount_minor")),
    ("/quay/revenue/deals/", Deal, "won", plain("won_on")),
]


@pytest.fixture
def rows(world):
    """More than a page of each kind, with ties and with nothing in the sorted columns."""
    for number in range(3 * len(NAMES)):
        name = NAMES[number % len(NAMES)]
        some = {"workspace": world.quay, "name": f"{name}" if number % 2 else name}
        company = Company.objects.create(
            **some, annual_value_minor=None if number % 5 == 0 else number % 7 * 1000
        )
        Contact.objects.create(**some, company=company)
        day = None if number % 4 == 0 else date(2026, 1, 1) + timedelta(days=number % 9)
        Lead.objects.create(**some, company=company, created_on=day)
        Deal.objects.create(
            **some,
            company=company,
            created_on=day,
            won_on=None if number % 3 else date(2026, 3, 1) + timedelta(days=number % 5),
            amount_minor=None if number % 5 == 0 else number % 7 * 1000,
        )


@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize(("path", "model", "sort", "key"), LISTS)
def test_a_list_goes_the_same_way_on_both_databases(
    rows, world, as_, path, model, sort, key, is_descending
):
    answer = as_(world.ada).get(f"{path}?sort={'-' if is_descending else ''}{sort}&format=csv")
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))

    shown = [line[0].lstrip("'") for line in lines[1:]]
    assert shown == [_first_cell(row) for row in _expected(model, key, is_descending)]


def _expected(model: Any, key: Callable[[Any], Any], is_descending: bool) -> list[Any]:
    everything = list(model.objects.order_by("pk"))
    filled = [row for row in everything if key(row) is not None]
    empty = [row for row in everything if key(row) is None]
    filled.sort(key=lambda row: (key(row), row.pk), reverse=is_descending)
    return [*filled, *(reversed(empty) if is_descending else empty)]


def _first_cell(row: Any) -> str:
    return str(row.name).lstrip("'")
