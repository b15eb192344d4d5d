"""Declarative tables: keyset pages, sort and filters from the URL by allow-list, CSV.

    DEALS = Table(
        columns=[
            Column("name", "Deal", sort="name", link=lambda deal: deal.url),
            Column("amount", "Amount", sort="amount_minor", cell=amount, is_number=True),
            Column("owner", "Owner", sort="owner__name", cell="owner.name", is_person=True),
        ],
        filters=[Filter("stage", "Stage", "choice", "stage_id", options=stages)],
        default_sort="-amount",
        search=["name", "company__name"],
    )
    page = DEALS.page(Deal.objects.visible_to(member), request.GET)

A page costs two queries: its rows, and a count that stops at 10,001; a third where it comes to
rows without a value. Those come last in both directions; ties go by id. Text sorts by its bytes on
every database, so a list by name sorts by a column filled with `sort_key(name)`.
"""

from tercet.kit.tables.asked import Chip, Head
from tercet.kit.tables.chosen import Chosen
from tercet.kit.tables.declared import Column, Filter
from tercet.kit.tables.keys import sort_key
from tercet.kit.tables.sheet import guard
from tercet.kit.tables.table import Table, TablePage

__all__ = ["Chip", "Chosen", "Column", "Filter", "Head", "Table", "TablePage", "guard", "sort_key"]
