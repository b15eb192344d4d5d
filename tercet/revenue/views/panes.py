"""A figure as a page shows it: the last one, its age, and the poll for a newer one."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from tercet.kit.dates import show_day
from tercet.kit.show import show, wants_part
from tercet.kit.tables import guard
from tercet.people.doors import MemberRequest
from tercet.people.models import Workspace
from tercet.people.policy import may
from tercet.record.snapshots import Shown, folder_of, newest_snapshot, show_figure
from tercet.revenue.queries import about_of
from tercet.revenue.selection import Selection

EMPTY: dict[str, Any] = {"rows": 0, "first_on": None, "last_on": None, "known": {}, "options": {}}
NOTHING_YET: dict[str, Any] = {
    "leads": EMPTY,
    "deals": EMPTY,
    "fiscal_start": 1,
    "team_sizes": {},
    "sources": [],
    "currency": "",
    "today": None,
}


@dataclass(frozen=True)
class Pane:
    """`state`: first (nothing was ever computed), ready, withheld or failed."""

    shown: Shown
    as_of: str

    @property
    def state(self) -> str:
        return self.shown.figure.state if self.shown.figure else "first"

    @property
    def result(self) -> dict[str, Any]:
        return self.shown.result or {}

    @property
    def problem(self) -> str:
        return self.shown.figure.problem if self.shown.figure else ""

    @property
    def is_polling(self) -> bool:
        return not self.shown.is_fresh

    @property
    def seen(self) -> str:
        return f"{self.shown.figure.pk}" if self.shown.figure else "0"


def about_workspace(workspace: Workspace) -> dict[str, Any] | None:
    """What the newest snapshot says of itself; None before there is one."""
    snapshot = newest_snapshot(workspace, "revenue")
    if snapshot is None:
        return None
    try:
        return about_of(folder_of(snapshot))
    except FileNotFoundError:
        return None


def pane_of(request: MemberRequest, name: str, filters: dict[str, Any]) -> Pane:
    shown = show_figure(request.workspace, name, filters)
    return Pane(shown, _as_of(shown, request.workspace))


def is_unchanged(request: MemberRequest, *panes: Pane) -> bool:
    """A poll found what the page shows already."""
    seen = "-".join(pane.seen for pane in panes)
    return (
        wants_part(request)
        and request.GET.get("seen") == seen
        and any(pane.is_polling for pane in panes)
    )


def show_panes(
    request: MemberRequest, template: str, context: Mapping[str, Any], *panes: Pane
) -> HttpResponse:
    """The page, its part `figure` when htmx asks, or 204 while a poll finds nothing new."""
    if is_unchanged(request, *panes):
        return HttpResponse(status=204)
    seen = "-".join(pane.seen for pane in panes)
    kept = [
        (key, value)
        for key, values in request.GET.lists()
        for value in values
        if key not in ("seen", "format")
    ]
    more = {
        "poll_url": "?" + urlencode([*kept, ("seen", seen)]),
        "csv_url": "?" + urlencode([*kept, ("format", "csv")]),
        "is_polling": any(pane.is_polling for pane in panes),
        "as_of": next((pane.as_of for pane in panes if pane.as_of), ""),
        "import_url": url_or_none("connectors:upload_file", request.workspace.slug),
        "reassign_url": reverse("revenue:reassign_page", args=[request.workspace.slug])
        if may(request.member, "lead.reassign")
        else "",
    }
    answer = show(request, template, {**more, **context}, part="figure")
    if wants_part(request) and _saw_nothing(request) and not any(p.state == "first" for p in panes):
        # What stands outside of the part, such as the filters' values, came with the figure.
        answer["HX-Refresh"] = "true"
    return answer


def _saw_nothing(request: MemberRequest) -> bool:
    seen = request.GET.get("seen", "")
    return bool(seen) and set(seen) <= {"0", "-"}


def url_or_none(name: str, *args: Any) -> str:
    """A page of a room above, empty where that room is not there."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _as_of(shown: Shown, workspace: Workspace) -> str:
    """`10:42` for one of today, else with its day."""
    if shown.figure is None:
        return ""
    zone = ZoneInfo(workspace.time_zone)
    at = shown.figure.snapshot.as_of.astimezone(zone)
    is_today = at.date() == timezone.now().astimezone(zone).date()
    return f"{at:%H:%M}" if is_today else f"{show_day(at.date())}, {at:%H:%M}"


def sources_text(about: Mapping[str, Any], workspace: Workspace) -> str:
    """Which systems the data came from, and when it last came."""
    zone = ZoneInfo(workspace.time_zone)
    found = [(each["name"], datetime.fromisoformat(each["at"])) for each in about["sources"]]
    return ", ".join(f"{name} of {show_day(at.astimezone(zone).date())}" for name, at in found)


def rows_url(slug: str, figure: str, selection: Selection, **more: str | None) -> str:
    """Where the rows behind a figure are; None asks for those in which nothing is stated."""
    pairs = [("figure", figure), *selection.params]
    for name, value in more.items():
        pairs.append((name, value) if value is not None else (f"no_{name}", "1"))
    return f"{reverse('revenue:rows_page', args=[slug])}?{urlencode(pairs)}"


class _Echo:
    def write(self, line: str) -> str:
        return line


def as_csv(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], filename: str
) -> StreamingHttpResponse:
    """A download of what a page shows, safe to open in a spreadsheet."""
    writer = csv.writer(_Echo())
    lines = ([guard(cell) for cell in row] for row in (headings, *rows))
    answer = StreamingHttpResponse(
        (writer.writerow(line) for line in lines), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
