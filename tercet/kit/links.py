"""Addresses of many things of one kind: the route is resolved once, not once a row."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, reverse

PLACE = 987654321


def link_to(name: str) -> Callable[[Any], str]:
    """A function that gives a row's address under a URL name that takes slug and id.

    link = link_to("revenue:deal_page")
    link(deal)  # /quay/revenue/deals/12/
    """

    def link(row: Any) -> str:
        before, after = _around(name, row.workspace.slug, get_script_prefix())
        return f"{before}{row.pk}{after}"

    return link


@lru_cache(maxsize=1024)
def _around(name: str, slug: str, script_prefix: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[slug, PLACE]).partition(str(PLACE))
    return before, after
