"""The rows behind a figure, without names: on the page and in the download alike."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase, QueryDict
from django.urls import reverse

from tercet.kit.dates import period_of
from tercet.kit.numbers import number, plural
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, page
from tercet.people.models import Member
from tercet.record.snapshots import Shown
from tercet.revenue.figures import read_ids, stream_ids
from tercet.revenue.lists import nameless, rows_of
from tercet.revenue.selection import LABELS, NARROWED_BY, TIMES, Selection, read_selection
from tercet.revenue.views.funnel import DEAL_STEPS, STEPS
from tercet.revenue.views.panes import NOTHING_YET, about_workspace, as_csv, pane_of, show_panes

PAGES = {
    "revenue.funnel": ("Funnel", "revenue:funnel_page"),
    "revenue.why": ("Why it moved", "revenue:why_page"),
    "revenue.waits": ("Service level", "revenue:service_level_page"),
    "revenue.leads_owed": ("Service level", "revenue:service_level_page"),
}
STATES = {"won": "won", "lost": "lost", "open": "still open"}
STAMPS = {
    "created_at": "came in",
    "assigned_at": "assigned",
    "first_contact_at": "first contact",
    "created_on": "day on which it came in",
}
MOST_SHOWN = 10_000
KEYS = {
    *("figure", "of", "period", "from", "to", "by", "group", "no_group", "step", "not", "state"),
    *("with", "without", "within", "sort", "after", "before", "seen", "format"),
    *(name for names in NARROWED_BY.values() for name in names),
}


@page
def rows_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    request.GET = _understood(request.GET)
    name = request.GET.get("figure", "")
    if name not in PAGES:
        raise Http404
    about = about_workspace(request.workspace)
    selection = read_selection(request.GET, about or NOTHING_YET, today_in(request.workspace))
    filters = _filters(request.GET, selection)
    pane = pane_of(request, "revenue.rows", filters)
    kind = selection.table.removesuffix("s")
    if request.GET.get("format") == "csv" and pane.result:
        return as_csv(*_lines(kind, request.member, pane.shown), f"{selection.table}.csv")
    label, to = PAGES[name]
    count = pane.result.get("count", 0)
    context = {
        "pane": pane,
        "about": about,
        "title": _title(filters, selection, (about or NOTHING_YET)["fiscal_start"]),
        "back": reverse(to, args=[request.workspace.slug]),
        "back_label": label,
        "count": count,
        "counted": plural(count, kind),
        "shown_most": number(MOST_SHOWN) if count > MOST_SHOWN else "",
        "table": _page(request, kind, pane.shown) if pane.result else None,
        "noun": kind,
    }
    return show_panes(request, "revenue/rows.html", context, pane)


def _understood(params: QueryDict) -> QueryDict:
    """The keys that this page knows: no link on it carries on anything else, such as a name."""
    found = params.copy()
    for key in list(found):
        if key not in KEYS:
            del found[key]
    return found


def _filters(params: Any, selection: Selection) -> dict[str, Any]:
    """Everything that tells these rows from others, of what is allowed."""
    steps = DEAL_STEPS if selection.table == "deals" else STEPS
    found: dict[str, Any] = dict(selection.filters)
    if selection.by and (params.get("group") is not None or params.get("no_group")):
        found["group"] = None if params.get("no_group") else params["group"]
    for key, allowed in (("step", steps), ("not", steps), ("state", STATES)):
        if params.get(key) in allowed:
            found[key] = params[key]
    for key in ("with", "without"):
        if stamps := [stamp for stamp in params.getlist(key) if stamp in STAMPS]:
            found[key] = stamps
    if params.get("within", "").isdigit():
        found["within"] = min(int(params["within"]), 3650)
    return found


def _group(by: str, key: str | None, fiscal_start: int) -> str:
    if key is None:
        return f"{LABELS[by].lower()} not stated"
    if by not in TIMES:
        return f"{LABELS[by].lower()} {key}"
    try:
        return period_of(date.fromisoformat(key), by, fiscal_start).label
    except ValueError:
        return key


def _title(filters: dict[str, Any], selection: Selection, fiscal_start: int) -> str:
    """What these rows are, in words."""
    words = [selection.table.capitalize()]
    labels = DEAL_STEPS if selection.table == "deals" else STEPS
    if "step" in filters and labels[filters["step"]] != words[0]:
        words.append(labels[filters["step"]].lower())
    if "not" in filters:
        words.append(f"not {labels[filters['not']].lower()}")
    if "state" in filters:
        words.append(STATES[filters["state"]])
    if "within" in filters:
        words.append(f"within {plural(filters['within'], 'day')}")
    words += [f"with {STAMPS[stamp]}" for stamp in filters.get("with", ())]
    words += [f"without {STAMPS[stamp]}" for stamp in filters.get("without", ())]
    if "group" in filters:
        words.append(_group(selection.by, filters["group"], fiscal_start))
    for name, values in selection.only.items():
        words.append(f"{LABELS[name].lower()} {' or '.join(values)}".replace("~none", "not stated"))
    if selection.span.key != "all":
        words.append(selection.span.label)
    return ", ".join(words)


def _page(request: MemberRequest, kind: str, shown: Shown) -> Any:
    found = _among(rows_of(kind, request.member), read_ids(shown, most=MOST_SHOWN))
    keep = {
        key: values[-1]
        for key, values in request.GET.lists()
        if key not in ("sort", "after", "before", "seen", "format")
    }
    return nameless(kind, request.member).page(found, request.GET, keep=keep, without_names=True)


def _among(found: QuerySet[Any], ids: list[int]) -> QuerySet[Any]:
    """Rows with these ids, as one parameter: SQLite allows only so many."""
    from django.db import connection
    from django.db.models.expressions import RawSQL

    if connection.vendor == "postgresql":
        return found.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [ids]))
    text = "[" + ",".join(map(str, ids)) + "]"
    return found.filter(pk__in=RawSQL("SELECT value FROM json_each(%s)", [text]))


def _lines(kind: str, member: Member, shown: Shown) -> tuple[list[str], Iterator[list[Any]]]:
    """All rows in the order of the snapshot; one that is gone since is left out."""
    columns = nameless(kind, member).columns

    def lines() -> Iterator[list[Any]]:
        for ids in stream_ids(shown):
            found = {row.pk: row for row in rows_of(kind, member).filter(pk__in=ids)}
            for pk in ids:
                if row := found.get(pk):
                    yield [_plain(column.raw(row)) for column in columns]

    return [column.label for column in columns], lines()


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
