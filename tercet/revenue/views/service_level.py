"""What marketing owes sales, and how fast sales follows up: the service level both ways."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse

from tercet.kit.dates import period_of
from tercet.kit.money import show_money
from tercet.kit.numbers import number, percent, plural
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, page
from tercet.people.policy import may, sees_amounts
from tercet.revenue.selection import (
    FEWEST_PEOPLE,
    Selection,
    Span,
    extent,
    options_of,
    read_selection,
)
from tercet.revenue.views.funnel import chips_of, filters_of, period_options
from tercet.revenue.views.panes import (
    NOTHING_YET,
    Pane,
    about_workspace,
    as_csv,
    pane_of,
    rows_url,
    show_panes,
    sources_text,
)

WAITS, OWED = "revenue.waits", "revenue.leads_owed"
WAIT_LABELS = {
    "routing": (
        "Came in → assigned",
        "Routing: nobody’s fault, but it costs hours.",
        "assigned_at",
    ),
    "contact": (
        "Assigned → first contact",
        "By a human; automatic mails left out.",
        "first_contact_at",
    ),
}
COLUMNS = {
    "created_at": "the time of day at which a lead came in",
    "assigned_at": "the time at which it was assigned",
    "first_contact_at": "the time of the first contact by a human",
}
DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
QUARTERS_SEEN = 4


@page
def service_level_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    about = about_workspace(request.workspace)
    known, today = about or NOTHING_YET, today_in(request.workspace)
    params = request.GET.copy()
    params["of"] = "leads"
    selection = read_selection(params, known, today)
    waits = pane_of(request, WAITS, {**selection.filters, "by": ""})
    seen = _seen(known, today)
    this = Selection("leads", Span.of(period_of(today, "quarter", known["fiscal_start"])))
    ends = {end: this.filters[end] for end in ("first", "last")}
    owed = pane_of(request, OWED, {**seen.filters, "this": ends})
    drawn = Drawn(request, selection, waits, owed) if waits.result else None
    if request.GET.get("format") == "csv" and drawn:
        return as_csv(*drawn.csv, "service-level.csv")
    context = {
        "waits": waits,
        "owed": owed,
        "about": about,
        "came_url": rows_url(request.workspace.slug, OWED, this),
        "seen_url": rows_url(request.workspace.slug, OWED, seen, state="won"),
        "drawn": drawn,
        "selection": selection,
        "filters": [f for f in filters_of(known, selection) if f.name != "team"],
        "periods": period_options(known, selection, today),
        "chips": chips_of(selection),
        "sources": sources_text(about, request.workspace) if about else "",
        "settings_url": reverse("revenue:settings_page", args=[request.workspace.slug])
        if may(request.member, "revenue.settings")
        else "",
        "this_quarter": this.span.label,
        "is_empty": about is not None and not about["leads"]["rows"],
        "fewest": FEWEST_PEOPLE,
        "has_teams": bool(options_of(known, "leads", "team")),
    }
    return show_panes(request, "revenue/service_level.html", context, waits, owed)


def _seen(about: Mapping[str, Any], today: date) -> Selection:
    """Leads of the last four complete quarters that the data has: their rates are taken."""
    days = extent(about, "leads")
    last = min(days[1], today) if days else today
    until = period_of(last + timedelta(days=1), "quarter", about["fiscal_start"]).start
    first = until
    for _ in range(QUARTERS_SEEN):
        first = period_of(first - timedelta(days=1), "quarter", about["fiscal_start"]).start
    return Selection("leads", Span.between(first, until - timedelta(days=1)))


class Drawn:
    """Both directions as the page draws them."""

    def __init__(
        self, request: MemberRequest, selection: Selection, waits: Pane, owed: Pane
    ) -> None:
        self.slug, self.selection = request.workspace.slug, selection
        self.waits, self.owes = waits.result, owed.result
        self.sees_amounts = sees_amounts(request.member)

    @property
    def hours(self) -> str:
        days, opens, closes = self.waits["hours"]
        names = [DAYS[int(day) - 1] for day in days]
        joined = (
            f"{names[0]}–{names[-1]}" if days in "1234567" and len(days) > 2 else ", ".join(names)
        )
        clock = [f"{minutes // 60}:{minutes % 60:02}" for minutes in (opens, closes)]
        return f"{joined}, {clock[0]} to {clock[1]}"

    @property
    def due(self) -> str:
        return plural(self.waits["due_hours"], "working hour")

    @property
    def not_called(self) -> dict[str, str] | None:
        """Leads of the period that nobody has followed up, where the data says so."""
        found = self.waits
        if not found["knows_calls"] or not found["n"]:
            return None
        missing = found["n"] - found["called"]
        sub = f"{percent(missing / found['n'])} of {number(found['n'])}"
        if found["unknown"]:
            sub += f"; {number(found['unknown'])} don’t say"
        return {
            "label": "Leads not called",
            "value": number(missing),
            "sub": sub,
            "url": self.url(**{"not": "followed_up"}),
        }

    @property
    def kpis(self) -> list[dict[str, str]]:
        found = [self.not_called] if self.not_called else []
        for name, (label, _, stamp) in WAIT_LABELS.items():
            wait = self.waits["whole"][name]
            if wait:
                found.append(
                    {
                        "label": label,
                        "value": _hours(wait["median"]),
                        "sub": f"half of {number(wait['n'])}; {number(wait['open'])} still wait",
                        "url": self.url(without=stamp),
                    }
                )
        contact = self.waits["whole"]["contact"]
        if contact:
            found.append(
                {
                    "label": f"Called within {self.due}",
                    "value": percent(contact["in_time"]),
                    "sub": "of all that were assigned",
                    "url": self.url(**{"with": "first_contact_at"}),
                }
            )
        return found

    @property
    def left_out(self) -> list[str]:
        return [COLUMNS[name] for name in self.waits["whole"]["left_out"]]

    @property
    def rows(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Each wait of the whole flow, then of every team of five or more."""
        found = []
        for name, (label, note, stamp) in WAIT_LABELS.items():
            wait = self.waits["whole"][name]
            if not wait:
                continue
            found.append((label, note, self._cells(wait, stamp, {})))
            for team in self.waits["teams"]:
                if team[name]:
                    cells = self._cells(team[name], stamp, {"team": team["team"]})
                    found.append((team["team"], "", cells))
        return found

    def _cells(
        self, wait: Mapping[str, Any], stamp: str, only: dict[str, str]
    ) -> list[tuple[str, str]]:
        selection = self.selection
        if only:
            chosen = {**selection.only, **{k: (v,) for k, v in only.items()}}
            selection = Selection(selection.table, selection.span, chosen, selection.by)
        since = "created_at" if stamp == "assigned_at" else "assigned_at"
        done = rows_url(self.slug, WAITS, selection, **{"with": stamp})
        still = rows_url(self.slug, WAITS, selection, **{"with": since, "without": stamp})
        return [
            (number(wait["done"]), done),
            (number(wait["open"]), still),
            (_hours(wait["median"]), ""),
            (_hours(wait["p80"]), ""),
            (_hours(wait["p90"]), ""),
            (percent(wait["in_time"]), ""),
        ]

    @property
    def backwards(self) -> int:
        waits = (self.waits["whole"][name] for name in WAIT_LABELS)
        return sum(wait["backwards"] for wait in waits if wait)

    @property
    def promise(self) -> dict[str, str]:
        """The leads that marketing owes, in words."""
        owes = self.owes
        came, p80 = owes["came"], owes["p80"]
        goal = show_money(owes["goal_minor"], owes["currency"]) if self.sees_amounts else "the goal"
        return {
            "p80": number(p80),
            "came": number(came),
            "share": f"{came / p80:.4f}" if p80 else "1",
            "text": f"{number(came)} of {number(p80)} have come",
            "sentence": (
                f"{owes['marketing_percent']}% of {goal} takes {number(owes['customers'], 1)} "
                f"customers. At {percent(owes['won'] / owes['leads'], 2)} won of all leads that is "
                f"{number(owes['plain'])} leads; {number(p80)} are enough four times in five."
            ),
        }

    @property
    def owed_facts(self) -> list[tuple[str, str]]:
        owes = self.owes
        found = [
            ("Leads seen", f"{number(owes['leads'])}, {number(owes['won'])} of them won"),
            ("At plain rates", plural(owes["plain"], "lead")),
            ("Enough once in ten", plural(owes["p10"], "lead")),
            ("Enough every other time", plural(owes["p50"], "lead")),
            ("Enough four times in five", f"{plural(owes['p80'], 'lead')}: commit to this"),
            ("Enough nine times in ten", plural(owes["p90"], "lead")),
        ]
        if self.sees_amounts:
            mean = show_money(round(owes["mean"]), owes["currency"], decimals=False)
            found.insert(1, ("Mean deal", f"{mean}, of {plural(owes['deals'], 'won deal')}"))
        return found

    def url(self, **more: str | None) -> str:
        return rows_url(self.slug, WAITS, self.selection, **more)

    @property
    def csv(self) -> tuple[list[str], Iterator[list[Any]]]:
        headings = ["figure", "team", "n", "done", "open", "median_hours", "p80_hours", "p90_hours"]
        headings.append("in_time")

        def lines() -> Iterator[list[Any]]:
            every = [{"team": "", **self.waits["whole"]}, *self.waits["teams"]]
            for group in every:
                for name in (*WAIT_LABELS, "whole"):
                    if wait := group[name]:
                        values = [wait[k] for k in ("n", "done", "open", "median", "p80", "p90")]
                        yield [name, group["team"], *values, wait["in_time"]]
            for name in ("plain", "p10", "p50", "p80", "p90", "came"):
                if self.owes:
                    yield [f"leads_owed_{name}", "", self.owes[name], *[""] * 6]

        return headings, lines()


def _hours(value: float | None) -> str:
    if value is None:
        return "not reached"
    return f"{number(value, 0 if value >= 10 or value == int(value) else 1)} h"
